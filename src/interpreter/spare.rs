//! One interpreter that is built ahead: its time on its thread until somebody takes it.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crossbeam_channel::{Receiver, Sender};
use rustpython_vm::{
    PyResult, VirtualMachine,
    builtins::{PyDictRef, PyModule, PyStr},
};

use super::{
    blueprint::Blueprint,
    blueprint::Conception,
    boot::{self, Cast},
    family::Identity,
    life::{self, Birth},
    mould::Mould,
    streams::Captured,
    surroundings::Surroundings,
    threads::{self, Reuse},
};
use crate::{alloc, control::Control, error::Result};

/// What our own part of starting an interpreter imports.
const OURS: [&str; 4] = ["os", "_sitebuiltins", "_ungil_streams", "_ungil_finder"];

/// Modules of the standard library that depend on nothing that an interpreter learns only when it is taken, or for which
/// `_ungil_spare.renew()` sees to that.
const SAFE: [&str; 47] = [
    "_ungil_carry",
    "_ungil_crew",
    "_ungil_errors",
    "_ungil_threads",
    "abc",
    "bisect",
    "collections",
    "collections.abc",
    "concurrent.futures",
    "contextlib",
    "copy",
    "copyreg",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "inspect",
    "io",
    "itertools",
    "json",
    "keyword",
    "linecache",
    "math",
    "multiprocessing",
    "multiprocessing.connection",
    "multiprocessing.queues",
    "multiprocessing.synchronize",
    "numbers",
    "operator",
    "pickle",
    "queue",
    "random",
    "re",
    "reprlib",
    "statistics",
    "string",
    "struct",
    "textwrap",
    "threading",
    "time",
    "traceback",
    "types",
    "typing",
    "warnings",
    "weakref",
];

/// Those of them that the interpreter of `vm` has imported, for its children.
pub(super) fn preloads(vm: &VirtualMachine, blueprint: &Blueprint) -> PyResult<Vec<&'static str>> {
    let modules = modules(vm)?;
    let mut found = Vec::new();
    for name in SAFE {
        if !names(blueprint).any(|own| own == name) && modules.contains_key(name, vm) {
            found.push(name);
        }
    }
    Ok(found)
}

/// Whether the host gives a module of its own by the name of one that every spare imports.
pub(super) fn is_shadowed(blueprint: &Blueprint) -> bool {
    names(blueprint).any(|name| OURS.contains(&name) || SAFE.contains(&name) || blueprint.preload.contains(&name))
}

fn names(blueprint: &Blueprint) -> impl Iterator<Item = &str> {
    let natives = blueprint.modules.iter().map(|module| module.name());
    blueprint
        .sources
        .iter()
        .map(|module| module.name.as_str())
        .chain(natives)
}

/// A VM that waits to be taken, and what it came with.
pub(super) struct Blank {
    pub(super) cast: Cast,
    /// The modules that it has imported.
    pub(super) own: HashSet<String>,
}

/// Builds an interpreter, says so through `ready`, and becomes the one that comes through `births`; ends when none can
/// come any more. Called on the interpreter's thread.
pub(super) fn stand_by(mould: &Arc<Mould>, births: &Receiver<Birth>, ready: &Sender<()>, own: &Arc<Control>) -> Reuse {
    let built = {
        let _tenant = alloc::Tenant::enter(own.account());
        own.settle();
        let blueprint = Arc::new(mould.blueprint.clone());
        let _here = Surroundings::enter(&blueprint, &Arc::new(Identity::root()), &Captured::default());
        let built = catch_unwind(AssertUnwindSafe(|| build(&blueprint)));
        own.unsettle();
        built
    };
    let _ = ready.try_send(());
    let birth = births.recv();
    match (built, birth) {
        (Ok(Ok(blank)), Ok(birth)) => {
            let _inheritance = own.account().bequeath(birth.control.account());
            life::live_in(birth, Some(blank))
        }
        (Ok(Ok(blank)), Err(_)) => {
            let _tenant = alloc::Tenant::enter(own.account());
            boot::discard(blank.cast, mould.blueprint.on_closing);
            (mould.blueprint.on_end)();
            Reuse::Yes
        }
        // Whatever was wrong, whoever wants the interpreter is to hear it from its own building.
        (Ok(Err(_)), Ok(birth)) => life::live_in(birth, None),
        (Ok(Err(_)), Err(_)) => Reuse::Yes,
        (Err(_panic), birth) => {
            if let Ok(birth) = birth {
                let begun = threads::run(mould.kind.clone(), "ungil", Box::new(move || life::live(birth)));
                if let Err(error) = begun {
                    tracing::error!(%error, "no thread in place of one whose virtual machine panicked");
                }
            }
            Reuse::No
        }
    }
}

