//! Carrying out a task under a VM.

use std::{cell::Cell, path::Path, sync::Arc};

use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode, PyDictRef},
    compiler::Mode,
    function::{FuncArgs, KwArgs},
    scope::Scope,
};

use super::task::{Action, Namespace, Task};
use crate::{
    bridge::{self, Sources},
    error::{Error, Result},
    fence,
    value::Value,
};

thread_local! {
    /// Numbers the sources that came without a file name, so that each one's lines are found again.
    static INPUTS: Cell<u64> = const { Cell::new(0) };
}

/// Runs the task; the result is data.
pub(super) fn run(vm: &VirtualMachine, task: Task) -> Result<Value> {
    if let Action::Set(name, value) = &task.action {
        task.check()?;
        return set(vm, name, value.clone()).map_err(|exception| error(vm, exception));
    }
    let result = run_raw(vm, task)?;
    bridge::from_python(vm, &result, "result").map_err(|error| error.into_error(vm))
}

/// Runs the task; the result is the object itself.
pub(super) fn run_raw(vm: &VirtualMachine, task: Task) -> Result<PyObjectRef> {
    task.check()?;
    let Task {
        action,
        args,
        kwargs,
        namespace,
        file,
        ..
    } = task;
    match action {
        Action::Eval(source) => {
            let scope = scope(vm, namespace)?;
            run_source(vm, &source, Mode::Eval, file, scope)
        }
        Action::Exec(source) => {
            let scope = scope(vm, namespace)?;
            run_source(vm, &source, Mode::Exec, file, scope)
        }
        Action::File(path) => run_file(vm, &path, namespace),
        Action::Script(script) => {
            let scope = scope(vm, namespace)?;
            vm.run_code_obj(script.code(vm), scope)
                .map_err(|exception| error(vm, exception))
        }
        Action::Call { name, await_result } => {
            let function = find(vm, &name).map_err(|exception| error(vm, exception))?;
            let result = call_raw(vm, &function, args, kwargs)?;
            if await_result {
                await_object(vm, result).map_err(|exception| error(vm, exception))
            } else {
                Ok(result)
            }
        }
        Action::Get(name) => find(vm, &name).map_err(|exception| error(vm, exception)),
        Action::Set(name, value) => set(vm, &name, value)
            .map(|_| vm.ctx.none())
            .map_err(|exception| error(vm, exception)),
        Action::Import(name) => import(vm, &name).map_err(|exception| error(vm, exception)),
        Action::CallEach { name, items, spread } => {
            // Reached only through a task that was made for a pool's map but run as a single one.
            let function = find(vm, &name).map_err(|exception| error(vm, exception))?;
            let mut results = Vec::with_capacity(items.len());
            for item in items {
                results.push(call_raw(vm, &function, item_args(item, spread), Vec::new())?);
            }
            Ok(vm.ctx.new_list(results).into())
        }
    }
}

/// Calls the task's function once for each of its items; each has its own result.
pub(super) fn run_each(vm: &VirtualMachine, task: Task) -> Result<Vec<Result<Value>>> {
    task.check()?;
    let Action::CallEach { name, items, spread } = task.action else {
        return Err(Error::config(
            "only a task that calls a function for each item has many results",
        ));
    };
    let function = find(vm, &name).map_err(|exception| error(vm, exception))?;
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        let result = call(vm, &function, item_args(item, spread), Vec::new());
        // What was sent to stop the job ends the whole chunk; an item's own error is its own.
        if let Err(Error::Exception(exception)) = &result
            && matches!(
                exception.type_name(),
                "Cancelled" | "DeadlineExceeded" | "LimitExceeded"
            )
            && exception.module() == Some("ungil")
        {
            return result.map(|_| Vec::new());
        }
        results.push(result);
    }
    Ok(results)
}

/// Calls a function with data; the result is data.
pub(super) fn call(
    vm: &VirtualMachine,
    function: &PyObjectRef,
    args: Vec<Value>,
    kwargs: Vec<(String, Value)>,
) -> Result<Value> {
    let result = call_raw(vm, function, args, kwargs)?;
    bridge::from_python(vm, &result, "result").map_err(|error| error.into_error(vm))
}

/// Calls a function with data; the result is the object itself.
pub(super) fn call_raw(
    vm: &VirtualMachine,
    function: &PyObjectRef,
    args: Vec<Value>,
    kwargs: Vec<(String, Value)>,
) -> Result<PyObjectRef> {
    let convert = || -> PyResult<FuncArgs> {
        let mut positional = Vec::with_capacity(args.len());
        for arg in args {
            positional.push(bridge::to_python(vm, arg)?);
        }
        if kwargs.is_empty() {
            return Ok(positional.into());
        }
        let mut keywords = Vec::with_capacity(kwargs.len());
        for (name, value) in kwargs {
            keywords.push((name.into(), bridge::to_python(vm, value)?));
        }
        Ok(FuncArgs::new(positional, KwArgs::new(keywords.into_iter().collect())))
    };
    convert()
        .and_then(|args| function.call(args, vm))
        .map_err(|exception| error(vm, exception))
}

