//! Searches of `re` that can be interrupted.
//!
//! The engine asks now and then whether it is to go on, and gives up if not. What it then found is worth nothing, so the
//! methods that search raise what the interrupt was in its place.

use std::cell::{Cell, RefCell};

use rustpython_vm::{
    Context, Py, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyBytes, PyModule, PyModuleDef, PyStr, PyType, descriptor::PyMethodDescriptor},
    function::{Callee, FuncArgs, PyMethodDef},
    stdlib::builtin_module_defs,
    vm::thread::with_current_vm,
};

use crate::control::Control;

const MODULE: &str = "_sre";
const PATTERN_METHODS: [&str; 7] = ["match", "fullmatch", "search", "findall", "sub", "subn", "split"];
const SCANNER_METHODS: [&str; 2] = ["match", "search"];

/// What can end the search that runs.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    /// None runs, or none of ours.
    Nothing,
    /// What it looks at is borrowed and could be changed by Python code, so that none may run.
    Stops,
    /// Whatever ends Python code.
    Interrupts,
}

thread_local! {
    /// As it was defined, and as it is now. Types and names of the VM are a thread's own.
    static DEFINITIONS: Cell<Option<(&'static PyModuleDef, &'static PyModuleDef)>> = const { Cell::new(None) };
    /// The classes of this thread have the methods of ours.
    static CHANGED: Cell<bool> = const { Cell::new(false) };
    static ENDS: Cell<Ends> = const { Cell::new(Ends::Nothing) };
    /// What ended the search.
    static RAISED: RefCell<Option<PyBaseExceptionRef>> = const { RefCell::new(None) };
}

/// `_sre`, with our methods on its classes.
pub(super) fn module_def(ctx: &Context) -> &'static PyModuleDef {
    if let Some((_, ours)) = DEFINITIONS.get() {
        return ours;
    }
    rustpython_sre_engine::set_interrupt_check(is_over);
    let found = builtin_module_defs(ctx)
        .into_iter()
        .find(|def| def.name.as_str() == MODULE);
    let Some(original) = found else {
        unreachable!("the VM has no {MODULE}");
    };
    // Leaked, as its model is: once for each thread.
    let ours = Box::leak(Box::new(PyModuleDef {
        name: original.name,
        doc: original.doc,
        methods: original.methods,
        slots: Default::default(),
    }));
    ours.slots.exec = Some(fill);
    DEFINITIONS.set(Some((original, ours)));
    ours
}

fn fill(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    if let Some((original, _)) = DEFINITIONS.get()
        && let Some(exec) = original.slots.exec
    {
        exec(vm, module)?;
    }
    // The classes live as long as the thread, and so do their methods.
    if !CHANGED.replace(true) {
        for (class, methods) in [("Pattern", &PATTERN_METHODS[..]), ("SRE_Scanner", &SCANNER_METHODS)] {
            let found: PyObjectRef = module.get_attr(class, vm)?;
            let found = found.downcast::<PyType>();
            let found = found.map_err(|_| vm.new_system_error(format!("{MODULE}.{class} is no class")))?;
            let class: &'static PyRef<PyType> = Box::leak(Box::new(found));
            methods.iter().for_each(|name| replace(vm, class, name));
        }
    }
    Ok(())
}

fn replace(vm: &VirtualMachine, class: &'static Py<PyType>, name: &'static str) {
    let key = vm.ctx.intern_str(name);
    let Some(found) = class.get_attr(key) else {
        unreachable!("{name} is not there");
    };
    let Some(descriptor) = found.downcast_ref::<PyMethodDescriptor>() else {
        unreachable!("{name} is no native method");
    };
    let mut method = PyMethodDef::clone(descriptor.method);
    let original = method.func;
    // Where the subject is among the arguments, `self` counted; a scanner has it already, of whatever type.
    let subject = match name {
        "sub" | "subn" => 2,
        _ => 1,
    };
    method.func = Box::leak(Box::new(move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
        let subject = args.args.get(subject).or_else(|| args.kwargs.get("string"));
        let is_constant =
            subject.is_some_and(|subject| subject.downcastable::<PyStr>() || subject.downcastable::<PyBytes>());
        let ends = if is_constant { Ends::Interrupts } else { Ends::Stops };
        search(ends, || original(vm, args, callee))
    }));
    let method: &'static PyMethodDef = Box::leak(Box::new(method));
    class.set_attr(key, method.to_proper_method(class, &vm.ctx));
}

/// Searches, or raises what ended the search. A function that `sub` calls may search, too.
fn search(ends: Ends, body: impl FnOnce() -> PyResult) -> PyResult {
    struct Before(Ends);
    impl Drop for Before {
        fn drop(&mut self) {
            ENDS.set(self.0);
        }
    }
    let _before = Before(ENDS.replace(ends));
    let result = body();
    match RAISED.take() {
        Some(raised) => Err(raised),
        None => result,
    }
}

/// What the engine asks.
fn is_over() -> bool {
    let ends = ENDS.get();
    if ends == Ends::Nothing {
        return false;
    }
    let raised = with_current_vm(|vm| match ends {
        Ends::Interrupts => vm.check_eval_breaker().err(),
        _ => Control::current().and_then(|control| control.due_stop(vm)),
    });
    let over = raised.is_some();
    if over {
        RAISED.set(raised);
    }
    over
}
