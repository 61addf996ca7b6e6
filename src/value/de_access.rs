//! The parts of the deserializer that hand out elements, entries and variants.

use std::vec;

use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{Depth, Value, at_key, de::ValueDeserializer};
use crate::error::ConversionError;

pub(super) struct Items<I: Iterator<Item = Value>> {
    items: I,
    index: usize,
    is_set: bool,
    depth: Depth,
}

impl<I: ExactSizeIterator<Item = Value>> Items<I> {
    pub(super) fn new(items: I, is_set: bool, depth: Depth) -> Self {
        Self {
            items,
            index: 0,
            is_set,
            depth,
        }
    }

    pub(super) fn taken(&self) -> usize {
        self.index
    }
}

impl<'de, I: ExactSizeIterator<Item = Value>> SeqAccess<'de> for &mut Items<I> {
    type Error = ConversionError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ConversionError> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        let item = seed.deserialize(ValueDeserializer::new(item, self.depth));
        item.map(Some).map_err(|error| match self.is_set {
            true => error.at_member(),
            false => error.at_index(index),
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

pub(super) struct Entries {
    entries: vec::IntoIter<(Value, Value)>,
    /// The entry whose key was handed out; the key is kept for the path of an error.
    current: Option<(Value, Value)>,
    depth: Depth,
}

impl Entries {
    pub(super) fn new(entries: Vec<(Value, Value)>, depth: Depth) -> Self {
        Self {
            entries: entries.into_iter(),
            current: None,
            depth,
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.entries.len() == 0
    }
}

impl<'de> MapAccess<'de> for &mut Entries {
    type Error = ConversionError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ConversionError> {
        self.current = self.entries.next();
        let Some((key, _)) = &self.current else {
            return Ok(None);
        };
        let key = match key {
            Value::Str(name) => seed.deserialize(Name {
                name,
                depth: self.depth,
            }),
            other => seed.deserialize(ValueDeserializer::new(other.clone(), self.depth)),
        };
        key.map(Some).map_err(ConversionError::at_keys)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ConversionError> {
        let (key, value) = self
            .current
            .take()
            .ok_or_else(|| ConversionError::new("a Deserialize implementation took a dict's value before its key"))?;
        let value = seed.deserialize(ValueDeserializer::new(value, self.depth));
        value.map_err(|error| at_key(error, &key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A str that is lent: the name of a field, of a variant, or a dict's key.
struct Name<'a> {
    name: &'a str,
    depth: Depth,
}

impl Name<'_> {
    fn owned(&self) -> ValueDeserializer {
        ValueDeserializer::new(self.name.into(), self.depth)
    }
}

impl<'de> Deserializer<'de> for Name<'_> {
    type Error = ConversionError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        visitor.visit_str(self.name)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ConversionError> {
        self.owned().deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        self.owned().deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        self.owned().deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

pub(super) struct EnumContent {
    variant: String,
    content: Option<Value>,
    depth: Depth,
}

impl EnumContent {
    pub(super) fn new(variant: String, content: Option<Value>, depth: Depth) -> Self {
        Self {
            variant,
            content,
            depth,
        }
    }

    fn read<T>(
        self,
        expected: &str,
        read: impl FnOnce(ValueDeserializer) -> Result<T, ConversionError>,
    ) -> Result<T, ConversionError> {
        let Some(content) = self.content else {
            let variant = &self.variant;
            return Err(ConversionError::new(format!(
                "the variant {variant:?} needs {expected}; write it as {{{variant:?}: …}}"
            )));
        };
        read(ValueDeserializer::new(content, self.depth)).map_err(|error| error.at_name(&self.variant))
    }
}

impl<'de> EnumAccess<'de> for EnumContent {
    type Error = ConversionError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ConversionError> {
        let name = Name {
            name: &self.variant,
            depth: self.depth,
        };
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for EnumContent {
    type Error = ConversionError;

    fn unit_variant(self) -> Result<(), ConversionError> {
        match self.content {
            None | Some(Value::None) => Ok(()),
            Some(content) => {
                let found = Unexpected::Other(content.type_name());
                let error = ConversionError::invalid_type(found, &"None for a variant without content");
                Err(error.at_name(&self.variant))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ConversionError> {
        self.read("a value", |content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ConversionError> {
        let expected = format!("a tuple of {length} values");
        self.read(&expected, |content| content.deserialize_tuple(length, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ConversionError> {
        self.read("a dict of its fields", |content| {
            content.deserialize_struct("", fields, visitor)
        })
    }
}
