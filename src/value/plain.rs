//! The natural form of a value in formats other than ours: JSON, TOML, MessagePack, …

use std::fmt;

use serde::{
    Deserializer, Serializer,
    de::{self, EnumAccess, MapAccess, SeqAccess, VariantAccess},
    ser::{SerializeMap, SerializeSeq, SerializeTuple},
};

use super::{
    BigInt, Value,
    exchange::{Exact, TOKEN, parked},
};

pub(super) fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Value::None => serializer.serialize_none(),
        Value::Bool(inner) => serializer.serialize_bool(*inner),
        Value::Int(inner) => serializer.serialize_i64(*inner),
        Value::BigInt(inner) => serialize_big(inner, serializer),
        Value::Float(inner) => serializer.serialize_f64(*inner),
        Value::Complex(inner) => inner.plain(serializer),
        Value::Str(inner) => serializer.serialize_str(inner),
        Value::Bytes(inner) => serializer.serialize_bytes(inner),
        Value::List(items) | Value::Set(items) | Value::FrozenSet(items) => {
            let mut sequence = serializer.serialize_seq(Some(items.len()))?;
            for item in items {
                sequence.serialize_element(item)?;
            }
            sequence.end()
        }
        Value::Tuple(items) => {
            let mut tuple = serializer.serialize_tuple(items.len())?;
            for item in items {
                tuple.serialize_element(item)?;
            }
            tuple.end()
        }
        Value::Dict(entries) => {
            let mut map = serializer.serialize_map(Some(entries.len()))?;
            for (key, value) in entries {
                map.serialize_entry(key, value)?;
            }
            map.end()
        }
        Value::Date(inner) => inner.plain(serializer),
        Value::Time(inner) => inner.plain(serializer),
        Value::DateTime(inner) => inner.plain(serializer),
        Value::TimeDelta(inner) => inner.plain(serializer),
        Value::TimeZone(inner) => inner.plain(serializer),
        Value::Handle(inner) => inner.plain(serializer),
    }
}

/// A number as long as the formats have one, then its decimal digits as text.
fn serialize_big<S: Serializer>(int: &BigInt, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(int) = i64::try_from(int) {
        serializer.serialize_i64(int)
    } else if let Ok(int) = u64::try_from(int) {
        serializer.serialize_u64(int)
    } else if let Ok(int) = i128::try_from(int) {
        serializer.serialize_i128(int)
    } else if let Ok(int) = u128::try_from(int) {
        serializer.serialize_u128(int)
    } else {
        serializer.collect_str(int)
    }
}

pub(super) struct ValueVisitor;

impl<'de> de::Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, inner: bool) -> Result<Value, E> {
        Ok(inner.into())
    }

    fn visit_i64<E: de::Error>(self, inner: i64) -> Result<Value, E> {
        Ok(inner.into())
    }

    fn visit_u64<E: de::Error>(self, inner: u64) -> Result<Value, E> {
        Ok(inner.into())
    }

    fn visit_i128<E: de::Error>(self, inner: i128) -> Result<Value, E> {
        Ok(inner.into())
    }

    fn visit_u128<E: de::Error>(self, inner: u128) -> Result<Value, E> {
        Ok(inner.into())
    }

    fn visit_f64<E: de::Error>(self, inner: f64) -> Result<Value, E> {
        Ok(inner.into())
    }

    fn visit_str<E: de::Error>(self, inner: &str) -> Result<Value, E> {
        Ok(inner.into())
    }

    fn visit_string<E: de::Error>(self, inner: String) -> Result<Value, E> {
        Ok(inner.into())
    }

    fn visit_bytes<E: de::Error>(self, inner: &[u8]) -> Result<Value, E> {
        Ok(Value::bytes(inner))
    }

    fn visit_byte_buf<E: de::Error>(self, inner: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<Value>()? {
            let value = access.next_value::<Value>()?;
            if let (true, Value::Int(number)) = (entries.is_empty() && key == TOKEN, &value)
                && let Some(original) = u64::try_from(*number).ok().and_then(parked)
            {
                return Ok(original);
            }
            entries.push((key, value));
        }
        Ok(Value::Dict(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        // Only a format that marks enums calls this, and it does not say which kind of variant it has.
        let (name, variant) = access.variant::<String>()?;
        variant.unit_variant()?;
        Ok(Value::Str(name))
    }
}
