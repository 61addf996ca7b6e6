//! What every interpreter can import: native modules and the frozen standard library, ours before upstream's.

use std::sync::Arc;

use rustpython_vm::{Context, builtins::PyModuleDef, frozen::FrozenModule};

use crate::{
    fence::{self, Fence},
    host, modules,
};

/// Changes with the files under `stdlib/`, which the macro below reads behind the compiler's back.
const _: &str = env!("UNGIL_STDLIB_STAMP");

/// Native modules that modules in Python take the place of, which a native one would win over.
const REPLACED: [&str; 1] = ["_multiprocessing"];

/// Native modules; ours come last and so win.
pub(super) fn native(ctx: &Context, fence: Option<&Arc<Fence>>) -> Vec<&'static PyModuleDef> {
    let mut definitions = rustpython_stdlib::stdlib_module_defs(ctx);
    definitions.retain(|definition| !REPLACED.contains(&definition.name.as_str()));
    for definition in &mut definitions {
        match definition.name.as_str() {
            #[cfg(feature = "ssl")]
            "_ssl" => *definition = super::tls::provide(ctx, definition),
            #[cfg(feature = "sqlite")]
            "_sqlite3" => *definition = modules::sqlite(definition),
            _ => {}
        }
    }
    if let Some(fence) = fence {
        fence.look_up_modules(|| all_frozen().into_iter().collect());
        // The VM adds its own by itself; what replaces them comes later, and so wins.
        let known = rustpython_vm::stdlib::builtin_module_defs(ctx);
        definitions.extend(fence::definitions(
            ctx,
            fence,
            known.into_iter().chain(definitions.clone()),
        ));
    }
    definitions.extend(modules::definitions(ctx));
    definitions
}

/// Lets go of the objects that native modules hold for the interpreter on this thread, which is ending.
pub(super) fn release() {
    modules::release();
}

/// Lets go of what others may wait for, when the script's own objects are gone.
pub(super) fn leave() {
    modules::leave();
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
pub(super) fn frozen(fence: Option<&Arc<Fence>>) -> Vec<(&'static str, FrozenModule)> {
    let mut modules = all_frozen();
    if let Some(fence) = fence {
        fence.look_up_modules(|| all_frozen().into_iter().collect());
        let is_ours = |name: &str| name == "ungil" || name.starts_with("ungil.") || name.starts_with("_ungil");
        modules.retain(|(name, _)| is_ours(name) || fence.allows_module(name));
    }
    modules
}

fn all_frozen() -> Vec<(&'static str, FrozenModule)> {
    let ours = rustpython_vm::py_freeze!(dir = "../../stdlib");
    rustpython_pylib::FROZEN_STDLIB.into_iter().chain(ours).collect()
}