/// Runs a source text in `scope` and returns its value (`None` for statements).
fn run_source(
    vm: &VirtualMachine,
    source: &Arc<str>,
    mode: Mode,
    file: Option<Arc<str>>,
    scope: Scope,
) -> Result<PyObjectRef> {
    let code = match compile(vm, source, mode, file) {
        Ok(code) => code,
        Err(wrong) => return Err(wrong.into_error(vm)),
    };
    vm.run_code_obj(code, scope).map_err(|exception| error(vm, exception))
}

/// Runs statements; the error is the exception itself.
pub(super) fn run_text(vm: &VirtualMachine, source: &Arc<str>, scope: Scope) -> PyResult {
    let code = compile(vm, source, Mode::Exec, None).map_err(|wrong| wrong.exception)?;
    vm.run_code_obj(code, scope)
}

/// What is wrong with a source.
struct Wrong {
    exception: PyBaseExceptionRef,
    /// More lines could make it right.
    incomplete: bool,
}

impl Wrong {
    fn into_error(self, vm: &VirtualMachine) -> Error {
        let mut error = error(vm, self.exception);
        if let Error::Exception(exception) = &mut error
            && let Some(syntax) = &mut exception.syntax
        {
            syntax.incomplete = self.incomplete;
        }
        error
    }
}

fn compile(
    vm: &VirtualMachine,
    source: &Arc<str>,
    mode: Mode,
    file: Option<Arc<str>>,
) -> std::result::Result<PyRef<PyCode>, Wrong> {
    if source.contains('\0') {
        return Err(Wrong {
            exception: vm.new_exception_msg(
                vm.ctx.exceptions.syntax_error.to_owned(),
                "source code cannot contain null bytes".into(),
            ),
            incomplete: false,
        });
    }
    let file = file.unwrap_or_else(next_input);
    Sources::remember(&file, source);
    let source: &str = if matches!(mode, Mode::Eval) {
        source.trim_start()
    } else {
        source
    };
    let attempt = || vm.compile(source, mode, &*file);
    attempt().map_err(|wrong| {
        let exception = wrong.into_pyexception_maybe_incomplete(vm, Some(source), true);
        let incomplete = exception.fast_isinstance(vm.ctx.exceptions.incomplete_input_error);
        // That class says that something is missing, and not what.
        match attempt() {
            Err(wrong) if incomplete => Wrong {
                exception: wrong.into_pyexception(vm, Some(source)),
                incomplete,
            },
            _ => Wrong { exception, incomplete },
        }
    })
}

fn next_input() -> Arc<str> {
    let number = INPUTS.get();
    INPUTS.set(number + 1);
    format!("<input-{number}>").into()
}

fn run_file(vm: &VirtualMachine, path: &Path, namespace: Namespace) -> Result<PyObjectRef> {
    let io = |source| Error::Io {
        path: path.to_owned(),
        source: Arc::new(source),
    };
    // The host says what is run; the script may not be allowed to read it.
    let on_host = path.to_owned();
    let read = fence::call(vm, move || std::fs::read(on_host)).map_err(|exception| error(vm, exception))?;
    let bytes = read.map_err(io)?;
    let file: Arc<str> = path.to_string_lossy().into();
    let scope = scope(vm, namespace)?;
    let run = || -> PyResult<PyObjectRef> {
        let name = vm.ctx.new_str(&*file);
        scope.globals.set_item("__file__", name.clone().into(), vm)?;
        if let Some(folder) = path.parent() {
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
            let search = vm.sys_module.get_attr("path", vm)?;
            let folder = vm.ctx.new_str(folder.to_string_lossy().into_owned());
            if !vm._contains(&search, folder.as_object())? {
                vm.call_method(&search, "insert", (0, folder))?;
            }
        }
        // compile() knows the rules for encodings, byte order marks and bad bytes.
        let compile = vm.builtins.get_attr("compile", vm)?;
        let bytes = vm.ctx.new_bytes(bytes);
        let code = compile.call((bytes, name, "exec"), vm)?;
        let code = code
            .downcast()
            .map_err(|_| vm.new_type_error("compile() gave no code object"))?;
        vm.run_code_obj(code, scope.clone())
    };
    run().map_err(|exception| error(vm, exception))
}

