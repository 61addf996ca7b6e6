//! Between Python objects and data: values both ways, exceptions to data and back.
//!
//! Everything here runs on an interpreter's own thread, under its VM.

mod exception;
mod exceptions;
mod face;
mod from_python;
mod sources;
mod temporal;
mod to_python;

pub(crate) use exception::{exception_to_error, frame_data};
pub(crate) use exceptions::{Exceptions, exceptions, raise};
pub(crate) use face::{handle_of, register_face, register_face_where};
pub(crate) use from_python::{FromPythonError, check_message_size, from_python, limit_messages};
pub(crate) use sources::Sources;
pub(crate) use temporal::exact as temporal_of;
pub(crate) use to_python::to_python;
