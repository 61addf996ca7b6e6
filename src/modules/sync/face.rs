//! What the Python objects of this folder have in common.

use std::{cell::RefCell, sync::Arc};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::PyDictRef,
    class::{PyClassImpl, StaticType},
    common::hash::PyHash,
    pyclass,
};

use crate::{
    bridge,
    value::{Handle, Shared},
};

/// The core of an object; none before `__init__` has run.
#[derive(Debug)]
pub(super) struct Core<T>(RefCell<Option<Arc<T>>>);

impl<T> Core<T> {
    pub(super) fn of(core: Arc<T>) -> Self {
        Self(RefCell::new(Some(core)))
    }

    pub(super) fn empty() -> Self {
        Self(RefCell::new(None))
    }

    pub(super) fn set(&self, core: Arc<T>) {
        // The old one is dropped outside the borrow.
        let old = self.0.replace(Some(core));
        drop(old);
    }

    pub(super) fn get(&self) -> Option<Arc<T>> {
        self.0.borrow().clone()
    }
}

/// A Python object that stands for something shared.
#[pyclass]
pub(super) trait SharedFace: PyPayload + PyClassImpl + StaticType + std::fmt::Debug {
    type Core: Shared;

    fn core(&self) -> &Core<Self::Core>;

    /// What the object has beyond its core, if anything.
    fn extra(&self) -> Option<PyObjectRef> {
        None
    }

    /// False for one whose parts cannot be shared.
    fn can_cross(&self) -> bool {
        true
    }

    fn with_core(core: Arc<Self::Core>) -> Self;

    /// The core, or the error of an object whose `__init__` was overridden and not called.
    fn ready(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Arc<Self::Core>> {
        zelf.core().get().ok_or_else(|| {
            let class = zelf.class().name().to_string();
            vm.new_runtime_error(format!("{class}.__init__() not called"))
        })
    }

    /// Makes the class known on this thread.
    fn register() {
        let _class = Self::make_static_type();
        bridge::register_face_where::<Self>(|zelf| {
            let plain = zelf.class().is(Self::static_type())
                && zelf.extra().is_none()
                && zelf.can_cross()
                && attributes(zelf.as_object()).is_none();
            zelf.core().get().filter(|_| plain).map(Handle::new)
        });
    }

    /// The object that stands for `core` and nothing else.
    fn bare(core: Arc<Self::Core>, vm: &VirtualMachine) -> PyObjectRef {
        Self::register();
        Self::with_core(core).into_pyobject(vm)
    }

    /// Gives `object` the core of `bare`, if both are of this kind.
    fn adopt_object(object: &PyObject, bare: &PyObject) -> bool {
        let pair = object.downcast_ref::<Self>().zip(bare.downcast_ref::<Self>());
        let core = pair.and_then(|(object, bare)| Some((object, bare.core().get()?)));
        core.is_some_and(|(object, core)| {
            object.core().set(core);
            true
        })
    }

    fn address(&self) -> usize {
        self.core().get().map_or(0, |core| Arc::as_ptr(&core).addr())
    }

    fn hash_of(zelf: &Py<Self>) -> PyHash {
        zelf.address() as PyHash
    }

    /// Objects of subclasses and with attributes cross with what they have; plain ones never get here.
    #[pymethod]
    fn __reduce__(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        let class = zelf.class().to_owned();
        let dict = attributes(zelf.as_object());
        let extra = zelf.extra();
        if (class.is(Self::static_type()) && dict.is_none() && extra.is_none()) || !zelf.can_cross() {
            let name = class.__module__(vm)?.str(vm)?;
            return Err(vm.new_type_error(format!("cannot pickle '{name}.{}' object", class.name())));
        }
        let bare = Self::bare(Self::ready(&zelf, vm)?, vm);
        let adopt = vm.import("_ungil", 0)?.get_attr("_adopt", vm)?;
        let args = vm.ctx.new_tuple(vec![class.into(), bare, vm.unwrap_or_none(extra)]);
        let state = vm.unwrap_or_none(dict.map(Into::into));
        Ok(vm.ctx.new_tuple(vec![adopt, args.into(), state]).into())
    }

    #[pymethod]
    fn _at_fork_reinit(zelf: &Py<Self>) {
        zelf.reinit();
    }

    /// Makes it as new.
    fn reinit(&self);
}

/// What `ungil.aio` makes of a wait for `object`, to be awaited in an event loop.
pub(super) fn awaitable(what: &'static str, object: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    call_aio(what, vec![object], vm)
}

/// Calls that function of `ungil.aio`.
pub(in crate::modules) fn call_aio(what: &'static str, args: Vec<PyObjectRef>, vm: &VirtualMachine) -> PyResult {
    let from = vm.ctx.new_tuple(vec![vm.ctx.new_str(what).into()]);
    let module = vm.import_from("ungil.aio", from, 0)?;
    module.get_attr(what, vm)?.call(args, vm)
}

/// The attributes that a script gave to `object`, if any.
fn attributes(object: &PyObject) -> Option<PyDictRef> {
    object.dict().filter(|dict| !dict.is_empty())
}

/// How it compares and hashes (by core), and how it comes to be on the other side.
macro_rules! shared_face {
    ($face:ident, $core:ty, $name:literal $(, $waitable:ident)?) => {
        impl crate::value::Shared for $core {
            fn kind(&self) -> &'static str {
                $name
            }

            fn materialize(
                self: std::sync::Arc<Self>,
                vm: &rustpython_vm::VirtualMachine,
            ) -> rustpython_vm::PyResult<rustpython_vm::PyObjectRef> {
                Ok(<$face as $crate::modules::sync::face::SharedFace>::bare(self, vm))
            }

            $(
                fn as_waitable(&self) -> Option<&dyn crate::control::$waitable> {
                    Some(self)
                }
            )?
        }

        impl rustpython_vm::types::Comparable for $face {
            fn cmp(
                zelf: &rustpython_vm::Py<Self>,
                other: &rustpython_vm::PyObject,
                op: rustpython_vm::types::PyComparisonOp,
                _vm: &rustpython_vm::VirtualMachine,
            ) -> rustpython_vm::PyResult<rustpython_vm::function::PyComparisonValue> {
                op.eq_only(|| {
                    let other = rustpython_vm::class_or_notimplemented!(Self, other);
                    Ok((zelf.address() == other.address()).into())
                })
            }
        }

        impl rustpython_vm::types::Hashable for $face {
            fn hash(
                zelf: &rustpython_vm::Py<Self>,
                _vm: &rustpython_vm::VirtualMachine,
            ) -> rustpython_vm::PyResult<rustpython_vm::common::hash::PyHash> {
                Ok(Self::hash_of(zelf))
            }
        }
    };
}
pub(super) use shared_face;
