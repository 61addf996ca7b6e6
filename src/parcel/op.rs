//! What a parcel is made of: instructions for a machine with a stack of objects.

use std::sync::Arc;

use malachite_bigint::BigInt;
use num_complex::Complex64;
use rustpython_vm::common::wtf8::Wtf8;

use super::{class::ClassImage, code::CodeImage, fragment::Fragment, function::FunctionImage};
use crate::value::{Handle, Value};

/// One instruction. Most push one object; what they take off the stack is said in brackets, last on top.
#[derive(Clone)]
pub(super) enum Op {
    None,
    True,
    False,
    Ellipsis,
    NotImplemented,
    Int(i64),
    BigInt(Box<BigInt>),
    Float(f64),
    Complex(Box<Complex64>),
    Str(Box<str>),
    /// A str that the sender had interned: a name.
    Name(Box<str>),
    /// A str with lone surrogates.
    Surrogates(Box<Wtf8>),
    Bytes(Box<[u8]>),
    ByteArray(Box<[u8]>),
    /// One of the kinds of `datetime`.
    Temporal(Box<Value>),
    Handle(Handle),
    Code(Arc<CodeImage>),
    /// A module, by its name.
    Module(Box<str>),
    /// What a module has under a name with dots.
    Global(Box<Global>),

    /// Gives the object on top the next number; it stays there.
    Keep,
    /// The object of that number.
    Load(u32),
    /// Takes that many objects off and pushes none: they were made anew on the way to themselves.
    Drop(usize),

    /// [items]
    Tuple(usize),
    /// [items]
    List(usize),
    /// [keys and values in turn]
    Dict(usize),
    /// [keys]: pushes nothing. They are the next shape.
    Shape(usize),
    /// [values]: a dict with the keys of that shape.
    Record {
        shape: u32,
        count: u32,
    },
    /// [items]
    FrozenSet(usize),
    /// [start, stop, step]
    Range,
    /// [start, stop, step]
    Slice,
    /// [function, instance]
    Method,
    NewList,
    NewDict,
    NewSet,
    /// [list, items]: leaves the list.
    Extend(usize),
    /// [dict, keys and values in turn]: leaves the dict.
    Insert(usize),
    /// [set, items]: leaves the set.
    Add(usize),

    /// [class, names and values in turn]: an instance, without calling `__init__`.
    Instance(usize),
    /// [class]: an instance without attributes yet.
    NewInstance,
    /// [instance, names and values in turn]: leaves the instance.
    Attributes(usize),
    /// [class, tuple]: `class.__new__(class, *tuple)`.
    New,
    /// [class, tuple, dict]: `class.__new__(class, *tuple, **dict)`.
    NewWith,
    /// [callable, tuple]: its result.
    Call,
    /// [object, state]: leaves the object.
    State,
    /// [object, setter, state]: leaves the object.
    SetState,
    /// [object, items]: leaves the object.
    Append(usize),
    /// [object, keys and values in turn]: leaves the object.
    SetItems(usize),

    /// A cell of that function's closure, empty unless the function is here already.
    Cell(Box<(u64, usize)>),
    /// [cell, object]: pushes nothing.
    FillCell,
    /// [cells]: the function without the rest, or the one that is here already.
    Function(Arc<FunctionImage>),
    /// [function, parts]: leaves the function. The bits say which parts there are.
    FillFunction(u8),
    /// [object]: pushes nothing. A name of the globals that shipped functions see.
    SetGlobal(Box<GlobalName>),
    /// [metaclass, bases, dict of the head]: the class without the rest, or the one that is here already.
    Class(Arc<ClassImage>),
    /// [class, dict of attributes]: leaves the class.
    FillClass,
    /// A function or class with all that it refers to, packed once for many parcels.
    Fragment(Arc<Fragment>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Global {
    pub(super) module: Box<str>,
    pub(super) name: Box<str>,
}

#[derive(Clone)]
pub(super) struct GlobalName {
    pub(super) globals: u64,
    pub(super) name: Box<str>,
    /// Later values have greater numbers; 0 if nobody counts.
    pub(super) version: u64,
}

impl Op {
    /// How many objects it takes off the stack, and how many it leaves there instead.
    pub(super) fn effect(&self) -> (usize, usize) {
        match self {
            Self::Keep => (0, 0),
            Self::Drop(count) => (*count, 0),
            Self::Tuple(count) | Self::List(count) | Self::FrozenSet(count) => (*count, 1),
            Self::Dict(count) => (2 * count, 1),
            Self::Shape(count) => (*count, 0),
            Self::Record { count, .. } => (*count as usize, 1),
            Self::Range | Self::Slice | Self::NewWith | Self::SetState | Self::Class(_) => (3, 1),
            Self::Method | Self::New | Self::Call | Self::State | Self::FillClass => (2, 1),
            Self::Extend(count) | Self::Add(count) | Self::Append(count) => (count + 1, 1),
            Self::Insert(count) | Self::Attributes(count) | Self::SetItems(count) | Self::Instance(count) => {
                (2 * count + 1, 1)
            }
            Self::NewInstance => (1, 1),
            Self::FillCell => (2, 0),
            Self::SetGlobal(_) => (1, 0),
            Self::Function(image) => (image.code.free_count(), 1),
            Self::FillFunction(mask) => (mask.count_ones() as usize + 1, 1),
            _ => (0, 1),
        }
    }

    /// How many bytes it holds beside itself, about.
    pub(super) fn payload(&self) -> usize {
        match self {
            Self::BigInt(int) => int.bits() as usize / 8 + 32,
            Self::Complex(_) => 16,
            Self::Str(text) | Self::Name(text) | Self::Module(text) => text.len(),
            Self::Surrogates(text) => text.len(),
            Self::Bytes(bytes) | Self::ByteArray(bytes) => bytes.len(),
            Self::Temporal(_) => size_of::<Value>(),
            Self::Global(global) => global.module.len() + global.name.len() + size_of::<Global>(),
            Self::SetGlobal(name) => name.name.len() + size_of::<GlobalName>(),
            Self::Cell(_) => 16,
            Self::Fragment(fragment) => fragment.size,
            // Shared with every other parcel that has the same code.
            Self::Code(_) | Self::Function(_) | Self::Class(_) | Self::Handle(_) => 64,
            _ => 0,
        }
    }
}
