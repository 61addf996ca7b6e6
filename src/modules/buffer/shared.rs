//! `ungil.SharedBuffer`.

use std::{
    cell::RefCell,
    ops::Range,
    rc::{Rc, Weak},
    sync::Arc,
};

use rustpython_vm::{
    AsObject, FromArgs, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, atomic_func,
    builtins::{PyBaseExceptionRef, PyInt, PyMemoryView, PySlice, PyType},
    class::PyClassImpl,
    class_or_notimplemented,
    common::hash::PyHash,
    function::{FuncArgs, PyComparisonValue},
    protocol::{BufferFlags, PyBuffer, PyMappingMethods, PySequenceMethods},
    pyclass,
    types::{AsBuffer, AsMapping, AsSequence, Comparable, Constructor, Hashable, PyComparisonOp, Representable},
};

use super::view::{self, Source};
use crate::{
    bridge,
    buffer::{Access, Conflict, Memory, Part, PatientPark, Refused},
    modules::sync::parker,
    value::{Handle, Shared},
};

/// Memory that is shared: when it crosses to another interpreter, nothing is copied, and it is the same memory there. Any
/// number of views can read it, or one can write it; another is refused with BufferError. Parts made by split() do not
/// disturb one another, so several interpreters can write one each.
#[pyclass(module = "ungil", name = "SharedBuffer")]
#[derive(Debug, PyPayload)]
pub(super) struct PySharedBuffer {
    part: Rc<RefCell<Option<Arc<Part>>>>,
}

/// What an object holds, until its interpreter ends.
type HeldPart = RefCell<Option<Arc<Part>>>;

thread_local! {
    /// What objects of this thread's interpreter hold: memory must not stay because an object was never freed.
    static HELD: RefCell<Vec<Weak<HeldPart>>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn release_parts() {
    for held in HELD.take().iter().filter_map(Weak::upgrade) {
        held.take();
    }
}

pub(super) fn register() {
    let _class = PySharedBuffer::make_static_type();
    bridge::register_face_where::<PySharedBuffer>(|zelf| zelf.part.borrow().clone().map(Handle::new));
}

impl Shared for Part {
    fn kind(&self) -> &'static str {
        "SharedBuffer"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        register();
        Ok(PySharedBuffer::holding(self).into_pyobject(vm))
    }
}

impl PySharedBuffer {
    fn holding(part: Arc<Part>) -> Self {
        let part = Rc::new(RefCell::new(Some(part)));
        HELD.with_borrow_mut(|all| {
            if all.len() == all.capacity() {
                all.retain(|held| held.strong_count() > 0);
            }
            all.push(Rc::downgrade(&part));
        });
        Self { part }
    }

    fn part(&self, vm: &VirtualMachine) -> PyResult<Arc<Part>> {
        let part = self.part.borrow().clone();
        part.ok_or_else(|| vm.new_value_error("operation on a SharedBuffer that was released"))
    }

    fn export(&self, access: Option<Access>, vm: &VirtualMachine) -> PyResult<Source> {
        let part = self.part(vm)?;
        let park = |deadline| -> PatientPark<'_, PyBaseExceptionRef> { Box::new(parker(vm, Some(deadline))) };
        let view = match access {
            Some(access) => part.view(access, park),
            None => part.best_view(park),
        };
        view.map(Source::View).map_err(|refused| match refused {
            Refused::InUse(conflict) => in_use(conflict, vm),
            Refused::Interrupted(exception) => exception,
        })
    }

    /// Does something for which no view is needed. If another interpreter has one just now, waits a moment for it.
    fn patiently<R>(
        &self,
        access: Access,
        vm: &VirtualMachine,
        mut act: impl FnMut() -> Result<R, Conflict>,
    ) -> PyResult<R> {
        if let Ok(result) = act() {
            return Ok(result);
        }
        let _mine = self.export(Some(access), vm)?;
        act().map_err(|conflict| in_use(conflict, vm))
    }

    fn len(&self) -> usize {
        self.part.borrow().as_ref().map_or(0, |part| part.len())
    }

    fn get_item(&self, needle: &PyObject, vm: &VirtualMachine) -> PyResult {
        let part = self.part(vm)?;
        let read = |range: Range<usize>, look: &dyn Fn(&[u8]) -> PyObjectRef| {
            self.patiently(Access::Read, vm, || part.read(range.clone(), look))
        };
        match Place::of(needle, part.len(), vm)? {
            Place::Byte(index) => read(index..index + 1, &|bytes| vm.ctx.new_int(bytes[0]).into()),
            Place::Slice { range, step, count } => read(range, &|bytes| {
                let bytes: Vec<u8> = offsets(bytes.len(), step, count).map(|offset| bytes[offset]).collect();
                vm.ctx.new_bytes(bytes).into()
            }),
        }
    }

