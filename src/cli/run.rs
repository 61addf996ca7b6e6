//! On the interpreter's thread: making it ready, running the program, and ending as Python ends.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process,
    sync::OnceLock,
};

use ungil::{
    Interpreter,
    vm::{
        AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
        builtins::{PyBaseExceptionRef, PyBytes, PyCode},
        compiler::Mode,
        function::IntoFuncArgs,
        scope::Scope,
    },
};

use super::{
    args::{self, Arguments},
    signals,
};

/// The exit status if the last of the output could not be written.
const STATUS_FLUSH_FAILED: i32 = 120;
/// The module of `command.py`.
pub(super) const HELPER: &str = "_ungil_command";
pub(super) const HELPER_SOURCE: &str = include_str!("command.py");

/// What to run.
#[derive(Clone, Debug)]
pub(super) enum Program {
    File(PathBuf),
    /// A folder or a zip file with a `__main__.py`.
    Container(PathBuf),
    Code(OsString),
    Module(OsString),
    Stdin,
    Repl,
}

/// How the process is to end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    /// With this exit status.
    Status(i32),
    /// As a program ends that SIGINT killed, which tells a shell to stop its own loop too.
    Interrupted,
}

/// What the interpreter gets before it runs anything.
pub(super) struct Setup {
    argv: Vec<OsString>,
    own_folders: usize,
    first_path: Option<OsString>,
    environment: Option<PathBuf>,
    unbuffered: bool,
    filters_warnings: bool,
}

impl Setup {
    pub(super) fn new(arguments: &Arguments, program: &Program, environment: Option<PathBuf>) -> Self {
        let first_path = match program {
            // A folder or archive is the place of the program's modules, not a courtesy to scripts.
            Program::Container(path) => Some(path.components().collect::<PathBuf>().into()),
            _ if arguments.safe_path() => None,
            Program::File(path) => Some(args::script_folder(path).into()),
            Program::Module(_) => Some(std::env::current_dir().unwrap_or_default().into()),
            // Stays the working directory when that changes.
            Program::Code(_) | Program::Stdin | Program::Repl => Some(OsString::new()),
        };
        Self {
            argv: arguments.argv(),
            own_folders: arguments.search_paths().len(),
            first_path,
            environment,
            unbuffered: arguments.unbuffered(),
            filters_warnings: !arguments.warning_filters().is_empty(),
        }
    }

    fn apply(&self, vm: &VirtualMachine) -> PyResult<()> {
        load_helper(vm)?;
        let argv = self.argv.iter().map(|word| vm.fsdecode(word).into()).collect();
        vm.sys_module.set_attr("argv", vm.ctx.new_list(argv), vm)?;
        let environment = match &self.environment {
            Some(folder) => path_object(vm, folder),
            None => vm.ctx.none(),
        };
        help(vm, "set_up", (self.own_folders, environment, self.unbuffered))?;
        if self.filters_warnings {
            // It reads the filters when it is imported.
            vm.import("warnings", 0)?;
        }
        if let Some(first) = &self.first_path {
            vm.insert_sys_path(vm.fsdecode(first).into())?;
        }
        Ok(())
    }
}

/// Runs the program in `__main__` and reports what it raised. With `inspect` a prompt follows, so that leaving with
/// `SystemExit` is reported as well.
pub(super) fn start(vm: &VirtualMachine, setup: &Setup, program: &Program, inspect: bool) -> Ending {
    parent();
    let result = setup.apply(vm).and_then(|()| run(vm, program));
    flush_quietly(vm);
    match result {
        Ok(()) => Ending::Status(0),
        Err(exception) if inspect => {
            report(vm, &exception);
            Ending::Status(1)
        }
        Err(exception) => end_with(vm, exception),
    }
}

fn run(vm: &VirtualMachine, program: &Program) -> PyResult<()> {
    match program {
        Program::File(path) => vm.run_any_file(main_scope(vm)?, &path.to_string_lossy()),
        Program::Container(path) => run_container(vm, path),
        Program::Code(code) => run_code(vm, &code.to_string_lossy()),
        Program::Module(name) => {
            let name = vm.fsdecode(name);
            run_module(vm, (name,))
        }
        Program::Stdin => run_stdin(vm),
        Program::Repl => Ok(()),
    }
}

