//! What computes for Python's `ssl`: the process's provider of cryptography, which is one for all interpreters.

use std::sync::LazyLock;

use rustls::crypto::ring;
use rustpython_vm::{
    Context, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
    host_env::ssl::providers::CryptoExt,
};

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

/// Installs the provider. Gives the definition of `_ssl` back, or one that cannot be imported if the host installed a
/// provider of its own before: the VM's would panic when it is used, because it learns about a provider only by installing it.
pub(super) fn provide(ctx: &Context, original: &'static PyModuleDef) -> &'static PyModuleDef {
    if *IS_OURS {
        return original;
    }
    let definition = Box::leak(Box::new(PyModuleDef {
        name: ctx.intern_str("_ssl"),
        doc: None,
        methods: &[],
        slots: Default::default(),
    }));
    definition.slots.exec = Some(refuse);
    definition
}

fn refuse(vm: &VirtualMachine, _: &Py<PyModule>) -> PyResult<()> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    // It was put there before it was filled, and half a module is not to be found.
    let _ = modules.del_item("_ssl", vm);
    let message = "ssl is not available: the program installed a rustls provider of its own before its first interpreter; \
                   build one interpreter before that";
    Err(vm.new_import_error(message, vm.ctx.new_utf8_str("_ssl")))
}