    fn set_item(&self, needle: &PyObject, value: Option<PyObjectRef>, vm: &VirtualMachine) -> PyResult<()> {
        let value = value.ok_or_else(|| vm.new_type_error("cannot delete bytes of a SharedBuffer"))?;
        let part = self.part(vm)?;
        match Place::of(needle, part.len(), vm)? {
            Place::Byte(index) => {
                let byte = value.try_index(vm)?.try_to_primitive::<u8>(vm);
                let byte = byte.map_err(|_| vm.new_value_error("byte must be in range(0, 256)"))?;
                self.patiently(Access::Write, vm, || {
                    part.write(index..index + 1, |bytes| bytes[0] = byte)
                })
            }
            Place::Slice { range, step, count } => {
                // Copied first: it may be a view of this very memory.
                let source = value.try_bytes_like(vm, |bytes| bytes.to_vec())?;
                if source.len() != count {
                    let message = format!("cannot assign {} bytes to a slice of {count}", source.len());
                    return Err(vm.new_value_error(message));
                }
                let assign = |bytes: &mut [u8]| {
                    for (offset, byte) in offsets(bytes.len(), step, count).zip(&source) {
                        bytes[offset] = *byte;
                    }
                };
                self.patiently(Access::Write, vm, || part.write(range.clone(), assign))
            }
        }
    }
}

fn in_use(conflict: Conflict, vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_buffer_error(match conflict {
        Conflict::Own => "a view of this memory is in use here; release it first, or split() the buffer into parts",
        Conflict::Foreign => {
            "another interpreter has a view of this memory; release it there first, or split() the buffer into parts"
        }
    })
}

/// What an index points to.
enum Place {
    Byte(usize),
    Slice {
        range: Range<usize>,
        step: isize,
        count: usize,
    },
}

impl Place {
    fn of(needle: &PyObject, len: usize, vm: &VirtualMachine) -> PyResult<Self> {
        if let Some(slice) = needle.downcast_ref::<PySlice>() {
            let (range, step, count) = slice.to_saturated(vm)?.adjust_indices(len);
            return Ok(Self::Slice { range, step, count });
        }
        let index: isize = needle.try_index(vm)?.try_to_primitive(vm)?;
        let from_start = if index < 0 { index + len as isize } else { index };
        let found = usize::try_from(from_start).ok().filter(|index| *index < len);
        found
            .map(Self::Byte)
            .ok_or_else(|| vm.new_index_error("index out of range"))
    }
}

/// Where the bytes of a slice are, within its range.
fn offsets(len: usize, step: isize, count: usize) -> impl Iterator<Item = usize> {
    let stride = step.unsigned_abs();
    (0..count).map(move |index| {
        if step > 0 {
            index * stride
        } else {
            len - 1 - index * stride
        }
    })
}

impl Constructor for PySharedBuffer {
    type Args = (PyObjectRef,);

    fn py_new(_class: &Py<PyType>, (content,): Self::Args, vm: &VirtualMachine) -> PyResult<Self> {
        let bytes = if content.downcastable::<PyInt>() {
            let size: isize = content.try_index(vm)?.try_to_primitive(vm)?;
            usize::try_from(size)
                .map_err(|_| vm.new_value_error("the size of a SharedBuffer must not be negative"))
                .map(Err)
        } else {
            content.try_bytes_like(vm, |bytes| bytes.to_vec()).map(Ok)
        }?;
        let len = bytes.as_ref().map_or_else(|size| *size, Vec::len);
        let memory = Memory::zeroed(len).ok_or_else(|| vm.new_memory_error(format!("no room for {len} bytes")))?;
        let part = Part::whole(memory);
        if let Ok(bytes) = bytes {
            let filled = part.write(0..len, |to| to.copy_from_slice(&bytes));
            filled.map_err(|conflict| in_use(conflict, vm))?;
        }
        Ok(Self::holding(Arc::new(part)))
    }
}

#[derive(FromArgs)]
struct ViewArgs {
    #[pyarg(any, default = false)]
    readonly: bool,
}

#[pyclass(
    with(AsBuffer, AsMapping, AsSequence, Comparable, Constructor, Hashable, Representable),
    flags(HAS_WEAKREF)
)]
impl PySharedBuffer {
    /// A memoryview that can write, which excludes every other view; or one of many that read only.
    #[pymethod]
    fn view(zelf: &Py<Self>, args: ViewArgs, vm: &VirtualMachine) -> PyResult<PyRef<PyMemoryView>> {
        let access = if args.readonly { Access::Read } else { Access::Write };
        view::memoryview(zelf.export(Some(access), vm)?, vm)
    }

