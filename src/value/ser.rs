//! Any type that serde can serialize, to a value.

use std::{borrow::Cow, cell::Cell};

use serde::{Serialize, ser};

use super::{
    Depth, Value,
    exchange::{TOKEN, collect_exact},
    ser_compound::{Entries, Items, Shape, in_variant},
};
use crate::error::ConversionError;

/// Turns anything that implements serde's `Serialize` into a [`Value`]; the [module](crate::value) says what becomes
/// what.
///
/// ```
/// use serde::Serialize;
/// use ungil::value::to_value;
///
/// #[derive(Serialize)]
/// struct Point {
///     x: i32,
///     label: Option<&'static str>,
/// }
///
/// let value = to_value(&[Point { x: 1, label: None }])?;
/// assert_eq!(value.to_string(), "({'x': 1, 'label': None},)");
/// # Ok::<(), ungil::ConversionError>(())
/// ```
///
/// # Errors
/// The type's own `Serialize` fails, or the value is nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, ConversionError> {
    value.serialize(Serializer::new(Depth::default()))
}

/// The same, with an error whose path starts with `root`, such as `args[0]`.
pub(crate) fn to_value_at<T: Serialize + ?Sized>(
    root: impl Into<Cow<'static, str>>,
    value: &T,
) -> Result<Value, ConversionError> {
    to_value(value).map_err(|error| error.at_root(root))
}

/// The same for what a host function returns: a `Result` is taken apart, its `Err` as text, while everything else is
/// `Ok`. Only the outermost level counts; a `Result` further inside is an enum like others.
pub(crate) fn to_value_or_err<T: Serialize + ?Sized>(value: &T) -> Result<Result<Value, String>, ConversionError> {
    let is_err = Cell::new(false);
    let serializer = Serializer {
        depth: Depth::default(),
        outermost: Some(&is_err),
    };
    let value = value.serialize(serializer)?;
    Ok(match (is_err.get(), value) {
        (false, value) => Ok(value),
        (true, Value::Str(message)) => Err(message),
        (true, other) => Err(other.to_string()),
    })
}

#[derive(Clone, Copy)]
pub(super) struct Serializer<'a> {
    depth: Depth,
    /// Where to note that the outermost thing is an `Err`, if somebody wants to know and this is it.
    outermost: Option<&'a Cell<bool>>,
}

impl Serializer<'_> {
    pub(super) fn new(depth: Depth) -> Self {
        Self { depth, outermost: None }
    }

    fn items(self, length: Option<usize>, shape: Shape) -> Result<Items, ConversionError> {
        Ok(Items::new(length, shape, None, self.depth.container()?))
    }

    fn entries(self, length: Option<usize>) -> Result<Entries, ConversionError> {
        Ok(Entries::new(length, None, self.depth.container()?))
    }
}

impl ser::Serializer for Serializer<'_> {
    type Ok = Value;
    type Error = ConversionError;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    fn serialize_bool(self, inner: bool) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_i8(self, inner: i8) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_i16(self, inner: i16) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_i32(self, inner: i32) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_i64(self, inner: i64) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_i128(self, inner: i128) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_u8(self, inner: u8) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_u16(self, inner: u16) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_u32(self, inner: u32) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_u64(self, inner: u64) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_u128(self, inner: u128) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_f32(self, inner: f32) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_f64(self, inner: f64) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_char(self, inner: char) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_str(self, inner: &str) -> Result<Value, ConversionError> {
        Ok(inner.into())
    }

    fn serialize_bytes(self, inner: &[u8]) -> Result<Value, ConversionError> {
        Ok(Value::bytes(inner))
    }

    fn serialize_none(self) -> Result<Value, ConversionError> {
        Ok(Value::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, inner: &T) -> Result<Value, ConversionError> {
        inner.serialize(Serializer::new(self.depth.wrapper()?))
    }

    fn serialize_unit(self) -> Result<Value, ConversionError> {
        Ok(Value::None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, ConversionError> {
        Ok(Value::None)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, ConversionError> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        inner: &T,
    ) -> Result<Value, ConversionError> {
        let inside = Serializer::new(self.depth.wrapper()?);
        if name == TOKEN {
            return collect_exact(self.depth, || inner.serialize(inside));
        }
        inner.serialize(inside)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        inner: &T,
    ) -> Result<Value, ConversionError> {
        if let (Some(is_err), "Result", "Ok" | "Err") = (self.outermost, name, variant) {
            is_err.set(variant == "Err");
            return inner.serialize(Serializer::new(self.depth));
        }
        let inside = Serializer::new(self.depth.container()?);
        let value = inner.serialize(inside).map_err(|error| error.at_name(variant))?;
        Ok(in_variant(variant, value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items, ConversionError> {
        self.items(length, Shape::List)
    }

    fn serialize_tuple(self, length: usize) -> Result<Items, ConversionError> {
        self.items(Some(length), Shape::Tuple)
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items, ConversionError> {
        self.items(Some(length), Shape::Tuple)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items, ConversionError> {
        let depth = self.depth.container()?.container()?;
        Ok(Items::new(Some(length), Shape::Tuple, Some(variant), depth))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries, ConversionError> {
        self.entries(length)
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Entries, ConversionError> {
        self.entries(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Entries, ConversionError> {
        let depth = self.depth.container()?.container()?;
        Ok(Entries::new(Some(length), Some(variant), depth))
    }
}
