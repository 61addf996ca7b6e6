//! The interpreter's part of the fence: native modules of which each function asks first, or is not there.
//!
//! A script can have a module made anew from its definition at any time, so it is the definition that is changed. What
//! the tables do not name is refused, and modules that they do not name cannot be imported: what a later version of the
//! VM brings has to be looked at first.

mod arguments;
mod clock;
mod files;
mod memory;
#[cfg(unix)]
mod network;
#[cfg(unix)]
mod programs;
mod tables;

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{
        PyBaseExceptionRef, PyModule, PyModuleDef, PyType,
        descriptor::{PyClassMethodDescriptor, PyMethodDescriptor},
    },
    function::{Callee, FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags, PyNativeFn},
};

use self::tables::{Module, Rule};
use super::policy::Fence;

use memory::note_foreign;
pub(crate) use memory::{forget_foreign, seal};

thread_local! {
    /// By name, the definitions of this thread: types and names of the VM are a thread's own, and so is the fence.
    static CHANGED: RefCell<HashMap<&'static str, Changed>> = RefCell::default();
    /// Where the definitions of gated methods are.
    static GATES: RefCell<HashSet<usize>> = RefCell::default();
    /// The classes whose initializer is gated, with the gate and what it had before.
    static INITS: RefCell<Vec<(&'static Py<PyType>, Init, Init)>> = RefCell::default();
}

#[derive(Clone, Copy)]
struct Changed {
    definition: &'static PyModuleDef,
    original: &'static PyModuleDef,
}

/// What takes the place of the known definitions in an interpreter behind that fence.
pub(crate) fn definitions(
    ctx: &Context,
    fence: &Arc<Fence>,
    known: impl IntoIterator<Item = &'static PyModuleDef>,
) -> Vec<&'static PyModuleDef> {
    note_foreign(ctx);
    if !fence.rules().gates {
        return Vec::new();
    }
    known.into_iter().map(|original| definition(original, fence)).collect()
}

fn definition(original: &'static PyModuleDef, fence: &Arc<Fence>) -> &'static PyModuleDef {
    let name = original.name.as_str();
    if let Some(changed) = CHANGED.with_borrow(|changed| changed.get(name).copied()) {
        return changed.definition;
    }
    let module = if fence.allows_module(name) {
        tables::module(name)
    } else {
        Module::Absent
    };
    let methods: &'static [PyMethodDef] = match module {
        Module::Free => return original,
        Module::Absent => &[],
        Module::Face(names) => {
            let names = original
                .methods
                .iter()
                .map(|method| method.name)
                .chain(names.iter().copied());
            Box::leak(names.map(|name| face(name, fence)).collect())
        }
        Module::Gated(rule) => {
            let methods = original
                .methods
                .iter()
                .map(|method| gate(method, rule(method.name), fence));
            // Once for each thread that is fenced; threads are never given up while they are sound.
            Box::leak(methods.collect())
        }
    };
    let definition = Box::leak(Box::new(PyModuleDef {
        name: original.name,
        doc: original.doc,
        methods,
        slots: Default::default(),
    }));
    definition.slots.exec = Some(match module {
        Module::Absent => refuse_module,
        _ => fill_module,
    });
    CHANGED.with_borrow_mut(|changed| changed.insert(name, Changed { definition, original }));
    definition
}

/// A function that is never there.
fn face(name: &'static str, fence: &Arc<Fence>) -> PyMethodDef {
    let method = PyMethodDef::new_raw_const(name, no_original, PyMethodFlags::EMPTY, ItemDoc::NONE);
    gate(&method, Rule::Refuse(""), fence)
}

/// The method as its rule lets it be called.
fn gate(method: &PyMethodDef, rule: Rule, fence: &Arc<Fence>) -> PyMethodDef {
    let mut gated = method.clone();
    let name = method.name;
    let original = method.func;
    let fence = fence.clone();
    gated.func = match rule {
        Rule::Free => return gated,
        Rule::Refuse(grant) => leak(move |vm: &VirtualMachine, _: FuncArgs, _: Callee| Err(refusal(vm, name, grant))),
        Rule::Ask(ask) => leak(move |vm: &VirtualMachine, mut args: FuncArgs, callee: Callee| {
            ask(vm, &fence, name, &mut args)?;
            original(vm, args, callee)
        }),
        Rule::Filter(filter) => {
            leak(move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| filter(vm, original(vm, args, callee)?))
        }
        Rule::Instead(body) => leak(move |vm: &VirtualMachine, args: FuncArgs, _: Callee| body(vm, &fence, name, args)),
    };
    gated
}

