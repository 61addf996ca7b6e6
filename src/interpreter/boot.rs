//! Building a VM from a blueprint, on the thread that it will live on, and taking it down.

use std::sync::Arc;

use rustpython_vm::{
    InterpreterBuilder, PyObjectRef, PyResult, Settings, VirtualMachine,
    signal::{UserSignalSender, user_signal_channel},
};

use super::{
    blueprint::{Blueprint, ProcessRole},
    closure::closure,
    family::Identity,
    isolate, object, packages, process,
    script::Script,
    site, spare,
    streams::{self, Captured},
};
use crate::{
    alloc,
    bridge::{self, Exceptions, Sources},
    control::forget_collector,
    error::{Error, Result},
    fence, host, parcel,
};

/// A VM with what all of its kind have.
pub(super) struct Cast {
    pub(super) interpreter: rustpython_vm::Interpreter,
    pub(super) signals: UserSignalSender,
}

/// Builds the VM and makes everything of the blueprint available in it.
pub(super) fn build(blueprint: &Blueprint, identity: &Arc<Identity>, captured: &Captured) -> Result<Cast> {
    let cast = cast(blueprint)?;
    let equipped = cast.interpreter.enter(|vm| {
        equip(vm, blueprint, identity, captured).map_err(|exception| bridge::exception_to_error(vm, exception))
    });
    equipped.map(|()| cast)
}

/// Makes of a VM that was built ahead what the blueprint says.
pub(super) fn finish(cast: &Cast, blueprint: &Blueprint, identity: &Arc<Identity>, captured: &Captured) -> Result<()> {
    enter(blueprint)?;
    let become_it = |vm: &VirtualMachine| {
        let argv = blueprint.argv.iter().map(|word| vm.ctx.new_str(&**word).into());
        vm.sys_module.set_attr("argv", vm.ctx.new_list(argv.collect()), vm)?;
        equip(vm, blueprint, identity, captured)?;
        spare::renew(vm)
    };
    cast.interpreter
        .enter(|vm| become_it(vm).map_err(|exception| bridge::exception_to_error(vm, exception)))
}

fn enter(blueprint: &Blueprint) -> Result<()> {
    isolate::enter(blueprint).map_err(|error| Error::Io {
        path: blueprint.working_dir.clone().unwrap_or_default(),
        source: Arc::new(error),
    })
}

/// The part of building that is the same for all interpreters of a kind: all that takes long.
pub(super) fn cast(blueprint: &Blueprint) -> Result<Cast> {
    enter(blueprint)?;
    let (sender, receiver) = user_signal_channel();
    let builder = InterpreterBuilder::new().settings(settings(blueprint));
    let native = (blueprint.native)(&builder.ctx, blueprint.fence.as_ref());
    let interpreter = builder
        .add_native_modules(&native)
        .add_frozen_modules((blueprint.frozen)(blueprint.fence.as_ref()))
        .init_hook(move |vm| vm.set_user_signal_channel(receiver))
        .build();
    interpreter.enter(|vm| {
        Exceptions::install(vm);
        let prepare = || {
            vm.ensure_main_module()?;
            site::name_bytecode(vm)?;
            isolate::install_threads(vm)?;
            isolate::guard_process(vm, blueprint)
        };
        prepare().map_err(|exception| bridge::exception_to_error(vm, exception))
    })?;
    Ok(Cast {
        interpreter,
        signals: sender,
    })
}

/// Runs atexit functions, and lets go of what is not the VM's own.
pub(super) fn wind_up(vm: &VirtualMachine, on_closing: fn()) {
    // Before the rest goes: they may use all of it.
    if let Ok(atexit) = vm.import("atexit", 0) {
        let _ = vm.call_method(&atexit, "_run_exitfuncs", ());
    }
    on_closing();
    object::release_all();
    host::retire();
    parcel::retire();
    Script::forget_ready();
}

/// Ends what has run nothing.
pub(super) fn discard(cast: Cast, on_closing: fn()) {
    cast.interpreter.enter(|vm| {
        wind_up(vm, on_closing);
        vm.state.gc.unfreeze();
    });
    take_down(cast.interpreter);
}

/// Flushes, and frees everything.
pub(super) fn take_down(interpreter: rustpython_vm::Interpreter) {
    // It collects what there is, and so frees it.
    alloc::collecting(|| interpreter.finalize(None));
    forget_collector();
    Sources::forget_all();
    Exceptions::uninstall();
}

