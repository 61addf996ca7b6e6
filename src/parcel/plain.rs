//! Parcels of plain data, read without an interpreter.

use super::{fragment::Root, op::Op, ops::Ops};
use crate::{
    error::ConversionError,
    value::{Complex, MAX_DEPTH, Value, at_key},
};

/// Reads the instructions as data. An error names the part that is none.
pub(super) fn to_value(ops: &Ops) -> Result<Value, ConversionError> {
    let mut reader = Reader::default();
    for (at, op) in ops.iter().enumerate() {
        if let Err(error) = reader.execute(op) {
            let place = reader.stack.len().saturating_sub(op.effect().0);
            return Err(reader.locate(error, place, ops.iter().skip(at + 1)).at_root("value"));
        }
    }
    Ok(reader.stack.pop().unwrap_or_default().0)
}

#[derive(Default)]
struct Reader {
    /// Values, and how deep they are.
    stack: Vec<(Value, usize)>,
    /// What has a number; `None` while it is being made.
    memo: Vec<Option<(Value, usize)>>,
    /// Containers that were made empty: where they are on the stack, and their numbers.
    open: Vec<(usize, usize)>,
    /// The keys of records.
    shapes: Vec<Vec<Value>>,
}

impl Reader {
    fn execute(&mut self, op: &Op) -> Result<(), ConversionError> {
        let value = match op {
            Op::None => Value::None,
            Op::True => Value::Bool(true),
            Op::False => Value::Bool(false),
            Op::Int(int) => Value::Int(*int),
            Op::BigInt(int) => Value::BigInt((**int).clone()),
            Op::Float(float) => Value::Float(*float),
            Op::Complex(complex) => Value::Complex(Complex {
                re: complex.re,
                im: complex.im,
            }),
            Op::Str(text) | Op::Name(text) => Value::Str(text.to_string()),
            Op::Surrogates(_) => {
                return fail("a str with lone surrogates, which is not valid Unicode text; encode it to bytes first");
            }
            Op::Bytes(bytes) | Op::ByteArray(bytes) => Value::Bytes(bytes.to_vec()),
            Op::Temporal(value) => (**value).clone(),
            Op::Handle(handle) => Value::Handle(handle.clone()),
            Op::NewList => return self.begin(Value::List(Vec::new())),
            Op::NewDict => return self.begin(Value::Dict(Vec::new())),
            Op::NewSet => return self.begin(Value::Set(Vec::new())),
            Op::Keep => {
                let number = self.memo.len();
                match self.open.last_mut() {
                    Some((place, slot)) if *place + 1 == self.stack.len() && *slot == usize::MAX => {
                        *slot = number;
                        self.memo.push(None);
                    }
                    _ => self.memo.push(self.stack.last().cloned()),
                }
                return Ok(());
            }
            Op::Load(slot) => match self.memo.get(*slot as usize) {
                Some(Some(known)) => {
                    self.stack.push(known.clone());
                    return Ok(());
                }
                _ => return fail("it contains itself; flatten it"),
            },
            Op::Tuple(count) => return self.gather(*count, Value::Tuple),
            Op::List(count) => return self.gather(*count, Value::List),
            Op::FrozenSet(count) => return self.gather(*count, Value::FrozenSet),
            Op::Dict(count) => return self.gather(2 * count, |items| Value::Dict(pairs(items))),
            Op::Shape(count) => {
                let keys = self.stack.split_off(self.stack.len() - count);
                self.shapes.push(keys.into_iter().map(|(key, _)| key).collect());
                return Ok(());
            }
            Op::Record { shape, count } => {
                let keys = self.shapes.get(*shape as usize).cloned().unwrap_or_default();
                return self.gather(*count as usize, |values| {
                    Value::Dict(keys.into_iter().zip(values).collect())
                });
            }
            Op::Extend(count) => return self.end(*count, Value::List),
            Op::Add(count) => return self.end(*count, Value::Set),
            Op::Insert(count) => return self.end(2 * count, |items| Value::Dict(pairs(items))),
            other => {
                return fail(format!(
                    "expected data that can cross, found {}; send its fields instead",
                    kind(other)
                ));
            }
        };
        self.stack.push((value, 0));
        Ok(())
    }

