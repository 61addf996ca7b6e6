//! Records: dicts with the same keys in the same order. The keys are packed once for all of them, as a shape, and each dict
//! is no more than its values.

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyRef, PyResult,
    builtins::{PyDict, PyStr},
};

use super::{
    error::Packing,
    frame::Frame,
    memo::ByAddress,
    op::Op,
    pack::{Packer, UNSHARED},
    unpack::Machine,
};

/// Dicts with more entries are packed one by one: they are rarely many.
const MOST_KEYS: usize = 16;
/// How many shapes a parcel can have.
const MOST_SHAPES: usize = 256;

type Entries = Vec<(PyObjectRef, PyObjectRef)>;

/// The shapes that a packer has met.
#[derive(Default)]
pub(super) struct Shapes {
    known: Vec<Shape>,
    by_keys: ByAddress<usize>,
    /// The one that was met last.
    last: usize,
    /// How many are in the parcel.
    defined: u32,
    /// For its memory.
    entries: Entries,
}

struct Shape {
    /// They stay alive with this, so that no address is used twice.
    keys: Vec<PyObjectRef>,
    /// Its number in the parcel, from the second dict on.
    number: Option<u32>,
}

impl Shape {
    fn fits(&self, entries: &Entries) -> bool {
        self.keys.len() == entries.len() && self.keys.iter().zip(entries).all(|(key, (own, _))| key.is(own))
    }
}

impl Shapes {
    /// The place of the shape that these entries have; `None` if it is new.
    fn find(&mut self, entries: &Entries) -> Option<usize> {
        if self.known.get(self.last).is_some_and(|shape| shape.fits(entries)) {
            return Some(self.last);
        }
        let mixed = entries.iter().fold(entries.len(), |mixed, (key, _)| {
            mixed.rotate_left(7) ^ key.get_id().wrapping_mul(0x9e37_79b9)
        });
        match self.by_keys.get(&mixed) {
            Some(&place) => {
                self.last = place;
                self.known[place].fits(entries).then_some(place)
            }
            None => {
                if self.known.len() < MOST_SHAPES {
                    self.last = self.known.len();
                    self.by_keys.insert(mixed, self.last);
                    let keys = entries.iter().map(|(key, _)| key.clone()).collect();
                    self.known.push(Shape { keys, number: None });
                }
                None
            }
        }
    }
}

impl Packer<'_> {
    /// Packs a dict that nothing else refers to as a record; false if it is none.
    pub(super) fn record(&mut self, dict: &Py<PyDict>) -> Packing<bool> {
        let mut entries = std::mem::take(&mut self.shapes.entries);
        entries.clear();
        let shape = match self.read(dict, &mut entries) {
            true => self.shapes.find(&entries),
            false => None,
        };
        let Some(shape) = shape else {
            self.shapes.entries = entries;
            return Ok(false);
        };
        let (shape, count) = (self.shape(shape)?, entries.len() as u32);
        for index in 0..entries.len() {
            let value = &entries[index].1;
            if !self.leaf(value, value.strong_count() > UNSHARED) {
                let rest = entries.split_off(index);
                self.shapes.entries = entries;
                self.frames.push(Frame::Record {
                    entries: rest.into_iter(),
                    key: None,
                    shape,
                    count,
                });
                return Ok(true);
            }
        }
        self.emit(Op::Record { shape, count });
        self.shapes.entries = entries;
        Ok(true)
    }

    /// Takes the entries of a dict, if they could be those of others, too.
    fn read(&self, dict: &Py<PyDict>, entries: &mut Entries) -> bool {
        let text = self.vm.ctx.types.str_type;
        if !(1..=MOST_KEYS).contains(&dict.__len__()) {
            return false;
        }
        let mut position = 0;
        while let Some((next, key, value)) = dict.next_entry(position) {
            // What no other dict refers to is no other dict's key.
            if !key.class().is(text) || key.strong_count() <= UNSHARED {
                return false;
            }
            entries.push((key, value));
            position = next;
        }
        true
    }

    /// Its number in the parcel.
    fn shape(&mut self, place: usize) -> Packing<u32> {
        if let Some(number) = self.shapes.known[place].number {
            return Ok(number);
        }
        let keys = self.shapes.known[place].keys.clone();
        let count = keys.len();
        for key in keys {
            self.visit(&key, true)?;
        }
        self.emit(Op::Shape(count));
        let number = self.shapes.defined;
        self.shapes.defined += 1;
        self.shapes.known[place].number = Some(number);
        Ok(number)
    }
}

impl Machine<'_> {
    pub(super) fn define_shape(&mut self, count: usize) -> PyResult<()> {
        let keys = self.take(count)?;
        let keys: Vec<PyRef<PyStr>> = keys.into_iter().map(|key| self.cast(key)).collect::<PyResult<_>>()?;
        self.shapes.push(keys);
        Ok(())
    }

    pub(super) fn record(&mut self, shape: u32) -> PyResult<()> {
        let damaged = || self.damaged();
        let keys = self.shapes.get(shape as usize).ok_or_else(damaged)?;
        let start = self.stack.len().checked_sub(keys.len()).ok_or_else(damaged)?;
        let dict = self.vm.ctx.new_dict();
        for (key, value) in keys.iter().zip(self.stack.drain(start..)) {
            dict.inner_setitem(&**key, value, self.vm)?;
        }
        self.stack.push(dict.into());
        Ok(())
    }
}
