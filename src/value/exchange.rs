//! How our own types pass through serde without loss, while other formats get their natural form.
//!
//! serde has no word for a set or a handle. So our types present themselves as a newtype struct of a name that only our
//! own serializer and deserializer know; these pass the value itself through a slot of the thread.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt, iter,
    marker::PhantomData,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, value::MapDeserializer},
    ser::Error as _,
};

use super::{Complex, Date, DateTime, Depth, Handle, Time, TimeDelta, TimeZone, Value, limits::check};
use crate::error::ConversionError;

pub(super) const TOKEN: &str = "$ungil::Value";

thread_local! {
    /// Set by our serializer when it meets the token, for the one call that follows.
    static WANTED: Cell<Option<Depth>> = const { Cell::new(None) };
    static SLOT: Cell<Option<Result<Value, ConversionError>>> = const { Cell::new(None) };
    static PARKED: RefCell<Parked> = const { RefCell::new(Parked { next: 0, values: BTreeMap::new() }) };
}

/// Values that wait while serde buffers what it deserializes (flattened structs, untagged and internally tagged enums);
/// the buffer can hold only a number that stands for them.
struct Parked {
    next: u64,
    values: BTreeMap<u64, Value>,
}

/// A type that has an exact form as a [`Value`], and a plain one for other formats.
pub(super) trait Exact {
    fn exact(&self, depth: Depth) -> Result<Value, ConversionError>;
    fn plain<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

struct Offer<'a, T>(&'a T);

impl<T: Exact> Serialize for Offer<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(depth) = WANTED.take() else {
            return self.0.plain(serializer);
        };
        SLOT.set(Some(self.0.exact(depth)));
        serializer.serialize_unit()
    }
}

pub(super) fn serialize_exact<T: Exact, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(TOKEN, &Offer(value))
}

/// For our serializer: runs `serialize` on what came with the token, and gives what was put into the slot.
pub(super) fn collect_exact(
    depth: Depth,
    serialize: impl FnOnce() -> Result<Value, ConversionError>,
) -> Result<Value, ConversionError> {
    WANTED.set(Some(depth));
    let substitute = serialize();
    WANTED.set(None);
    SLOT.take().unwrap_or(substitute)
}

/// For our deserializer: runs `visit` while the value waits in the slot.
pub(super) fn hand_over<T>(value: Value, visit: impl FnOnce() -> T) -> T {
    SLOT.set(Some(Ok(value)));
    let result = visit();
    SLOT.set(None);
    result
}

fn taken_over() -> Option<Value> {
    SLOT.take().and_then(Result::ok)
}

/// A stand-in that serde's buffers can keep until the value is asked for, within one [`parking`].
pub(super) fn park<'de>(value: Value) -> impl Deserializer<'de, Error = ConversionError> {
    let number = PARKED.with_borrow_mut(|parked| {
        let number = parked.next;
        parked.next += 1;
        parked.values.insert(number, value);
        number
    });
    MapDeserializer::new(iter::once((TOKEN, number)))
}

pub(super) fn parked(number: u64) -> Option<Value> {
    PARKED.with_borrow(|parked| parked.values.get(&number).cloned())
}

/// Runs a deserialization, and drops at its end what it parked.
pub(super) fn parking<T>(deserialize: impl FnOnce() -> T) -> T {
    struct Cleanup(u64);

    impl Drop for Cleanup {
        fn drop(&mut self) {
            // Dropped outside of the borrow: a handle may run code of ours when it goes.
            let _gone = PARKED.with_borrow_mut(|parked| match parked.values.is_empty() {
                true => BTreeMap::new(),
                false => parked.values.split_off(&self.0),
            });
        }
    }

    let _cleanup = Cleanup(PARKED.with_borrow(|parked| parked.next));
    deserialize()
}

/// Reads the exact value if our deserializer has one, and otherwise what `fallback` makes of another format.
struct Receive<T, F>(F, PhantomData<T>);

impl<'de, T: FromExact, F: Fallback<T>> de::Visitor<'de> for Receive<T, F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::NAME)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        match taken_over() {
            Some(value) => T::from_exact(value).map_err(de::Error::custom),
            None => self.0.read(deserializer),
        }
    }
}

/// What may come out of the slot for a type; the error is the whole message.
trait FromExact: Sized {
    const NAME: &'static str;
    fn from_exact(value: Value) -> Result<Self, String>;
}

trait Fallback<T> {
    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error>;
}

struct Natural;