fn run_container(vm: &VirtualMachine, path: &Path) -> PyResult<()> {
    let is_container = help(vm, "is_container", (path_object(vm, path),))?;
    if is_container.try_to_bool(vm)? {
        return run_module(vm, ("__main__", false));
    }
    // A script in which the mark of a zip file happens to stand.
    let search = vm.sys_module.get_attr("path", vm)?;
    let folder = args::script_folder(path);
    search.set_item(&0_usize, path_object(vm, &folder), vm)?;
    vm.run_any_file(main_scope(vm)?, &path.to_string_lossy())
}

fn run_code(vm: &VirtualMachine, code: &str) -> PyResult<()> {
    let mut code = code.to_owned();
    if code.starts_with([' ', '\t', '\n']) {
        let dedented = help(vm, "dedent", (code.as_str(),))?;
        code = dedented.str(vm)?.to_string_lossy().into_owned();
    }
    code.push('\n');
    vm.run_string(main_scope(vm)?, &code, "<string>")?;
    Ok(())
}

fn run_module(vm: &VirtualMachine, args: impl IntoFuncArgs) -> PyResult<()> {
    let runpy = vm.import("runpy", 0)?;
    runpy.get_attr("_run_module_as_main", vm)?.call(args, vm)?;
    Ok(())
}

fn run_stdin(vm: &VirtualMachine) -> PyResult<()> {
    const FILE: &str = "<stdin>";
    let scope = main_scope(vm)?;
    scope.globals.set_item("__file__", vm.ctx.new_str(FILE).into(), vm)?;
    let source = help(vm, "read_stdin", ())?;
    // The builtin knows the rules for encodings and bad bytes.
    let compile = vm.builtins.get_attr("compile", vm)?;
    let code = as_code(vm, compile.call((source.clone(), FILE, "exec"), vm)?)?;
    if let Some(bytes) = source.downcast_ref::<PyBytes>() {
        // Without it, tracebacks show no lines.
        let _ = vm.register_code_in_linecache(&code, &String::from_utf8_lossy(bytes.as_bytes()));
    }
    vm.run_code_obj(code, scope)?;
    Ok(())
}

/// How a program ends that raised this and did not catch it; prints what is to be printed.
pub(super) fn end_with(vm: &VirtualMachine, exception: PyBaseExceptionRef) -> Ending {
    let exceptions = &vm.ctx.exceptions;
    if exception.fast_isinstance(exceptions.system_exit) {
        return Ending::Status(vm.handle_exit_exception(exception).cast_signed());
    }
    if !exception.fast_isinstance(exceptions.exception_type) {
        // A limit's exception would come again while it is printed.
        Interpreter::acknowledge_stop();
    }
    report(vm, &exception);
    if exception.fast_isinstance(exceptions.keyboard_interrupt) {
        Ending::Interrupted
    } else {
        Ending::Status(1)
    }
}

/// Prints an exception through `sys.excepthook`, and keeps it where debuggers look for it.
pub(super) fn report(vm: &VirtualMachine, exception: &PyBaseExceptionRef) {
    let object: PyObjectRef = exception.clone().into();
    let traceback = exception.__traceback__().map_or_else(|| vm.ctx.none(), Into::into);
    let class: PyObjectRef = exception.class().to_owned().into();
    for (name, value) in [
        ("last_exc", object.clone()),
        ("last_type", class),
        ("last_value", object),
        ("last_traceback", traceback),
    ] {
        let _ = vm.sys_module.set_attr(name, value, vm);
    }
    vm.print_exception(exception);
}

