//! Shared memory in the hands of the host.

use std::{error::Error, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Access, Memory, Part};
use crate::value::{Handle, Value, deserialize_handle, serialize_handle};

/// Memory that the host and any number of interpreters share: `ungil.SharedBuffer` in Python. What crosses is a reference,
/// so a function of the host computes over what a script has put there, and nothing is copied.
///
/// Whoever reads or writes has a view as long as it does. Many can read at a time, or one can write. Parts made by
/// [`split`](Self::split) do not disturb one another, so several threads write one each at the same time.
///
/// ```
/// use ungil::{Interpreter, Module, SharedBuffer};
///
/// let pixels = Module::new("pixels").function("invert", |buffer: SharedBuffer| {
///     buffer.write(|bytes| bytes.iter_mut().for_each(|byte| *byte = !*byte))
/// });
/// let py = Interpreter::builder().module(pixels).build()?;
/// let buffer = SharedBuffer::new(4).unwrap();
/// py.set("buffer", &buffer)?;
/// py.exec("import pixels\nbuffer[1] = 250\npixels.invert(buffer)")?;
/// assert_eq!(buffer.read(|bytes| bytes.to_vec())?, [255, 5, 255, 255]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A clone is another reference to the same memory, which is freed with the last of them, in Rust and in Python.
#[derive(Clone)]
pub struct SharedBuffer(Arc<Part>);

impl SharedBuffer {
    /// Zeroed memory of that many bytes, which starts at a multiple of 64. `None` if there is not so much.
    pub fn new(len: usize) -> Option<Self> {
        Memory::zeroed(len).map(|memory| Self(Arc::new(Part::whole(memory))))
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As many parts that lie side by side in the same memory, of nearly the same size: the longer ones come first.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn split(&self, count: usize) -> Vec<Self> {
        assert!(count > 0, "a buffer is split into 1 part or more");
        self.0
            .split(count)
            .into_iter()
            .map(|part| Self(Arc::new(part)))
            .collect()
    }

    /// Calls `look` with the bytes. Others can read them meanwhile, nobody can write.
    ///
    /// # Errors
    /// If somebody has a view that writes, and keeps it for a tenth of a second.
    pub fn read<R>(&self, look: impl FnOnce(&[u8]) -> R) -> Result<R, BufferInUse> {
        let view = self.0.host_view(Access::Read).ok_or(BufferInUse)?;
        Ok(look(view.bytes()))
    }

    /// Calls `change` with the bytes, which nobody else sees meanwhile.
    ///
    /// # Errors
    /// If somebody has any view, and keeps it for a tenth of a second: the caller's own script, too.
    pub fn write<R>(&self, change: impl FnOnce(&mut [u8]) -> R) -> Result<R, BufferInUse> {
        let view = self.0.host_view(Access::Write).ok_or(BufferInUse)?;
        // SAFETY: it may write, it is on the list alone for these bytes, its owner is nobody else, and it is only used here.
        Ok(change(unsafe { view.bytes_mut() }))
    }
}

impl fmt::Debug for SharedBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBuffer({} bytes at {:#x})", self.len(), self.0.address())
    }
}

impl From<SharedBuffer> for Value {
    fn from(buffer: SharedBuffer) -> Self {
        Self::Handle(Handle::new(buffer.0))
    }
}

/// As a reference to the memory, inside values of this crate only: in other formats it is an error.
impl Serialize for SharedBuffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_handle(&Handle::new(self.0.clone()), serializer)
    }
}

impl<'de> Deserialize<'de> for SharedBuffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let handle: Handle = deserialize_handle(deserializer)?;
        let found = handle.kind();
        let part = handle.downcast::<Part>();
        part.map(Self)
            .ok_or_else(|| de::Error::custom(format_args!("expected SharedBuffer, found {found}")))
    }
}

/// Somebody else has a view of the memory and keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferInUse;

impl fmt::Display for BufferInUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a view of this memory is in use elsewhere; release it first, or split() the buffer into parts")
    }
}

impl Error for BufferInUse {}
