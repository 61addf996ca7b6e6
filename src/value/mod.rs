//! Plain data that crosses between Rust and Python, and between interpreters.
//!
//! [`Value`] is what Python's plain types are in Rust. [`to_value`] and [`from_value`] turn any type that `serde` knows
//! into one and back; every typed call of this crate uses them, so most programs never do.
//!
//! # What becomes what
//! | Rust | in Python | and back from |
//! |---|---|---|
//! | `()`, `None`, unit struct | `None` | `None` |
//! | `bool` | `bool` | `bool`, never an int |
//! | integers up to 128 bits | `int` | `int` in range, never a bool or float |
//! | `f32`, `f64` | `float` | `float`, `int` |
//! | `char`, `&str`, `String` | `str` | `str`; the datetime kinds as ISO 8601 text |
//! | `serde_bytes` types | `bytes` | `bytes`, a list of ints |
//! | `Vec`, sets, iterables | `list` | `list`, `tuple`, `set`, `frozenset`, `bytes` |
//! | tuples, arrays, tuple structs | `tuple` | `tuple`, `list`, `bytes` |
//! | maps | `dict` | `dict` |
//! | structs | `dict` with the fields' names | `dict`; a `tuple` (a namedtuple, too) in the fields' order |
//! | `Variant` | `"Variant"` | the same |
//! | `Variant(x)`, `Variant(x, y)`, `Variant { x }` | `{"Variant": x}`, `… (x, y)`, `… {"x": x}` | the same |
//! | `Some(x)`, newtype struct | as `x` | as `x` |
//! | [`Value`], [`Date`], … | as they are | as they are |
//!
//! `std::time::Duration` is a struct to serde and becomes `{"secs": …, "nanos": …}`; [`TimeDelta`] becomes a
//! `timedelta`, and a `timedelta` that is not negative can be read as a `Duration`.

mod convert;
mod de;
mod de_access;
mod equal;
mod exchange;
mod handle;
mod limits;
mod plain;
#[cfg(test)]
mod random_tests;
mod repr;
mod ser;
mod ser_compound;
mod temporal;
mod temporal_text;
#[cfg(test)]
mod tests;

pub use malachite_bigint::BigInt;

pub use de::from_value;
pub(crate) use de::from_value_at;
pub(crate) use exchange::{deserialize_handle, serialize_handle};
pub use handle::Handle;
pub(crate) use handle::Shared;
pub use limits::MAX_DEPTH;
pub(crate) use limits::{Depth, at_key};
pub use ser::to_value;
pub(crate) use ser::{to_value_at, to_value_or_err};
pub use temporal::{Date, DateTime, Time, TimeDelta, TimeZone};

/// Plain data: what crosses between Rust and Python, and from one interpreter to another.
///
/// It owns all that it holds, is `Send` and `Sync`, and knows nothing of any interpreter. It implements serde's
/// `Serialize` and `Deserialize`, so it can stand for any part of a value whose shape is not known, also inside structs.
/// Within this crate that loses nothing; in other formats it takes its natural form (in JSON: arrays for tuples and
/// sets, ISO 8601 text for dates).
///
/// `Display` prints it as Python's `repr` does. Equality is strict about kinds (`Int(1)` is not `Float(1.0)`) and blind
/// to the order in sets and dicts.
///
/// ```
/// use ungil::Value;
///
/// let order = Value::dict([("id", Value::from(7)), ("prices", Value::list([1.5, 2.0])), ("note", Value::None)]);
/// assert_eq!(order.to_string(), "{'id': 7, 'prices': [1.5, 2.0], 'note': None}");
/// assert_eq!(order.get("id").and_then(Value::as_i64), Some(7));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    #[default]
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int` of up to 64 bits.
    Int(i64),
    /// An `int` beyond 64 bits. [`Value::from`] makes an [`Int`](Value::Int) of one that is not.
    BigInt(BigInt),
    /// A `float`.
    Float(f64),
    /// A `complex`.
    Complex(Complex),
    /// A `str`.
    Str(String),
    /// A `bytes`.
    Bytes(Vec<u8>),
    /// A `list`.
    List(Vec<Value>),
    /// A `tuple`.
    Tuple(Vec<Value>),
    /// A `dict`, in insertion order.
    Dict(Vec<(Value, Value)>),
    /// A `set`, in no particular order.
    Set(Vec<Value>),
    /// A `frozenset`, in no particular order.
    FrozenSet(Vec<Value>),
    /// A `datetime.date`.
    Date(Date),
    /// A `datetime.time`.
    Time(Time),
    /// A `datetime.datetime`.
    DateTime(DateTime),
    /// A `datetime.timedelta`.
    TimeDelta(TimeDelta),
    /// A `datetime.timezone`.
    TimeZone(TimeZone),
    /// A reference to something that is made to be shared, such as the end of a channel.
    Handle(Handle),
}

/// A complex number, as Python's `complex`.
///
/// ```
/// use ungil::value::{Complex, Value};
///
/// assert_eq!(Value::Complex(Complex { re: 1.0, im: -2.5 }).to_string(), "(1-2.5j)");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Complex {
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

