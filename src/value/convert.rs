//! Making values by hand, and comparing them with plain Rust ones.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use super::{BigInt, Complex, Date, DateTime, Handle, Time, TimeDelta, TimeZone, Value};

impl Value {
    /// A `bytes`. (`Value::from(vec![1_u8])` is a list, as of every other type.)
    ///
    /// ```
    /// assert_eq!(ungil::Value::bytes(*b"a\0").to_string(), r"b'a\x00'");
    /// ```
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// A `list` of anything that is a value.
    ///
    /// ```
    /// assert_eq!(ungil::Value::list(1..4).to_string(), "[1, 2, 3]");
    /// ```
    pub fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// A `tuple` of elements of one Rust type; for different ones there is `Value::from((1, "a"))`.
    ///
    /// ```
    /// assert_eq!(ungil::Value::tuple(["a"]).to_string(), "('a',)");
    /// ```
    pub fn tuple<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::Tuple(items.into_iter().map(Into::into).collect())
    }

    /// A `set`. Elements that are equal are not sorted out before Python sees them.
    ///
    /// ```
    /// assert_eq!(ungil::Value::set([1, 2]), ungil::Value::set([2, 1]));
    /// ```
    pub fn set<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::Set(items.into_iter().map(Into::into).collect())
    }

    /// A `frozenset`. Elements that are equal are not sorted out before Python sees them.
    ///
    /// ```
    /// assert_eq!(ungil::Value::frozenset([true]).to_string(), "frozenset({True})");
    /// ```
    pub fn frozenset<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::FrozenSet(items.into_iter().map(Into::into).collect())
    }

    /// A `dict`, in the order given; the last of equal keys counts.
    ///
    /// ```
    /// assert_eq!(ungil::Value::dict([("a", 1)]).to_string(), "{'a': 1}");
    /// ```
    pub fn dict<K: Into<Value>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        let entries = entries.into_iter();
        Self::Dict(entries.map(|(key, value)| (key.into(), value.into())).collect())
    }
}

macro_rules! from_small_int {
    ($($int:ty)*) => {$(
        impl From<$int> for Value {
            fn from(int: $int) -> Self {
                Self::Int(int.into())
            }
        }
    )*};
}
from_small_int!(i8 i16 i32 i64 u8 u16 u32);

macro_rules! from_large_int {
    ($($int:ty)*) => {$(
        impl From<$int> for Value {
            fn from(int: $int) -> Self {
                i64::try_from(int).map_or_else(|_| Self::BigInt(int.into()), Self::Int)
            }
        }
    )*};
}
from_large_int!(u64 i128 u128 isize usize);

impl From<BigInt> for Value {
    fn from(int: BigInt) -> Self {
        match i64::try_from(&int) {
            Ok(small) => Self::Int(small),
            Err(_) => Self::BigInt(int),
        }
    }
}

macro_rules! from_kind {
    ($($kind:ident: $type:ty),*) => {$(
        impl From<$type> for Value {
            fn from(inner: $type) -> Self {
                Self::$kind(inner)
            }
        }
    )*};
}
from_kind!(
    Bool: bool, Float: f64, Complex: Complex, Str: String, Date: Date, Time: Time, DateTime: DateTime,
    TimeDelta: TimeDelta, TimeZone: TimeZone, Handle: Handle
);

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl From<f32> for Value {
    fn from(float: f32) -> Self {
        Self::Float(float.into())
    }
}

impl From<char> for Value {
    fn from(char: char) -> Self {
        Self::Str(char.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Str(text.into_owned())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::None, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::list(items)
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Self::list(items)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::list(items)
    }
}

impl<T: Into<Value>, S> From<HashSet<T, S>> for Value {
    fn from(items: HashSet<T, S>) -> Self {
        Self::set(items)
    }
}

impl<T: Into<Value>> From<BTreeSet<T>> for Value {
    fn from(items: BTreeSet<T>) -> Self {
        Self::set(items)
    }
}

impl<K: Into<Value>, V: Into<Value>, S> From<HashMap<K, V, S>> for Value {
    fn from(entries: HashMap<K, V, S>) -> Self {
        Self::dict(entries)
    }
}

impl<K: Into<Value>, V: Into<Value>> From<BTreeMap<K, V>> for Value {
    fn from(entries: BTreeMap<K, V>) -> Self {
        Self::dict(entries)
    }
}

macro_rules! from_tuple {
    ($($name:ident)+) => {
        impl<$($name: Into<Value>),+> From<($($name,)+)> for Value {
            #[allow(non_snake_case)]
            fn from(($($name,)+): ($($name,)+)) -> Self {
                Self::Tuple(vec![$($name.into()),+])
            }
        }
    };
}
from_tuple!(A);
from_tuple!(A B);
from_tuple!(A B C);
from_tuple!(A B C D);
from_tuple!(A B C D E);
from_tuple!(A B C D E F);
from_tuple!(A B C D E F G);
from_tuple!(A B C D E F G H);

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl PartialEq<String> for Value {
    fn eq(&self, other: &String) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<i64> for Value {
    fn eq(&self, other: &i64) -> bool {
        self.as_i64() == Some(*other)
    }
}

impl PartialEq<f64> for Value {
    fn eq(&self, other: &f64) -> bool {
        matches!(self, Self::Float(float) if float == other)
    }
}

impl PartialEq<bool> for Value {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}
