//! The parts of the serializer that gather elements and entries.

use serde::{Serialize, ser};

use super::{Depth, Value, at_key, ser::Serializer};
use crate::error::ConversionError;

/// A length that a type claims is believed up to here; memory for more comes with the elements.
const LARGEST_RESERVATION: usize = 4096;

#[derive(Clone, Copy)]
pub(super) enum Shape {
    List,
    Tuple,
}

pub(super) struct Items {
    items: Vec<Value>,
    shape: Shape,
    variant: Option<&'static str>,
    /// Of the elements.
    depth: Depth,
}

impl Items {
    pub(super) fn new(length: Option<usize>, shape: Shape, variant: Option<&'static str>, depth: Depth) -> Self {
        Self {
            items: Vec::with_capacity(length.unwrap_or(0).min(LARGEST_RESERVATION)),
            shape,
            variant,
            depth,
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), ConversionError> {
        let item = item.serialize(Serializer::new(self.depth)).map_err(|error| {
            let error = error.at_index(self.items.len());
            at_variant(error, self.variant)
        })?;
        self.items.push(item);
        Ok(())
    }

    fn finish(self) -> Value {
        let value = match self.shape {
            Shape::List => Value::List(self.items),
            Shape::Tuple => Value::Tuple(self.items),
        };
        match self.variant {
            Some(variant) => in_variant(variant, value),
            None => value,
        }
    }
}

pub(super) struct Entries {
    entries: Vec<(Value, Value)>,
    key: Value,
    variant: Option<&'static str>,
    /// Of the values.
    depth: Depth,
}

impl Entries {
    pub(super) fn new(length: Option<usize>, variant: Option<&'static str>, depth: Depth) -> Self {
        Self {
            entries: Vec::with_capacity(length.unwrap_or(0).min(LARGEST_RESERVATION)),
            key: Value::None,
            variant,
            depth,
        }
    }

    fn push_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), ConversionError> {
        let value = value
            .serialize(Serializer::new(self.depth))
            .map_err(|error| at_variant(error.at_name(name), self.variant))?;
        self.entries.push((name.into(), value));
        Ok(())
    }

    fn finish(self) -> Value {
        let value = Value::Dict(self.entries);
        match self.variant {
            Some(variant) => in_variant(variant, value),
            None => value,
        }
    }
}

pub(super) fn in_variant(variant: &'static str, value: Value) -> Value {
    Value::Dict(vec![(variant.into(), value)])
}

fn at_variant(error: ConversionError, variant: Option<&'static str>) -> ConversionError {
    match variant {
        Some(variant) => error.at_name(variant),
        None => error,
    }
}

macro_rules! gather {
    ($($trait:ident::$push:ident),*) => {$(
        impl ser::$trait for Items {
            type Ok = Value;
            type Error = ConversionError;

            fn $push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), ConversionError> {
                self.push(item)
            }

            fn end(self) -> Result<Value, ConversionError> {
                Ok(self.finish())
            }
        }
    )*};
}
gather!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! gather_fields {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Entries {
            type Ok = Value;
            type Error = ConversionError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), ConversionError> {
                self.push_field(name, value)
            }

            fn end(self) -> Result<Value, ConversionError> {
                Ok(self.finish())
            }
        }
    )*};
}
gather_fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Entries {
    type Ok = Value;
    type Error = ConversionError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ConversionError> {
        let key = key.serialize(Serializer::new(self.depth));
        self.key = key.map_err(ConversionError::at_keys)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ConversionError> {
        let key = std::mem::take(&mut self.key);
        match value.serialize(Serializer::new(self.depth)) {
            Ok(value) => {
                self.entries.push((key, value));
                Ok(())
            }
            Err(error) => Err(at_key(error, &key)),
        }
    }

    fn end(self) -> Result<Value, ConversionError> {
        Ok(self.finish())
    }
}