impl Value {
    /// The name of the Python type: `"NoneType"`, `"int"`, `"datetime"`; of a handle, the kind of thing it points to.
    ///
    /// ```
    /// assert_eq!(ungil::Value::from(1.5).type_name(), "float");
    /// ```
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::BigInt(_) => "int",
            Self::Float(_) => "float",
            Self::Complex(_) => "complex",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozenset",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "datetime",
            Self::TimeDelta(_) => "timedelta",
            Self::TimeZone(_) => "timezone",
            Self::Handle(handle) => handle.kind(),
        }
    }

    /// True for `None`.
    ///
    /// ```
    /// assert!(ungil::Value::None.is_none());
    /// ```
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The `bool`, if it is one.
    ///
    /// ```
    /// use ungil::Value;
    ///
    /// assert_eq!(Value::from(true).as_bool(), Some(true));
    /// assert_eq!(Value::from(1).as_bool(), None);
    /// ```
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(inner) => Some(*inner),
            _ => None,
        }
    }

    /// The `int`, if it is one and fits.
    ///
    /// ```
    /// use ungil::Value;
    ///
    /// assert_eq!(Value::from(-3).as_i64(), Some(-3));
    /// assert_eq!(Value::from(u64::MAX).as_i64(), None);
    /// ```
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(inner) => Some(*inner),
            Self::BigInt(inner) => i64::try_from(inner).ok(),
            _ => None,
        }
    }

    /// The number, if it is a `float`, or an `int` within a float's range; a large int is rounded.
    ///
    /// ```
    /// use ungil::Value;
    ///
    /// assert_eq!(Value::from(0.5).as_f64(), Some(0.5));
    /// assert_eq!(Value::from(2).as_f64(), Some(2.0));
    /// ```
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(inner) => Some(*inner),
            Self::Int(inner) => Some(*inner as f64),
            Self::BigInt(inner) => big_to_float(inner),
            _ => None,
        }
    }

    /// The `str`, if it is one.
    ///
    /// ```
    /// assert_eq!(ungil::Value::from("spam").as_str(), Some("spam"));
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(inner) => Some(inner),
            _ => None,
        }
    }

    /// The `bytes`, if it is one.
    ///
    /// ```
    /// assert_eq!(ungil::Value::bytes([1, 2]).as_bytes(), Some(&[1, 2][..]));
    /// ```
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(inner) => Some(inner),
            _ => None,
        }
    }

    /// The elements, if it is a `list`, `tuple`, `set` or `frozenset`.
    ///
    /// ```
    /// use ungil::Value;
    ///
    /// let pair = Value::tuple([1, 2]);
    /// assert_eq!(pair.as_slice().unwrap()[1], 2);
    /// ```
    pub fn as_slice(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) | Self::FrozenSet(items) => Some(items),
            _ => None,
        }
    }

    /// The entries in insertion order, if it is a `dict`.
    ///
    /// ```
    /// use ungil::Value;
    ///
    /// let ages = Value::dict([("Ada", 36)]);
    /// assert_eq!(ages.as_dict().unwrap().len(), 1);
    /// ```
    pub fn as_dict(&self) -> Option<&[(Value, Value)]> {
        match self {
            Self::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// What a `dict` holds under the key; `None` if it has no such key, or is no dict. Takes time in proportion to the
    /// number of entries: deserialize into a map for many look-ups.
    ///
    /// ```
    /// use ungil::Value;
    ///
    /// let squares = Value::dict([(2, 4), (3, 9)]);
    /// assert_eq!(squares.get(&3), Some(&Value::from(9)));
    /// assert_eq!(squares.get("three"), None);
    /// ```
    pub fn get<K: ?Sized>(&self, key: &K) -> Option<&Value>
    where
        Value: PartialEq<K>,
    {
        // The last of equal keys counts, as in a dict display.
        let mut entries = self.as_dict()?.iter().rev();
        entries.find(|(candidate, _)| candidate == key).map(|(_, value)| value)
    }

    /// The handle, if it is one.
    ///
    /// ```
    /// assert!(ungil::Value::None.as_handle().is_none());
    /// ```
    pub fn as_handle(&self) -> Option<&Handle> {
        match self {
            Self::Handle(inner) => Some(inner),
            _ => None,
        }
    }
}

/// As Python's `float(int)`: the nearest float, nothing beyond the largest.
fn big_to_float(int: &BigInt) -> Option<f64> {
    if int.bits() > f64::MAX_EXP as u64 {
        return None;
    }
    let nearest: f64 = int.to_string().parse().ok()?;
    nearest.is_finite().then_some(nearest)
}