/// The provisional self of a spare.
pub(super) fn control(mould: &Mould) -> Arc<Control> {
    Conception::new(&mould.blueprint, "spare", Identity::root()).control
}

fn build(blueprint: &Blueprint) -> Result<Blank> {
    let cast = boot::cast(blueprint)?;
    let own = cast.interpreter.enter(|vm| {
        // What the fence or the host does not grant is left out.
        let _ = prepare(vm, blueprint);
        vm.state.gc.collect_force(2);
        // It stays until the end: collections of the script's own objects need not walk over it.
        vm.state.gc.freeze();
        imported(vm)
    });
    let own = own.unwrap_or_default();
    Ok(Blank { cast, own })
}

fn prepare(vm: &VirtualMachine, blueprint: &Blueprint) -> PyResult<()> {
    vm.sys_module.set_attr("path", vm.ctx.new_list(Vec::new()), vm)?;
    let names = OURS.iter().chain(&blueprint.preload);
    let names = names.map(|name| vm.ctx.new_str(*name).into()).collect();
    let helper = vm.import("_ungil_spare", 0)?;
    vm.call_method(&helper, "prepare", (vm.ctx.new_tuple(names),)).map(drop)
}

/// Brings what was imported ahead up to what the interpreter has become.
pub(super) fn renew(vm: &VirtualMachine) -> PyResult<()> {
    let helper = vm.import("_ungil_spare", 0)?;
    vm.call_method(&helper, "renew", ()).map(drop)
}

pub(super) fn modules(vm: &VirtualMachine) -> PyResult<PyDictRef> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    modules
        .downcast()
        .map_err(|_| vm.new_type_error("sys.modules is not a dict"))
}

fn imported(vm: &VirtualMachine) -> PyResult<HashSet<String>> {
    let names = modules(vm)?.items_vec().into_iter();
    Ok(names
        .filter_map(|(name, _)| Some(name.downcast_ref::<PyStr>()?.to_string_lossy().into_owned()))
        .collect())
}

/// Lets go of all that a script has made, with its finalizers, as the end of an interpreter does: of `__main__` and of the
/// modules that are not the spare's `own`.
pub(super) fn clear_script(vm: &VirtualMachine, own: &HashSet<String>) -> PyResult<()> {
    let modules = modules(vm)?;
    let mut cleared = Vec::new();
    for (name, module) in modules.items_vec() {
        let Some(text) = name
            .downcast_ref::<PyStr>()
            .map(|name| name.to_string_lossy().into_owned())
        else {
            continue;
        };
        if own.contains(&text) && text != "__main__" && text != "__mp_main__" {
            continue;
        }
        if let Some(module) = module.downcast_ref::<PyModule>() {
            cleared.push(module.dict());
        }
        modules.del_item(&*name, vm)?;
    }
    // First what is garbage as a whole, with the names that its finalizers use; then name by name.
    alloc::collecting(|| vm.state.gc.collect_force(2));
    for dict in cleared.iter().rev() {
        clear(vm, dict, |name| name.starts_with('_') && name != "__builtins__")?;
        clear(vm, dict, |name| name != "__builtins__")?;
    }
    alloc::collecting(|| vm.state.gc.collect_force(2));
    Ok(())
}

fn clear(vm: &VirtualMachine, dict: &PyDictRef, chosen: impl Fn(&str) -> bool) -> PyResult<()> {
    for (name, value) in dict.items_vec() {
        let is_chosen = name
            .downcast_ref::<PyStr>()
            .is_some_and(|name| chosen(&name.to_string_lossy()));
        if is_chosen && !vm.is_none(&value) {
            dict.set_item(&*name, vm.ctx.none(), vm)?;
        }
    }
    Ok(())
}
