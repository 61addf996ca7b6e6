//! A value to any type that serde can deserialize.

use std::{any::type_name, borrow::Cow, time::Duration};

use serde::{
    Deserializer,
    de::{DeserializeOwned, Expected, Visitor},
};

use super::{
    BigInt, Depth, TimeDelta, Value,
    de_access::{Entries, EnumContent, Items},
    exchange::{TOKEN, hand_over, park, parking},
    limits::{check, dismantle},
};
use crate::error::ConversionError;

/// Turns a [`Value`] into anything that implements serde's `Deserialize` and borrows nothing; the
/// [module](crate::value) says what becomes what.
///
/// ```
/// use serde::Deserialize;
/// use ungil::value::{Value, from_value};
///
/// #[derive(Deserialize)]
/// struct Order {
///     id: u64,
///     prices: Vec<f64>,
/// }
///
/// let value = Value::dict([("id", Value::from(7)), ("prices", Value::tuple([1.5, 2.0]))]);
/// let order: Order = from_value(value)?;
/// assert_eq!((order.id, order.prices), (7, vec![1.5, 2.0]));
/// # Ok::<(), ungil::ConversionError>(())
/// ```
///
/// # Limits
/// Inside flattened structs and untagged or internally tagged enums serde keeps values in a buffer of its own. Handles
/// come through it, but a `Value` in there gets lists for tuples and sets, and text for the datetime kinds.
///
/// # Errors
/// The value does not fit the type, or is nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH). The error names the path
/// to the part that does not fit.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, ConversionError> {
    if let Err(error) = check(&value, Depth::default()) {
        // Nobody has promised that it can be dropped by recursion.
        dismantle(value);
        return Err(error);
    }
    parking(|| T::deserialize(ValueDeserializer::new(value, Depth::default())))
}

/// The same, with an error whose path starts with `root`, such as `result`.
pub(crate) fn from_value_at<T: DeserializeOwned>(
    root: impl Into<Cow<'static, str>>,
    value: Value,
) -> Result<T, ConversionError> {
    from_value(value).map_err(|error| error.at_root(root))
}

pub(super) struct ValueDeserializer {
    value: Value,
    /// Counts wrappers only; containers were counted before.
    depth: Depth,
}

/// What a visitor says it expects, before it is used up.
fn wanted<'de, V: Visitor<'de>>(visitor: &V) -> String {
    (visitor as &dyn Expected).to_string()
}

/// Whether serde is about to buffer what comes, in a type that has no word for integers beyond 64 bits. It says so
/// nowhere else; if the name changes, such integers are an error again inside flattened structs and the like.
fn is_buffer<V>() -> bool {
    type_name::<V>().contains("ContentVisitor")
}

impl ValueDeserializer {
    pub(super) fn new(value: Value, depth: Depth) -> Self {
        Self { value, depth }
    }

    fn mismatch<'de, V: Visitor<'de>>(&self, visitor: &V) -> ConversionError {
        ConversionError::mismatch(&wanted(visitor), &self.value.type_name())
    }

    fn visit_items<'de, V, I>(items: I, is_set: bool, depth: Depth, visitor: V) -> Result<V::Value, ConversionError>
    where
        V: Visitor<'de>,
        I: ExactSizeIterator<Item = Value>,
    {
        let length = items.len();
        let mut access = Items::new(items, is_set, depth);
        let result = visitor.visit_seq(&mut access)?;
        match access.taken() {
            taken if taken == length => Ok(result),
            taken => Err(ConversionError::new(format!(
                "expected {taken}, found {length} elements"
            ))),
        }
    }

