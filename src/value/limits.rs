//! How deep a value may be nested, so that no recursion over one can use up the stack.

use super::Value;
use crate::error::ConversionError;

/// How many containers may be nested inside each other in a value that crosses.
///
/// Deeper ones are a [`ConversionError`] on the way in and on the way out. An unoptimized build needs up to 10 KB of
/// stack for each level of a struct, and a thread started with the default stack has 2 MB.
///
/// ```
/// use ungil::value::{to_value, Value, MAX_DEPTH};
///
/// let mut nested = Value::None;
/// for _ in 0..MAX_DEPTH {
///     nested = Value::list([nested]);
/// }
/// assert!(to_value(&nested).is_ok());
/// assert!(to_value(&[nested]).is_err());
/// ```
pub const MAX_DEPTH: usize = 200;

/// The place of one step of a recursion. Wrappers that leave no trace in the value (`Option`, newtype structs) are
/// counted apart: a type may consist of nothing else, and would recurse for ever over `1`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth {
    containers: usize,
    wrappers: usize,
}

impl Depth {
    pub(crate) fn container(self) -> Result<Self, ConversionError> {
        if self.containers == MAX_DEPTH {
            return Err(too_deep());
        }
        Ok(Self {
            containers: self.containers + 1,
            ..self
        })
    }

    pub(crate) fn wrapper(self) -> Result<Self, ConversionError> {
        if self.wrappers == MAX_DEPTH {
            return Err(too_deep());
        }
        Ok(Self {
            wrappers: self.wrappers + 1,
            ..self
        })
    }
}

fn too_deep() -> ConversionError {
    ConversionError::new(format!(
        "nested deeper than {MAX_DEPTH} levels; make it flatter, or send it in parts"
    ))
}

/// Checks a value that may have been built by hand, before anything recurses over it.
pub(super) fn check(value: &Value, depth: Depth) -> Result<(), ConversionError> {
    let is_set = match value {
        Value::List(_) | Value::Tuple(_) => false,
        Value::Set(_) | Value::FrozenSet(_) => true,
        Value::Dict(entries) => {
            let depth = depth.container()?;
            return entries.iter().try_for_each(|(key, value)| {
                check(value, depth).map_err(|error| at_key(error, key))?;
                check(key, depth).map_err(ConversionError::at_keys)
            });
        }
        _ => return Ok(()),
    };
    let depth = depth.container()?;
    let items = value.as_slice().unwrap_or_default();
    items.iter().enumerate().try_for_each(|(index, item)| {
        check(item, depth).map_err(|error| match is_set {
            true => error.at_member(),
            false => error.at_index(index),
        })
    })
}

pub(crate) fn at_key(error: ConversionError, key: &Value) -> ConversionError {
    match key {
        Value::Str(name) => error.at_name(name),
        other => error.at_key(&other.to_string()),
    }
}

/// Drops a value of any depth without recursion.
pub(super) fn dismantle(value: Value) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
                rest.extend(items)
            }
            Value::Dict(entries) => {
                for (key, value) in entries {
                    rest.extend([key, value]);
                }
            }
            _ => {}
        }
    }
}
