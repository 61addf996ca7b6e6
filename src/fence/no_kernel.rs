//! Where no kernel can fence a thread.

use std::io;

use super::policy::Fence;

/// Whether the kernel can do it; the error says what is missing.
pub(super) fn support() -> Result<(), String> {
    Err("a single thread can be fenced in on Linux only".to_owned())
}

/// Never called, as there is no support; neither is the next one.
pub(super) fn own_descriptors() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn fence_thread(_fence: &Fence) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