impl<T: FromExact> Fallback<T> for Natural {
    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let value = deserializer.deserialize_any(super::plain::ValueVisitor)?;
        T::from_exact(value).map_err(de::Error::custom)
    }
}

struct Text;

impl<T: FromExact> Fallback<T> for Text {
    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::from_exact(Value::Str(text)).map_err(de::Error::custom)
    }
}

struct Pair;

impl Fallback<Complex> for Pair {
    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Complex, D::Error> {
        let (re, im) = <(f64, f64)>::deserialize(deserializer)?;
        Ok(Complex { re, im })
    }
}

fn receive<'de, T, F, D>(fallback: F, deserializer: D) -> Result<T, D::Error>
where
    T: FromExact,
    F: Fallback<T>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_newtype_struct(TOKEN, Receive(fallback, PhantomData))
}

impl FromExact for Value {
    const NAME: &'static str = "a plain value";

    fn from_exact(value: Value) -> Result<Self, String> {
        Ok(value)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_exact(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        receive(Natural, deserializer)
    }
}

impl FromExact for Complex {
    const NAME: &'static str = "complex";

    fn from_exact(value: Value) -> Result<Self, String> {
        let pair = match &value {
            Value::Complex(inner) => return Ok(*inner),
            Value::List(pair) | Value::Tuple(pair) => pair.as_slice(),
            number => &[number.clone(), Value::Float(0.0)],
        };
        match pair.iter().map(Value::as_f64).collect::<Vec<_>>()[..] {
            [Some(re), Some(im)] => Ok(Self { re, im }),
            _ => Err(format!("expected complex, found {}", value.type_name())),
        }
    }
}

impl Exact for Complex {
    fn exact(&self, _: Depth) -> Result<Value, ConversionError> {
        Ok(Value::Complex(*self))
    }

    fn plain<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.re, self.im).serialize(serializer)
    }
}

/// Exact within this crate, two numbers in other formats.
impl Serialize for Complex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_exact(self, serializer)
    }
}

/// From a Python number, or a sequence of two floats.
impl<'de> Deserialize<'de> for Complex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        receive(Pair, deserializer)
    }
}

impl FromExact for Handle {
    const NAME: &'static str = "a handle";

    fn from_exact(value: Value) -> Result<Self, String> {
        match value {
            Value::Handle(handle) => Ok(handle),
            other => Err(format!(
                "expected a handle to something shared, found {}; it can only come from the same process, \
                 never from text or a file",
                other.type_name()
            )),
        }
    }
}

impl Exact for Handle {
    fn exact(&self, _: Depth) -> Result<Value, ConversionError> {
        Ok(Value::Handle(self.clone()))
    }

    fn plain<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(format!(
            "a {} refers to something in this process and cannot be written to another format; \
             leave it out with #[serde(skip)]",
            self.kind()
        )))
    }
}

impl Serialize for Handle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_handle(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Handle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_handle(deserializer)
    }
}

/// The whole of `Serialize::serialize` for a type that crosses by reference.
pub(crate) fn serialize_handle<S: Serializer>(handle: &Handle, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_exact(handle, serializer)
}

/// The first half of `Deserialize::deserialize` for a type that crosses by reference; the other is
/// [`Handle::downcast`].
pub(crate) fn deserialize_handle<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Handle, D::Error> {
    receive(Natural, deserializer)
}

macro_rules! exact_or_text {
    ($($kind:ident: $name:literal),*) => {$(
        impl FromExact for $kind {
            const NAME: &'static str = $name;

            fn from_exact(value: Value) -> Result<Self, String> {
                match value {
                    Value::$kind(inner) => Ok(inner),
                    Value::Str(text) => text.parse().map_err(|error: ConversionError| error.message().to_owned()),
                    other => Err(format!(concat!("expected ", $name, ", found {}"), other.type_name())),
                }
            }
        }

        impl Exact for $kind {
            fn exact(&self, _: Depth) -> Result<Value, ConversionError> {
                Ok(Value::$kind(self.clone()))
            }

            fn plain<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        /// Exact within this crate, ISO 8601 text in other formats.
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_exact(self, serializer)
            }
        }

        /// From the Python object of this kind, or from ISO 8601 text.
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                receive(Text, deserializer)
            }
        }
    )*};
}
exact_or_text!(
    Date: "date", Time: "time", DateTime: "datetime", TimeDelta: "timedelta", TimeZone: "timezone"
);

impl Exact for Value {
    fn exact(&self, depth: Depth) -> Result<Value, ConversionError> {
        check(self, depth)?;
        Ok(self.clone())
    }

    fn plain<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        super::plain::serialize(self, serializer)
    }
}
