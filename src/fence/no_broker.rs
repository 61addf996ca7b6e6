//! Where descriptors belong to the whole process, there is nothing to hand over.

use std::io;

pub(super) struct Broker;

impl Broker {
    pub(super) fn new() -> io::Result<(Self, ())> {
        Ok((Self, ()))
    }

    pub(super) fn guest_number(&self) -> i32 {
        -1
    }
}
