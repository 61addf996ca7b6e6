//! What every interpreter can import: native modules and the frozen standard library, ours before upstream's.

use rustpython_vm::{Context, builtins::PyModuleDef, frozen::FrozenModule};

use crate::{host, modules};

/// Changes with the files under `stdlib/`, which the macro below reads behind the compiler's back.
const _: &str = env!("UNGIL_STDLIB_STAMP");

/// Native modules; ours come last and so win.
pub(super) fn native(ctx: &Context) -> Vec<&'static PyModuleDef> {
    let mut definitions = rustpython_stdlib::stdlib_module_defs(ctx);
    definitions.extend(modules::definitions(ctx));
    definitions
}

/// Lets go of what native modules hold for the interpreter that ended on this thread.
pub(super) fn retire() {
    modules::retire();
    host::abandon();
}

/// Takes back what native modules hold for the interpreter of that number, whose thread does not come back.
pub(super) fn revoke(interpreter: u64) {
    modules::revoke(interpreter);
}

/// Python modules that are compiled into the binary; ours come last and so win.
pub(super) fn frozen() -> Vec<(&'static str, FrozenModule)> {
    let ours = rustpython_vm::py_freeze!(dir = "../../stdlib");
    let dev = std::env::var("UNGIL_DEV_STDLIB").unwrap_or_default();
    let overridden = |name: &str| {
        !dev.is_empty() && {
            let path = format!("{dev}/{}", name.replace('.', "/"));
            std::path::Path::new(&format!("{path}.py")).exists()
                || std::path::Path::new(&path).join("__init__.py").exists()
        }
    };
    rustpython_pylib::FROZEN_STDLIB
        .into_iter()
        .chain(ours)
        .filter(|(name, _)| !overridden(name))
        .collect()
}