fn leak(function: impl Fn(&VirtualMachine, FuncArgs, Callee) -> PyResult + 'static) -> &'static dyn PyNativeFn {
    Box::leak(Box::new(function))
}

/// What a script gets for what it may not do. `grant` names the permission that is missing.
pub(super) fn refusal(vm: &VirtualMachine, what: &str, grant: &str) -> PyBaseExceptionRef {
    let message = if grant.is_empty() {
        format!("{what}: not possible in a sandboxed interpreter")
    } else {
        format!("{what}: needs the permission {grant}")
    };
    let class = vm.ctx.exceptions.permission_error.to_owned();
    vm.new_os_subtype_error(class, Some(1), message).upcast()
}

fn refuse_module(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    let name = module.def.map_or("module", |def| def.name.as_str());
    // It was put there before it was filled, and half a module is not to be found.
    let modules = vm.sys_module.get_attr("modules", vm)?;
    let _ = modules.del_item(name, vm);
    let message = format!("{name} cannot be imported in a sandboxed interpreter");
    Err(vm.new_import_error(message, vm.ctx.new_utf8_str(name)))
}

/// Has the original fill the module, then takes out what the tables do not let through.
fn fill_module(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    let Some(changed) = module
        .def
        .and_then(|def| CHANGED.with_borrow(|all| all.get(def.name.as_str()).copied()))
    else {
        return Err(vm.new_system_error("a sandboxed module without a definition"));
    };
    let name = changed.original.name.as_str();
    let rule = match tables::module(name) {
        Module::Gated(rule) => rule,
        Module::Face(_) => return tables::finish(vm, name, module),
        Module::Free | Module::Absent => return refuse_module(vm, module),
    };
    if let Some(exec) = changed.original.slots.exec {
        exec(vm, module)?;
    }
    let dict = module.dict();
    for (key, value) in dict.clone() {
        let Ok(attribute) = key.str(vm) else { continue };
        let attribute = attribute.to_string_lossy().into_owned();
        let is_native = changed.original.methods.iter().any(|method| method.name == attribute);
        if is_native || !value.is_callable() || value.downcast_ref::<PyType>().is_some() {
            continue;
        }
        // A function that the original put there itself, beside those of its definition.
        if !matches!(rule(&attribute), Rule::Free) {
            dict.del_item(&*key, vm)?;
        }
    }
    tables::finish(vm, name, module)
}

/// Gates a method of a native class, wherever the class is reached from. The class is the thread's, so it may be gated
/// already.
fn gate_method(vm: &VirtualMachine, class: &'static Py<PyType>, name: &str, rule: Rule, fence: &Arc<Fence>) {
    let name = vm.ctx.intern_str(name);
    let Some(found) = class.get_attr(name) else { return };
    let original = if let Some(descriptor) = found.downcast_ref::<PyMethodDescriptor>() {
        descriptor.method
    } else if let Some(descriptor) = found.downcast_ref::<PyClassMethodDescriptor>() {
        descriptor.method
    } else {
        // A gate that cannot be closed must not look as if it were.
        unreachable!("{name} of {} is no native method", class.name())
    };
    let known = std::ptr::from_ref(original).addr();
    if GATES.with_borrow(|gates| gates.contains(&known)) {
        return;
    }
    let gated: &'static PyMethodDef = Box::leak(Box::new(gate(original, rule, fence)));
    GATES.with_borrow_mut(|gates| gates.insert(std::ptr::from_ref(gated).addr()));
    class.set_attr(name, gated.to_proper_method(class, &vm.ctx));
}

/// The initializer of a native class.
type Init = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<()>;
/// Asks, and gives the arguments back as they were looked at.
type AskInit = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<FuncArgs>;

/// Has a native class ask before it initializes an instance, those of subclasses too. `gated` must call [`initialize`]
/// for the class.
fn gate_init(vm: &VirtualMachine, class: &'static Py<PyType>, gated: Init) {
    let Some(current) = class.slots().init.load() else {
        return;
    };
    if std::ptr::fn_addr_eq(current, gated) {
        return;
    }
    INITS.with_borrow_mut(|inits| inits.push((class, gated, current)));
    class.slots().init.store(Some(gated));
    let mut method = PyMethodDef::new_raw_const("__init__", no_original, PyMethodFlags::METHOD, ItemDoc::NONE);
    method.func = leak(move |vm: &VirtualMachine, mut args: FuncArgs, _: Callee| {
        let object = args.take_positional();
        match object.filter(|object| object.fast_isinstance(class)) {
            Some(object) => gated(&object, args, vm).map(|()| vm.ctx.none()),
            None => Err(vm.new_type_error(format!("__init__ needs an instance of {}", class.name()))),
        }
    });
    let method: &'static PyMethodDef = Box::leak(Box::new(method));
    let method: PyObjectRef = method.to_method(class, &vm.ctx).into_ref(&vm.ctx).into();
    class.set_attr(vm.ctx.intern_str("__init__"), method);
}

fn no_original(vm: &VirtualMachine, _: FuncArgs, _: Callee) -> PyResult {
    Err(vm.new_system_error("a gate without its function"))
}

/// Asks, then has the original initialize.
fn initialize(gated: Init, ask: AskInit, object: &PyObject, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let known = INITS.with_borrow(|inits| {
        inits
            .iter()
            .find(|(_, known, _)| std::ptr::fn_addr_eq(*known, gated))
            .copied()
    });
    let Some((_, _, original)) = known else {
        return Err(vm.new_system_error("a gate without its original"));
    };
    let args = ask(object, args, vm)?;
    original(object, args, vm)
}

fn init_file(object: &PyObject, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    initialize(init_file, files::open_file, object, args, vm)
}
