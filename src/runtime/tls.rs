//! What computes for Python's `ssl`: the process's provider of cryptography, which is one for all interpreters.

use std::{cell::Cell, sync::LazyLock};

use rustls::crypto::ring;
use rustpython_vm::{
    Context, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyType, descriptor::PyMethodDescriptor},
    function::{Callee, FuncArgs, PyMethodDef, PyNativeFn},
    host_env::ssl::providers::CryptoExt,
};

/// Methods that read files, and which of their arguments name them.
const PATHS: [(&str, [(usize, &str); 2]); 2] = [
    ("load_cert_chain", [(0, "certfile"), (1, "keyfile")]),
    ("load_verify_locations", [(0, "cafile"), (1, "capath")]),
];

thread_local! {
    static ORIGINAL: Cell<Option<&'static PyModuleDef>> = const { Cell::new(None) };
    static OURS: Cell<Option<&'static PyModuleDef>> = const { Cell::new(None) };
    /// Whether this thread's class takes paths already.
    static TAKES_PATHS: Cell<bool> = const { Cell::new(false) };
}

/// Whether the provider is ours, found out with the first interpreter.
static IS_OURS: LazyLock<bool> = LazyLock::new(|| {
    let extension = CryptoExt {
        all_cipher_suites: Some(ring::ALL_CIPHER_SUITES),
        default_cipher_suites: Some(ring::DEFAULT_CIPHER_SUITES),
        all_kx_groups: Some(ring::ALL_KX_GROUPS),
        any_supported_key: Some(ring::sign::any_supported_type),
        ticketer: ring::Ticketer::new,
    };
    let provider = ring::default_provider();
    let installed = CryptoExt::set_provider(provider, extension);
    if let Err(error) = &installed {
        tracing::warn!(%error, "scripts cannot import ssl");
    }
    installed.is_ok()
});

/// Installs the provider. Gives what takes the place of the definition of `_ssl`: one whose methods take paths as objects,
/// or one that cannot be imported if the host installed a provider of its own before. The VM's would panic then, because it
/// learns about a provider only by installing it.
pub(super) fn provide(ctx: &Context, original: &'static PyModuleDef) -> &'static PyModuleDef {
    ORIGINAL.set(Some(original));
    if let Some(ours) = OURS.get() {
        return ours;
    }
    let ours = Box::leak(Box::new(PyModuleDef {
        name: ctx.intern_str("_ssl"),
        doc: None,
        methods: if *IS_OURS { original.methods } else { &[] },
        slots: Default::default(),
    }));
    ours.slots.exec = Some(if *IS_OURS { fill } else { refuse });
    OURS.set(Some(ours));
    ours
}

fn refuse(vm: &VirtualMachine, _: &Py<PyModule>) -> PyResult<()> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    // It was put there before it was filled, and half a module is not to be found.
    let _ = modules.del_item("_ssl", vm);
    let message = "ssl is not available: the program installed a rustls provider of its own before its first interpreter; \
                   build one interpreter before that";
    Err(vm.new_import_error(message, vm.ctx.new_utf8_str("_ssl")))
}

fn fill(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    let Some(exec) = ORIGINAL.get().and_then(|original| original.slots.exec) else {
        return Err(vm.new_system_error("_ssl without its definition"));
    };
    exec(vm, module)?;
    if TAKES_PATHS.replace(true) {
        return Ok(());
    }
    let class = module.get_attr("_SSLContext", vm)?.downcast::<PyType>();
    let class = class.map_err(|_| vm.new_system_error("_ssl._SSLContext is no class"))?;
    // It is a static of its thread.
    let class: &'static Py<PyType> = Box::leak(Box::new(class));
    for (name, paths) in &PATHS {
        take_paths(vm, class, name, paths)?;
    }
    Ok(())
}

/// Has a method of the class take objects with `__fspath__`, as CPython's does.
fn take_paths(
    vm: &VirtualMachine,
    class: &'static Py<PyType>,
    name: &str,
    paths: &'static [(usize, &'static str)],
) -> PyResult<()> {
    let name = vm.ctx.intern_str(name);
    let found = class.get_attr(name);
    let Some(method) = found
        .as_deref()
        .and_then(|found| found.downcast_ref::<PyMethodDescriptor>())
    else {
        return Err(vm.new_system_error(format!("_SSLContext.{name} is no method")));
    };
    let original = method.method.func;
    let body = move |vm: &VirtualMachine, mut args: FuncArgs, callee: Callee| {
        for (index, keyword) in paths {
            // The object itself comes first.
            make_plain(vm, &mut args, index + 1, keyword)?;
        }
        original(vm, args, callee)
    };
    let mut ours: PyMethodDef = method.method.clone();
    let body: &'static dyn PyNativeFn = Box::leak(Box::new(body));
    ours.func = body;
    let ours: &'static PyMethodDef = Box::leak(Box::new(ours));
    class.set_attr(name, ours.to_proper_method(class, &vm.ctx));
    Ok(())
}

fn make_plain(vm: &VirtualMachine, args: &mut FuncArgs, index: usize, keyword: &str) -> PyResult<()> {
    let by_name = args
        .kwargs
        .iter_mut()
        .find(|(known, _)| known.to_string_lossy() == keyword);
    let slot = args.args.get_mut(index).or(by_name.map(|(_, value)| value));
    if let Some(slot) = slot
        && let Some(method) = slot.class().get_attr(vm.ctx.intern_str("__fspath__"))
    {
        *slot = method.call((slot.clone(),), vm)?;
    }
    Ok(())
}
