//! The VM's `_sqlite3` with adapters and converters of its own for each interpreter: the VM keeps them for the thread.

use std::cell::{Cell, RefCell};

use rustpython_vm::{
    Py, PyResult, VirtualMachine,
    builtins::{PyDict, PyDictRef, PyModule, PyModuleDef},
};

thread_local! {
    static ORIGINAL: Cell<Option<&'static PyModuleDef>> = const { Cell::new(None) };
    static OURS: Cell<Option<&'static PyModuleDef>> = const { Cell::new(None) };
    /// Those of the interpreter on this thread, once it has imported the module.
    static REGISTERED: RefCell<Vec<PyDictRef>> = const { RefCell::new(Vec::new()) };
}

/// What takes the place of that definition.
pub(crate) fn module_def(original: &'static PyModuleDef) -> &'static PyModuleDef {
    ORIGINAL.set(Some(original));
    if let Some(ours) = OURS.get() {
        return ours;
    }
    let ours = Box::leak(Box::new(PyModuleDef {
        name: original.name,
        doc: original.doc,
        methods: original.methods,
        slots: Default::default(),
    }));
    ours.slots.create = original.slots.create;
    ours.slots.exec = Some(fill);
    OURS.set(Some(ours));
    ours
}

fn fill(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    let Some(exec) = ORIGINAL.get().and_then(|original| original.slots.exec) else {
        return Err(vm.new_system_error("_sqlite3 without its definition"));
    };
    exec(vm, module)?;
    release();
    for name in ["adapters", "converters"] {
        let kept = module.get_attr(name, vm)?.downcast::<PyDict>();
        let kept = kept.map_err(|_| vm.new_system_error(format!("_sqlite3.{name} is no dict")))?;
        kept.clear();
        REGISTERED.with_borrow_mut(|registered| registered.push(kept));
    }
    let tracebacks = module.get_attr("enable_callback_tracebacks", vm)?;
    tracebacks.call((false,), vm)?;
    Ok(())
}

/// Lets go of what the interpreter on this thread registered.
pub(super) fn release() {
    for kept in REGISTERED.take() {
        kept.clear();
    }
}