fn scope(vm: &VirtualMachine, namespace: Namespace) -> Result<Scope> {
    let make = || match namespace {
        Namespace::Main => Ok(Scope::with_builtins(None, main_globals(vm)?, vm)),
        Namespace::Fresh(variables) => {
            let scope = vm.new_scope_with_builtins();
            let name = vm.ctx.new_str("__main__");
            scope.globals.set_item("__name__", name.into(), vm)?;
            for (name, value) in variables {
                scope.globals.set_item(&*name, bridge::to_python(vm, value)?, vm)?;
            }
            Ok(scope)
        }
    };
    make().map_err(|exception| error(vm, exception))
}

fn main_globals(vm: &VirtualMachine) -> PyResult<PyDictRef> {
    vm.main_namespace()
}

/// Finds `name` in `__main__` or among the builtins, or `module.name`, importing as much of the path as is a module.
pub(super) fn find(vm: &VirtualMachine, name: &str) -> PyResult<PyObjectRef> {
    let (first, rest) = name
        .split_once('.')
        .map_or((name, None), |(first, rest)| (first, Some(rest)));
    let main = main_globals(vm)?.get_item_opt(first, vm)?;
    let known = match main {
        Some(object) => Some(object),
        None => match vm.builtins.get_attr(&vm.ctx.new_str(first), vm) {
            Ok(object) => Some(object),
            Err(missing) if missing.fast_isinstance(vm.ctx.exceptions.attribute_error) => None,
            Err(other) => return Err(other),
        },
    };
    match (known, rest) {
        (Some(object), None) => Ok(object),
        (Some(object), Some(rest)) => attributes(vm, object, rest),
        (None, Some(rest)) => find_in_modules(vm, first, rest),
        (None, None) => {
            let message = format!("name '{first}' is not defined");
            Err(vm.new_name_error(message, vm.ctx.new_str(first)))
        }
    }
}

fn find_in_modules(vm: &VirtualMachine, first: &str, rest: &str) -> PyResult<PyObjectRef> {
    let mut module = import_module(vm, first)?;
    let mut path = first.to_owned();
    let mut parts = rest.split('.').peekable();
    while let Some(part) = parts.next() {
        let attribute = vm.ctx.new_str(part);
        match module.get_attr(&attribute, vm) {
            Ok(found) => {
                return match parts.next() {
                    None => Ok(found),
                    Some(next) => {
                        let rest: Vec<_> = std::iter::once(next).chain(parts).collect();
                        attributes(vm, found, &rest.join("."))
                    }
                };
            }
            Err(missing) => {
                path = format!("{path}.{part}");
                // Perhaps a submodule that nobody has imported yet.
                module = match import_module(vm, &path) {
                    Ok(module) => module,
                    Err(_) => return Err(missing),
                };
            }
        }
    }
    Ok(module)
}

fn attributes(vm: &VirtualMachine, object: PyObjectRef, path: &str) -> PyResult<PyObjectRef> {
    path.split('.')
        .try_fold(object, |object, part| object.get_attr(&vm.ctx.new_str(part), vm))
}

fn import_module(vm: &VirtualMachine, name: &str) -> PyResult<PyObjectRef> {
    vm.import(&vm.ctx.new_str(name), 0)?;
    let modules = vm.sys_module.get_attr("modules", vm)?;
    modules.get_item(name, vm)
}

fn import(vm: &VirtualMachine, name: &str) -> PyResult<PyObjectRef> {
    let top = vm.import(&vm.ctx.new_str(name), 0)?;
    let first = name.split('.').next().unwrap_or(name);
    main_globals(vm)?.set_item(first, top, vm)?;
    Ok(vm.ctx.none())
}

fn set(vm: &VirtualMachine, name: &str, value: Value) -> PyResult<Value> {
    main_globals(vm)?.set_item(name, bridge::to_python(vm, value)?, vm)?;
    Ok(Value::None)
}

fn item_args(item: Value, spread: bool) -> Vec<Value> {
    match item {
        Value::Tuple(items) | Value::List(items) if spread => items,
        single => vec![single],
    }
}

/// Awaits what can be awaited in an event loop made for it; anything else is the result already.
fn await_object(vm: &VirtualMachine, object: PyObjectRef) -> PyResult<PyObjectRef> {
    let inspect = vm.import("inspect", 0)?;
    let is_awaitable = vm.call_method(&inspect, "isawaitable", (object.clone(),))?;
    if !is_awaitable.try_to_bool(vm)? {
        return Ok(object);
    }
    let glue = vm.import("_ungil_await", 0)?;
    vm.call_method(&glue, "run", (object,))
}

fn error(vm: &VirtualMachine, exception: PyBaseExceptionRef) -> Error {
    bridge::exception_to_error(vm, exception)
}