    fn visit_sequence<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        let depth = self.depth;
        match self.value {
            Value::List(items) | Value::Tuple(items) => Self::visit_items(items.into_iter(), false, depth, visitor),
            Value::Set(items) | Value::FrozenSet(items) => Self::visit_items(items.into_iter(), true, depth, visitor),
            Value::Bytes(bytes) => {
                let items = bytes.into_iter().map(|byte| Value::Int(byte.into()));
                Self::visit_items(items, false, depth, visitor)
            }
            value => Self::new(value, self.depth).deserialize_any(visitor),
        }
    }

    fn visit_entries<'de, V: Visitor<'de>>(
        entries: Vec<(Value, Value)>,
        depth: Depth,
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        let mut access = Entries::new(entries, depth);
        let result = visitor.visit_map(&mut access)?;
        match access.is_finished() {
            true => Ok(result),
            false => Err(ConversionError::new("the dict has more entries than can be taken")),
        }
    }

    fn visit_integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        match self.value {
            Value::Int(int) => visitor.visit_i64(int),
            Value::BigInt(ref int) => match i64::try_from(int) {
                Ok(int) => visitor.visit_i64(int),
                Err(_) => match u64::try_from(int) {
                    Ok(int) => visitor.visit_u64(int),
                    Err(_) => Err(out_of_range(int, &visitor)),
                },
            },
            _ => self.visit_scalar(visitor),
        }
    }

    fn visit_wide_integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        match self.value {
            Value::BigInt(int) => match (i128::try_from(&int), u128::try_from(&int)) {
                (Ok(int), _) => visitor.visit_i128(int),
                (_, Ok(int)) => visitor.visit_u128(int),
                _ => Err(out_of_range(&int, &visitor)),
            },
            value => Self::new(value, self.depth).visit_integer(visitor),
        }
    }

    /// For a visitor that wants a number or a bool: the kinds that have only a form of another kind are an error by
    /// their own name.
    fn visit_scalar<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        match self.value {
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Bytes(_) => {
                self.deserialize_any(visitor)
            }
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn visit_float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        match &self.value {
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Int(_) | Value::BigInt(_) => match self.value.as_f64() {
                Some(float) => visitor.visit_f64(float),
                None => Err(self.mismatch(&visitor).hint("it is too large for a float")),
            },
            _ => self.visit_scalar(visitor),
        }
    }

    fn visit_text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        match self.value {
            // A String would take bytes that happen to be UTF-8, and fail on the next that are not.
            Value::Bytes(_) => Err(self.mismatch(&visitor).hint("decode it first")),
            _ => self.deserialize_any(visitor),
        }
    }
}

fn out_of_range<'de, V: Visitor<'de>>(int: &BigInt, visitor: &V) -> ConversionError {
    let found = format!("an int of {} bits", int.bits());
    ConversionError::mismatch(&wanted(visitor), &found).hint("it is out of range")
}

fn visit_duration<'de, V: Visitor<'de>>(delta: TimeDelta, visitor: V) -> Result<V::Value, ConversionError> {
    let duration = Duration::try_from(delta)?;
    let parts = [Value::from(duration.as_secs()), Value::from(duration.subsec_nanos())];
    ValueDeserializer::visit_items(parts.into_iter(), false, Depth::default(), visitor)
}