fn settings(blueprint: &Blueprint) -> Settings {
    let text = |path: &std::path::PathBuf| path.to_string_lossy().into_owned();
    let mut settings = Settings::default();
    settings.argv = blueprint.argv.clone();
    settings.path_list = blueprint.search_paths.iter().map(text).collect();
    settings.install_signal_handlers = blueprint.process == ProcessRole::Main;
    settings.import_site = blueprint.site;
    settings.warnoptions = blueprint.warnings.clone();
    // What the process's environment says is for the command to read; an embedded interpreter is what its builder says.
    settings.ignore_environment = blueprint.process == ProcessRole::Guest;
    // Text is UTF-8 whatever the C locale says, which a Rust program never sets.
    settings.utf8_mode = 1;
    settings.user_site_directory = false;
    // Not where each attempt would be refused.
    let may_write = blueprint.fence.as_ref().is_none_or(|fence| fence.writes_files());
    settings.write_bytecode = blueprint.writes_bytecode && may_write;
    settings
}

fn equip(vm: &VirtualMachine, blueprint: &Blueprint, identity: &Arc<Identity>, captured: &Captured) -> PyResult<()> {
    if blueprint.process == ProcessRole::Guest {
        // Only what the builder named: not the process's directory, nor another Python's library that is installed here.
        let folders = blueprint.search_paths.iter();
        let folders = folders.map(|folder| vm.ctx.new_str(folder.to_string_lossy().into_owned()).into());
        vm.sys_module.set_attr("path", vm.ctx.new_list(folders.collect()), vm)?;
    }
    isolate::set_environment(vm, blueprint)?;
    process::install(vm, identity)?;
    if let Some(fence) = &blueprint.fence {
        fence::seal(vm, fence)?;
        let sandbox = vm.import("_ungil_sandbox", 0)?;
        vm.call_method(&sandbox, "install", ())?;
    }
    let count_output = blueprint.limits.output.is_some();
    streams::install(
        vm,
        &blueprint.stdin,
        &blueprint.stdout,
        &blueprint.stderr,
        captured,
        count_output,
    )?;
    isolate::guard_recursion(vm, blueprint.limits.recursion)?;
    packages::install(vm)?;
    // Among the builtins, so that every module and every namespace sees them, and any can shadow them.
    for function in &blueprint.functions {
        let name = vm.ctx.intern_str(function.name());
        vm.builtins.set_attr(name, function.to_python(vm), vm)?;
    }
    for (name, value) in &blueprint.constants {
        let value = bridge::to_python(vm, value.clone())?;
        vm.builtins.set_attr(vm.ctx.intern_str(name.as_str()), value, vm)?;
    }
    for module in &blueprint.modules {
        module.offer_classes();
    }
    if blueprint.site_builtins {
        install_quitters(vm)?;
    }
    install_modules(vm, blueprint)?;
    // Last, because they can hold code, which may need all of the above.
    site::install(vm, &blueprint.site_packages)
}

/// `exit()` and `quit()`, as `site` makes them.
fn install_quitters(vm: &VirtualMachine) -> PyResult<()> {
    let site = vm.import("_sitebuiltins", 0)?;
    for name in ["exit", "quit"] {
        let quitter = vm.call_method(&site, "Quitter", (name, "Ctrl-D (i.e. EOF)"))?;
        vm.builtins.set_attr(name, quitter, vm)?;
    }
    Ok(())
}

fn install_modules(vm: &VirtualMachine, blueprint: &Blueprint) -> PyResult<()> {
    if blueprint.sources.is_empty() && blueprint.modules.is_empty() {
        return Ok(());
    }
    let sources = vm.ctx.new_dict();
    for module in &blueprint.sources {
        let file = format!("<memory:{}>", module.name);
        Sources::remember(&file.as_str().into(), &module.source);
        let entry: Vec<PyObjectRef> = vec![
            vm.ctx.new_str(&*module.source).into(),
            vm.ctx.new_str(file).into(),
            vm.ctx.new_bool(module.is_package).into(),
        ];
        sources.set_item(&*module.name, vm.ctx.new_tuple(entry).into(), vm)?;
    }
    let natives = vm.ctx.new_dict();
    for module in &blueprint.modules {
        let name = module.name().to_owned();
        let module = module.clone();
        let build = closure(vm, "build", move |(): (), vm| module.build(vm));
        natives.set_item(&*name, build, vm)?;
    }
    let finder = vm.import("_ungil_finder", 0)?;
    vm.call_method(&finder, "install", (sources, natives))?;
    Ok(())
}