/// Waits for threads, runs what was registered with `atexit`, and writes out what is left of the output.
pub(super) fn wind_down(vm: &VirtualMachine, ending: Ending) -> Ending {
    if let Err(exception) = help(vm, "wait_for_threads", ()) {
        let message = "Exception ignored on threading shutdown".to_owned();
        vm.run_unraisable(exception, Some(message), vm.ctx.none());
    }
    if let Ok(atexit) = vm.import("atexit", 0) {
        let _ = vm.call_method(&atexit, "_run_exitfuncs", ());
    }
    match flush(vm) {
        Err((exception, stdout)) => {
            vm.run_unraisable(exception, None, stdout.clone());
            // It would be tried, and fail, again when the interpreter is closed, and when the stream is freed.
            for name in ["stdout", "__stdout__"] {
                let _ = vm.sys_module.set_attr(name, vm.ctx.none(), vm);
            }
            std::mem::forget(stdout);
            match ending {
                Ending::Status(_) => Ending::Status(STATUS_FLUSH_FAILED),
                Ending::Interrupted => Ending::Interrupted,
            }
        }
        Ok(()) => ending,
    }
}

/// In a child that the script forked, and in which it has now ended, ends the process: of all threads only this one is
/// there, so nobody waits for the result.
pub(super) fn leave_forked_child(vm: &VirtualMachine, ending: Ending) -> Ending {
    if process::id() == parent() {
        return ending;
    }
    match wind_down(vm, ending) {
        Ending::Status(status) => process::exit(status),
        Ending::Interrupted => signals::end_as_interrupted(),
    }
}

/// The process that the command was started as.
fn parent() -> u32 {
    static PARENT: OnceLock<u32> = OnceLock::new();
    *PARENT.get_or_init(process::id)
}

/// Flushes stdout and stderr; an error is what stdout's raised, with stdout.
fn flush(vm: &VirtualMachine) -> Result<(), (PyBaseExceptionRef, PyObjectRef)> {
    let flush = |name: &'static str| {
        let Ok(stream) = vm.sys_module.get_attr(name, vm) else {
            return Ok(());
        };
        if vm.is_none(&stream) || is_closed(vm, &stream) {
            return Ok(());
        }
        match vm.call_method(&stream, "flush", ()) {
            Ok(_) => Ok(()),
            Err(exception) => Err((exception, stream)),
        }
    };
    let result = flush("stdout");
    let _ = flush("stderr");
    result
}

/// So that what was printed stands before what is reported. What fails will fail again, and be reported, at the end.
pub(super) fn flush_quietly(vm: &VirtualMachine) {
    let _ = flush(vm);
}

fn is_closed(vm: &VirtualMachine, stream: &PyObjectRef) -> bool {
    stream
        .get_attr("closed", vm)
        .and_then(|closed| closed.try_to_bool(vm))
        .unwrap_or(false)
}

/// The namespace of `__main__`, which a script may have replaced.
pub(super) fn main_scope(vm: &VirtualMachine) -> PyResult<Scope> {
    Ok(Scope::with_builtins(None, vm.main_namespace()?, vm))
}

pub(super) fn as_code(vm: &VirtualMachine, object: PyObjectRef) -> PyResult<PyRef<PyCode>> {
    object
        .downcast()
        .map_err(|_| vm.new_type_error("compile() gave no code object"))
}

fn load_helper(vm: &VirtualMachine) -> PyResult<()> {
    let code = vm
        .compile(HELPER_SOURCE, Mode::Exec, "<ungil>")
        .map_err(|error| error.into_pyexception(vm, Some(HELPER_SOURCE)))?;
    let scope = vm.new_scope_with_builtins();
    let module = vm.new_module(HELPER, scope.globals.clone(), None);
    vm.run_code_obj(code, scope)?;
    let modules = vm.sys_module.get_attr("modules", vm)?;
    modules.set_item(HELPER, module.into(), vm)
}

/// Calls a function of `command.py`.
pub(super) fn help(vm: &VirtualMachine, function: &'static str, args: impl IntoFuncArgs) -> PyResult {
    vm.import(HELPER, 0)?.get_attr(function, vm)?.call(args, vm)
}

fn path_object(vm: &VirtualMachine, path: &Path) -> PyObjectRef {
    vm.fsdecode(path.as_os_str()).into()
}
