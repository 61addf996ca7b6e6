//! Equality: strict about kinds, blind to the order in sets and dicts.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    mem,
};

use super::{BigInt, Value};

/// Kinds must agree (`Int(1)` is not `Float(1.0)`, a list is not a tuple), sets and dicts are equal whatever the order
/// of their elements, NaN is not equal to itself.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::BigInt(a), Self::BigInt(b)) => a == b,
            (Self::Int(small), Self::BigInt(big)) | (Self::BigInt(big), Self::Int(small)) => {
                *big == BigInt::from(*small)
            }
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Complex(a), Self::Complex(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => a == b,
            (Self::Set(a), Self::Set(b)) | (Self::FrozenSet(a), Self::FrozenSet(b)) => {
                a.len() == b.len() && (a == b || same_in_any_order(a, b, hash_value))
            }
            (Self::Dict(a), Self::Dict(b)) => a.len() == b.len() && (a == b || same_in_any_order(a, b, hash_entry)),
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::DateTime(a), Self::DateTime(b)) => a == b,
            (Self::TimeDelta(a), Self::TimeDelta(b)) => a == b,
            (Self::TimeZone(a), Self::TimeZone(b)) => a == b,
            (Self::Handle(a), Self::Handle(b)) => a == b,
            _ => false,
        }
    }
}

fn same_in_any_order<T: PartialEq>(a: &[T], b: &[T], hash: fn(&T) -> u64) -> bool {
    let mut unmatched: HashMap<u64, Vec<&T>> = HashMap::with_capacity(a.len());
    for item in a {
        unmatched.entry(hash(item)).or_default().push(item);
    }
    b.iter().all(|item| {
        let Some(candidates) = unmatched.get_mut(&hash(item)) else {
            return false;
        };
        let found = candidates.iter().position(|candidate| *candidate == item);
        found.map(|index| candidates.swap_remove(index)).is_some()
    })
}

fn hash_entry((key, _): &(Value, Value)) -> u64 {
    hash_value(key)
}

/// Equal values have equal hashes; a handle's pointer is not looked at, so handles share one.
fn hash_value(value: &Value) -> u64 {
    let mut state = DefaultHasher::new();
    let unordered = |items: &[Value]| items.iter().map(hash_value).fold(0, u64::wrapping_add);
    match value {
        Value::None => {}
        Value::Bool(inner) => inner.hash(&mut state),
        Value::Int(inner) => inner.hash(&mut state),
        Value::BigInt(inner) => match i64::try_from(inner) {
            Ok(small) => return hash_value(&Value::Int(small)),
            Err(_) => inner.hash(&mut state),
        },
        Value::Float(inner) => hash_float(*inner, &mut state),
        Value::Complex(inner) => {
            hash_float(inner.re, &mut state);
            hash_float(inner.im, &mut state);
        }
        Value::Str(inner) => inner.hash(&mut state),
        Value::Bytes(inner) => inner.hash(&mut state),
        Value::List(items) | Value::Tuple(items) => items.iter().map(hash_value).for_each(|h| h.hash(&mut state)),
        Value::Set(items) | Value::FrozenSet(items) => unordered(items).hash(&mut state),
        Value::Dict(entries) => entries.len().hash(&mut state),
        Value::Date(inner) => inner.hash(&mut state),
        Value::Time(inner) => inner.hash(&mut state),
        Value::DateTime(inner) => inner.hash(&mut state),
        Value::TimeDelta(inner) => inner.hash(&mut state),
        Value::TimeZone(inner) => inner.hash(&mut state),
        Value::Handle(_) => {}
    }
    mem::discriminant(value).hash(&mut state);
    state.finish()
}

fn hash_float(float: f64, state: &mut DefaultHasher) {
    // 0.0 and -0.0 are equal and differ in their bits.
    let float = if float == 0.0 { 0.0 } else { float };
    float.to_bits().hash(state);
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn equality_ignores_order_only_where_python_does() {
        assert_eq!(Value::set([1, 2, 2]), Value::set([2, 1, 2]));
        assert_ne!(Value::set([1, 1, 2]), Value::set([1, 2, 2]));
        assert_ne!(Value::list([1, 2]), Value::list([2, 1]));
        assert_eq!(
            Value::dict([("a", 0.0), ("b", 1.0)]),
            Value::dict([("b", 1.0), ("a", -0.0)])
        );
        assert_ne!(Value::dict([("a", 1), ("b", 2)]), Value::dict([("a", 2), ("b", 1)]));
        assert_ne!(Value::from(1), Value::from(1.0));
        assert_ne!(Value::set([1]), Value::frozenset([1]));
        assert_eq!(Value::BigInt(1.into()), Value::from(1));
        assert_eq!(
            Value::set([Value::BigInt(1.into()), 2.into()]),
            Value::set([2.into(), Value::from(1)])
        );
    }
}
