//! `ungil.Counter`.

use std::sync::Arc;

use rustpython_vm::{
    AsObject, FromArgs, Py, PyPayload, PyResult, VirtualMachine,
    builtins::PyType,
    function::FuncArgs,
    protocol::PyNumberMethods,
    pyclass,
    types::{AsNumber, Comparable, Constructor, Hashable, Initializer, Representable},
};

use super::face::{Core, SharedFace, shared_face};
use crate::sync::Counter;

/// A whole number of 64 bits that is shared: when it crosses to another interpreter, it is the same number there. Each
/// method is one step for everybody, so nothing is lost when several interpreters count at once.
#[pyclass(module = "ungil", name = "Counter")]
#[derive(Debug, PyPayload)]
pub(super) struct PyCounter {
    core: Core<Counter>,
}

impl SharedFace for PyCounter {
    type Core = Counter;

    fn core(&self) -> &Core<Counter> {
        &self.core
    }

    fn with_core(core: Arc<Counter>) -> Self {
        Self { core: Core::of(core) }
    }

    fn reinit(&self) {}
}
shared_face!(PyCounter, Counter, "Counter");

#[derive(FromArgs)]
pub(super) struct MakeArgs {
    #[pyarg(any, default = 0)]
    value: i64,
}

#[derive(FromArgs)]
struct StepArgs {
    #[pyarg(any, default = 1)]
    n: i64,
}

impl Constructor for PyCounter {
    type Args = FuncArgs;

    fn py_new(_class: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self { core: Core::empty() })
    }
}

impl Initializer for PyCounter {
    type Args = MakeArgs;

    fn init(zelf: &Py<Self>, args: MakeArgs, _vm: &VirtualMachine) -> PyResult<()> {
        zelf.core.set(Counter::new(args.value));
        Ok(())
    }
}

impl Representable for PyCounter {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let value = Self::ready(zelf, vm)?.get();
        Ok(format!(
            "<{} {value}>",
            super::event::qualified_name(zelf.as_object(), vm)?
        ))
    }
}

impl AsNumber for PyCounter {
    fn as_number() -> &'static PyNumberMethods {
        static METHODS: PyNumberMethods = PyNumberMethods {
            int: Some(|number, vm| match number.obj.downcast_ref::<PyCounter>() {
                Some(counter) => Ok(vm.ctx.new_int(PyCounter::ready(counter, vm)?.get()).into()),
                None => Err(vm.new_type_error("not a Counter")),
            }),
            boolean: Some(|_, _| Ok(true)),
            ..PyNumberMethods::NOT_IMPLEMENTED
        };
        &METHODS
    }
}

impl PyCounter {
    fn change(zelf: &Py<Self>, vm: &VirtualMachine, change: impl Fn(i64) -> Option<i64>) -> PyResult<i64> {
        let old = Self::ready(zelf, vm)?.update(&change);
        old.and_then(change)
            .ok_or_else(|| vm.new_overflow_error("a Counter has 64 bits, and the result does not fit"))
    }
}

#[pyclass(
    with(AsNumber, Comparable, Constructor, Hashable, Initializer, Representable, SharedFace),
    flags(BASETYPE, HAS_WEAKREF)
)]
impl PyCounter {
    /// The number as it is now.
    #[pymethod]
    fn get(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<i64> {
        Ok(Self::ready(zelf, vm)?.get())
    }

    /// Sets the number.
    #[pymethod]
    fn set(zelf: &Py<Self>, value: i64, vm: &VirtualMachine) -> PyResult<()> {
        Self::ready(zelf, vm)?.swap(value);
        Ok(())
    }

    /// The number as it is now; can be set.
    #[pygetset]
    fn value(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<i64> {
        Self::get(zelf, vm)
    }

    #[pygetset(setter)]
    fn set_value(zelf: &Py<Self>, value: i64, vm: &VirtualMachine) -> PyResult<()> {
        Self::set(zelf, value, vm)
    }

    /// Adds n and returns the result.
    #[pymethod]
    fn add(zelf: &Py<Self>, args: StepArgs, vm: &VirtualMachine) -> PyResult<i64> {
        Self::change(zelf, vm, |value| value.checked_add(args.n))
    }

    /// Subtracts n and returns the result.
    #[pymethod]
    fn sub(zelf: &Py<Self>, args: StepArgs, vm: &VirtualMachine) -> PyResult<i64> {
        Self::change(zelf, vm, |value| value.checked_sub(args.n))
    }

    /// Sets it to value if that is more, and returns the result.
    #[pymethod]
    fn max(zelf: &Py<Self>, value: i64, vm: &VirtualMachine) -> PyResult<i64> {
        Self::change(zelf, vm, |old| Some(old.max(value)))
    }

    /// Sets it to value if that is less, and returns the result.
    #[pymethod]
    fn min(zelf: &Py<Self>, value: i64, vm: &VirtualMachine) -> PyResult<i64> {
        Self::change(zelf, vm, |old| Some(old.min(value)))
    }

    /// Sets it to value and returns what it was.
    #[pymethod]
    fn swap(zelf: &Py<Self>, value: i64, vm: &VirtualMachine) -> PyResult<i64> {
        Ok(Self::ready(zelf, vm)?.swap(value))
    }

    /// Sets it to new if it is expected. Returns whether it was.
    #[pymethod]
    fn compare_and_set(zelf: &Py<Self>, expected: i64, new: i64, vm: &VirtualMachine) -> PyResult<bool> {
        Ok(Self::ready(zelf, vm)?.compare_and_set(expected, new))
    }
}