macro_rules! forward {
    ($to:ident: $($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
            self.$to(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = ConversionError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        match self.value {
            Value::None => visitor.visit_unit(),
            Value::Bool(inner) => visitor.visit_bool(inner),
            // As JSON does: some visitors know only the unsigned one.
            Value::Int(int) => match u64::try_from(int) {
                Ok(int) => visitor.visit_u64(int),
                Err(_) => visitor.visit_i64(int),
            },
            Value::BigInt(int) => match (u64::try_from(&int), i128::try_from(&int), u128::try_from(&int)) {
                (Ok(int), _, _) => visitor.visit_u64(int),
                (_, Ok(int), _) if !is_buffer::<V>() => visitor.visit_i128(int),
                (_, _, Ok(int)) if !is_buffer::<V>() => visitor.visit_u128(int),
                _ => {
                    let error = out_of_range(&int, &visitor);
                    visitor
                        .visit_newtype_struct(park(Value::BigInt(int)))
                        .map_err(|_| error)
                }
            },
            Value::Float(inner) => visitor.visit_f64(inner),
            Value::Complex(inner) => {
                let parts = [Value::Float(inner.re), Value::Float(inner.im)];
                Self::visit_items(parts.into_iter(), false, self.depth, visitor)
            }
            Value::Str(inner) => visitor.visit_string(inner),
            Value::Bytes(inner) => visitor.visit_byte_buf(inner),
            Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::FrozenSet(_) => self.visit_sequence(visitor),
            Value::Dict(entries) => Self::visit_entries(entries, self.depth, visitor),
            Value::Date(inner) => visitor.visit_string(inner.to_string()),
            Value::Time(inner) => visitor.visit_string(inner.to_string()),
            Value::DateTime(inner) => visitor.visit_string(inner.to_string()),
            Value::TimeDelta(inner) => visitor.visit_string(inner.to_string()),
            Value::TimeZone(inner) => visitor.visit_string(inner.to_string()),
            Value::Handle(_) => {
                let error = self.mismatch(&visitor);
                visitor.visit_newtype_struct(park(self.value)).map_err(|_| error)
            }
        }
    }

    forward!(visit_scalar: deserialize_bool);
    forward!(visit_integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    forward!(visit_integer: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    forward!(visit_wide_integer: deserialize_i128 deserialize_u128);
    forward!(visit_float: deserialize_f32 deserialize_f64);
    forward!(visit_text: deserialize_char deserialize_str deserialize_string);
    forward!(deserialize_any: deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_map);
    forward!(visit_sequence: deserialize_seq);

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        match self.value {
            Value::None => visitor.visit_none(),
            value => visitor.visit_some(Self::new(value, self.depth.wrapper()?)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        if name == TOKEN {
            return hand_over(self.value, || {
                visitor.visit_newtype_struct(Self::new(Value::None, self.depth))
            });
        }
        visitor.visit_newtype_struct(Self::new(self.value, self.depth.wrapper()?))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ConversionError> {
        match self.value {
            Value::Set(_) | Value::FrozenSet(_) => Err(self
                .mismatch(&visitor)
                .hint("a set has no order, sort it into a list first")),
            Value::Complex(_) => self.deserialize_any(visitor),
            _ => self.visit_sequence(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        match self.value {
            Value::TimeDelta(delta) if name == "Duration" && fields == ["secs", "nanos"] => {
                visit_duration(delta, visitor)
            }
            Value::Dict(_) | Value::Tuple(_) => self.deserialize_any(visitor),
            Value::List(_) => Err(self.mismatch(&visitor).hint("give names to its parts")),
            _ if self.value.as_slice().is_some() => Err(self.mismatch(&visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        let form = format_args!("the name of a variant of {name}, or a dict with that as its only key");
        let content = match self.value {
            Value::Str(variant) => EnumContent::new(variant, None, self.depth),
            Value::Dict(entries) => match <[_; 1]>::try_from(entries) {
                Ok([(Value::Str(variant), content)]) => EnumContent::new(variant, Some(content), self.depth),
                Ok([(key, _)]) => {
                    let found = format!("a dict with a key of type {}", key.type_name());
                    return Err(ConversionError::mismatch(&form, &found));
                }
                Err(entries) => {
                    let found = format!("a dict of {} entries", entries.len());
                    return Err(ConversionError::mismatch(&form, &found));
                }
            },
            other => return Err(ConversionError::mismatch(&form, &other.type_name())),
        };
        visitor.visit_enum(content)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        match self.value {
            Value::Str(name) => visitor.visit_string(name),
            // A number would be taken for the position of a field.
            other => Err(ConversionError::mismatch(
                &"a str as the name of a field",
                &other.type_name(),
            )),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        visitor.visit_unit()
    }
}
