//! Which objects were packed already, by identity.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use rustpython_vm::{AsObject, PyObject, PyObjectRef};

/// Addresses are spread well enough by one multiplication.
#[derive(Default)]
pub(super) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte) ^ self.0);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (number >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

pub(super) type ByAddress<T> = HashMap<usize, T, BuildHasherDefault<AddressHasher>>;

const RECENT: usize = 64;

/// The numbers of objects, in the order of their `Keep`.
pub(super) struct Memo {
    slots: ByAddress<u32>,
    /// Keeps them alive, so that no address is used twice while this packs.
    kept: Vec<PyObjectRef>,
    /// The last answers, as the keys of many dicts are the same few strings.
    recent: [(usize, u32); RECENT],
}

impl Default for Memo {
    fn default() -> Self {
        Self {
            slots: ByAddress::default(),
            kept: Vec::new(),
            recent: [(0, 0); RECENT],
        }
    }
}

impl Memo {
    pub(super) fn get(&mut self, object: &PyObject) -> Option<u32> {
        let address = object.get_id();
        let recent = &mut self.recent[(address >> 4) % RECENT];
        if recent.0 == address {
            return Some(recent.1);
        }
        let slot = *self.slots.get(&address)?;
        *recent = (address, slot);
        Some(slot)
    }

    /// The number that its `Keep` will give it.
    pub(super) fn insert(&mut self, object: &PyObject) {
        // Far fewer than 2^32 objects fit into memory at the size of this entry.
        let slot = self.kept.len() as u32;
        self.kept.push(object.to_owned());
        self.slots.insert(object.get_id(), slot);
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }
}