    fn begin(&mut self, empty: Value) -> Result<(), ConversionError> {
        self.open.push((self.stack.len(), usize::MAX));
        self.stack.push((empty, 0));
        Ok(())
    }

    fn gather(&mut self, count: usize, make: impl FnOnce(Vec<Value>) -> Value) -> Result<(), ConversionError> {
        let items = self.stack.split_off(self.stack.len() - count);
        let depth = items.iter().map(|(_, depth)| depth + 1).max().unwrap_or(1);
        if depth > MAX_DEPTH + 1 {
            return fail(format!(
                "nested deeper than {MAX_DEPTH} levels; make it flatter, or send it in parts"
            ));
        }
        let items = items.into_iter().map(|(item, _)| item).collect();
        self.stack.push((make(items), depth));
        Ok(())
    }

    fn end(&mut self, count: usize, make: impl FnOnce(Vec<Value>) -> Value) -> Result<(), ConversionError> {
        self.gather(count, make)?;
        let made = self.stack.pop().unwrap_or_default();
        let (_, slot) = self.open.pop().unwrap_or_default();
        self.stack.pop();
        if let Some(number) = self.memo.get_mut(slot) {
            *number = Some(made.clone());
        }
        self.stack.push(made);
        Ok(())
    }
}

impl Reader {
    /// Names the way to what is at that place of the stack: whatever takes it off, it is a part of.
    fn locate<'a>(
        &self,
        mut error: ConversionError,
        mut place: usize,
        rest: impl Iterator<Item = &'a Op>,
    ) -> ConversionError {
        let mut height = place + 1;
        for op in rest {
            let (taken, given) = op.effect();
            let base = height.saturating_sub(taken);
            height = base + given;
            if base > place {
                continue;
            }
            let index = place - base;
            place = base;
            // Counted from the first part; what is below it is the container itself.
            let part = match op {
                Op::Tuple(_) | Op::List(_) | Op::FrozenSet(_) | Op::Dict(_) | Op::Record { .. } => Some(index),
                Op::Extend(_) | Op::Add(_) | Op::Insert(_) | Op::Instance(_) | Op::Attributes(_) => {
                    index.checked_sub(1)
                }
                _ => None,
            };
            let Some(part) = part else {
                continue;
            };
            let key = || self.stack.get(base + index - 1).map(|(key, _)| key);
            error = match op {
                Op::Tuple(_) | Op::List(_) | Op::Extend(_) => error.at_index(part),
                Op::FrozenSet(_) | Op::Add(_) => error.at_member(),
                Op::Record { shape, .. } => match self.shapes.get(*shape as usize).and_then(|keys| keys.get(part)) {
                    Some(key) => at_key(error, key),
                    None => error,
                },
                _ if part % 2 == 0 => error.at_keys(),
                _ => match key() {
                    Some(key) => at_key(error, key),
                    None => error,
                },
            };
        }
        error
    }
}

fn pairs(items: Vec<Value>) -> Vec<(Value, Value)> {
    let mut items = items.into_iter();
    std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect()
}

fn fail<T>(message: impl Into<String>) -> Result<T, ConversionError> {
    Err(ConversionError::new(message))
}

fn kind(op: &Op) -> String {
    match op {
        Op::Global(global) => match &*global.module {
            "builtins" => global.name.to_string(),
            module => format!("{module}.{}", global.name),
        },
        Op::Module(name) => format!("the module {name}"),
        Op::Fragment(fragment) if matches!(fragment.root, Root::Class(_)) => "an instance of a class".to_owned(),
        Op::Function(_) | Op::Cell(_) | Op::Fragment(_) => "a function".to_owned(),
        Op::Code(_) => "code".to_owned(),
        Op::Range => "range".to_owned(),
        Op::Slice => "slice".to_owned(),
        Op::Ellipsis => "...".to_owned(),
        Op::NotImplemented => "NotImplemented".to_owned(),
        _ => "an instance of a class".to_owned(),
    }
}
