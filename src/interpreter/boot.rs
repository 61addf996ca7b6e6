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
    isolate, object, process,
    script::Script,
    streams::{self, Captured},
};
use crate::{
    alloc,
    bridge::{self, Exceptions, Sources},
    control::forget_collector,
    error::{Error, Result},
    fence, host, parcel,
};

/// Builds the VM and makes everything of the blueprint available in it.
pub(super) fn build(
    blueprint: &Blueprint,
    identity: &Arc<Identity>,
    captured: &Captured,
) -> Result<(rustpython_vm::Interpreter, UserSignalSender)> {
    isolate::enter(blueprint).map_err(|error| Error::Io {
        path: blueprint.working_dir.clone().unwrap_or_default(),
        source: std::sync::Arc::new(error),
    })?;
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
        equip(vm, blueprint, identity, captured).map_err(|exception| bridge::exception_to_error(vm, exception))
    })?;
    Ok((interpreter, sender))
}

/// Flushes, runs atexit functions, and lets go of everything.
pub(super) fn take_down(interpreter: rustpython_vm::Interpreter, on_closing: fn()) {
    interpreter.enter(|vm| {
        // Before the rest goes: they may use all of it.
        if let Ok(atexit) = vm.import("atexit", 0) {
            let _ = vm.call_method(&atexit, "_run_exitfuncs", ());
        }
        on_closing();
        object::release_all();
        host::retire();
        parcel::retire();
        Script::forget_ready();
        fence::forget_foreign();
    });
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
    settings
}

fn equip(vm: &VirtualMachine, blueprint: &Blueprint, identity: &Arc<Identity>, captured: &Captured) -> PyResult<()> {
    vm.ensure_main_module()?;
    isolate::install_threads(vm)?;
    if blueprint.process == ProcessRole::Guest {
        // Only what the builder named: not the process's directory, nor another Python's library that is installed here.
        let folders = blueprint.search_paths.iter();
        let folders = folders.map(|folder| vm.ctx.new_str(folder.to_string_lossy().into_owned()).into());
        vm.sys_module.set_attr("path", vm.ctx.new_list(folders.collect()), vm)?;
    }
    isolate::guard_modules(vm, blueprint)?;
    process::install(vm, identity)?;
    if let Some(fence) = &blueprint.fence {
        fence::seal(vm, fence);
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
    install_modules(vm, blueprint)
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