    /// As many parts that lie side by side in the same memory, of nearly the same size. Views of one part do not exclude
    /// views of another.
    #[pymethod]
    fn split(zelf: &Py<Self>, n: isize, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
        let count = usize::try_from(n).ok().filter(|count| *count > 0);
        let count = count.ok_or_else(|| vm.new_value_error("a buffer is split into 1 part or more"))?;
        let parts = zelf.part(vm)?.split(count);
        Ok(parts
            .into_iter()
            .map(|part| Self::holding(Arc::new(part)).into_pyobject(vm))
            .collect())
    }

    /// A copy of the bytes.
    #[pymethod]
    fn tobytes(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
        let part = zelf.part(vm)?;
        zelf.patiently(Access::Read, vm, || part.read(0..part.len(), <[u8]>::to_vec))
    }

    /// How many bytes there are.
    #[pygetset]
    fn nbytes(zelf: &Py<Self>) -> usize {
        zelf.len()
    }

    /// Lets go of the memory. It is freed when nobody holds it any more, here or elsewhere; views stay valid.
    #[pymethod]
    fn release(zelf: &Py<Self>) {
        let part = zelf.part.take();
        drop(part);
    }

    #[pymethod]
    fn __enter__(zelf: PyRef<Self>) -> PyRef<Self> {
        zelf
    }

    #[pymethod]
    fn __exit__(zelf: &Py<Self>, _args: FuncArgs) {
        Self::release(zelf);
    }

    #[pymethod]
    fn __reduce__(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        Err(vm.new_type_error("cannot pickle 'ungil.SharedBuffer' object"))
    }
}

impl AsBuffer for PySharedBuffer {
    const RELEASE_BUFFER: bool = true;

    fn slot_as_buffer(zelf: &PyObject, flags: BufferFlags, vm: &VirtualMachine) -> PyResult<PyBuffer> {
        let zelf = zelf
            .downcast_ref::<Self>()
            .ok_or_else(|| vm.new_type_error("unexpected payload for as_buffer"))?;
        let access = if flags.is_writable() {
            Some(Access::Write)
        } else if flags == BufferFlags::FULL_RO {
            // A memoryview, which is to be written through if that is possible.
            None
        } else {
            Some(Access::Read)
        };
        Ok(view::buffer(zelf.export(access, vm)?, vm))
    }

    fn as_buffer(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyBuffer> {
        Ok(view::buffer(zelf.export(None, vm)?, vm))
    }
}

impl AsMapping for PySharedBuffer {
    fn as_mapping() -> &'static PyMappingMethods {
        static METHODS: PyMappingMethods = PyMappingMethods {
            length: atomic_func!(|mapping, _| Ok(PySharedBuffer::mapping_downcast(mapping).len())),
            subscript: atomic_func!(|mapping, needle, vm| {
                PySharedBuffer::mapping_downcast(mapping).get_item(needle, vm)
            }),
            ass_subscript: atomic_func!(|mapping, needle, value, vm| {
                PySharedBuffer::mapping_downcast(mapping).set_item(needle, value, vm)
            }),
        };
        &METHODS
    }
}

impl AsSequence for PySharedBuffer {
    fn as_sequence() -> &'static PySequenceMethods {
        static METHODS: PySequenceMethods = PySequenceMethods {
            length: atomic_func!(|sequence, _| Ok(PySharedBuffer::sequence_downcast(sequence).len())),
            item: atomic_func!(|sequence, index, vm| {
                let index: PyObjectRef = vm.ctx.new_int(index).into();
                PySharedBuffer::sequence_downcast(sequence).get_item(&index, vm)
            }),
            ..PySequenceMethods::NOT_IMPLEMENTED
        };
        &METHODS
    }
}

impl PySharedBuffer {
    /// The same for all objects that are this part of this memory.
    fn place(&self) -> (usize, usize) {
        self.part
            .borrow()
            .as_ref()
            .map_or((0, 0), |part| (part.address(), part.len()))
    }
}

impl Comparable for PySharedBuffer {
    fn cmp(zelf: &Py<Self>, other: &PyObject, op: PyComparisonOp, _vm: &VirtualMachine) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            let other = class_or_notimplemented!(Self, other);
            Ok((zelf.place() == other.place()).into())
        })
    }
}

impl Hashable for PySharedBuffer {
    fn hash(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<PyHash> {
        Ok(zelf.place().0 as PyHash)
    }
}

impl Representable for PySharedBuffer {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        if zelf.part.borrow().is_none() {
            return Ok("<ungil.SharedBuffer released>".to_owned());
        }
        Ok(format!(
            "<ungil.SharedBuffer of {} bytes at {:#x}>",
            zelf.len(),
            zelf.get_id()
        ))
    }
}
