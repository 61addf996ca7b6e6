//! Interpreters that scripts start: made from what their starter was made from, and from what it has become since.

use std::{path::PathBuf, sync::Arc};

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyBytes, PyDict, PyStr, PyTuple},
    function::{FuncArgs, KwArgs},
};

use super::{
    Blueprint, Child, Input, Interpreter, ProcessRole, Surroundings,
    blueprint::Conception,
    capacity::Place,
    child::{Departure, Ending},
    family::{self, Kind},
    queued::prepare_with,
    spare,
};
use crate::{
    bridge,
    control::{Control, Hit, StopReason},
    error::{Error, Result},
    parcel::{self, Parcel},
};

/// Starts an interpreter that unpacks `call` (a function, a tuple of arguments, a dict of keyword arguments), makes the
/// call and ends. Returns before it is built.
pub(crate) fn start(vm: &VirtualMachine, call: Parcel, name: Option<String>, kind: Kind) -> PyResult<Arc<Child>> {
    let parent = surroundings(vm)?;
    let place = take_place(vm)?;
    claim_task(vm)?;
    let pid = family::next_pid();
    let name = name.unwrap_or_else(|| format!("{}-{pid}", kind.name()));
    let mut blueprint = derive_blueprint(vm, &parent)?;
    if let Some(control) = Control::current() {
        // It is one call, which is to be over when its starter's time is.
        blueprint.limits = control.limits_left();
    }
    let blueprint = Arc::new(blueprint);
    let mut conception = Conception::new(&blueprint, &name, parent.identity.descendant(kind, pid, None));
    let child = Child::new(name, kind, pid, conception.control.clone(), &parent.identity.family);
    conception.identity.child = Some(Arc::downgrade(&child));
    conception.captured = parent.captured.clone();
    conception.departure = Some(Departure::new(child.clone(), Some(place)));
    let logging = logging(vm)?;
    let (queued, _job) = prepare_with({
        let child = child.clone();
        move |vm| {
            parcel::adopt_main();
            if let Some(logging) = &logging
                && let Err(stopped) = log_alike(vm, logging)
            {
                return settle(vm, &child, Err(stopped));
            }
            carry_out(vm, &child, &call)
        }
    });
    child.set_canceller(queued.canceller());
    parent.identity.family.add(&child);
    // The handle is dropped at once: the interpreter ends when it has done its job.
    let (interpreter, _ready) =
        Interpreter::conceive(&blueprint, conception).map_err(|error| bridge::raise(vm, &error))?;
    interpreter.post(queued);
    Ok(child)
}

const LOGGING: &str = "_ungil_logging";

/// How logging is set up in the interpreter of `vm`, if it is.
fn logging(vm: &VirtualMachine) -> PyResult<Option<Parcel>> {
    if !spare::modules(vm)?.contains_key("logging", vm) {
        return Ok(None);
    }
    let helper = vm.import(LOGGING, 0)?;
    let state = vm.call_method(&helper, "state", ())?;
    (!vm.is_none(&state))
        .then(|| parcel::pack(vm, &state, "logging"))
        .transpose()
}

/// Sets it up here as it is there. An error is what stopped the child meanwhile.
fn log_alike(vm: &VirtualMachine, state: &Parcel) -> PyResult<()> {
    let apply = || {
        let helper = vm.import(LOGGING, 0)?;
        vm.call_method(&helper, "apply", (parcel::open(vm, state)?,))
    };
    match apply() {
        Err(exception) if exception.fast_isinstance(vm.ctx.exceptions.exception_type) => {
            let message = "Exception ignored while logging was set up".to_owned();
            vm.run_unraisable(exception, Some(message), vm.ctx.none());
            Ok(())
        }
        outcome => outcome.map(drop),
    }
}

/// Unpacks a call, makes it, and notes what came of it.
pub(super) fn carry_out(vm: &VirtualMachine, child: &Child, call: &Parcel) -> Result<()> {
    let result = make_call(vm, call);
    settle(vm, child, result)
}

/// Notes what a script came to.
pub(super) fn settle(vm: &VirtualMachine, child: &Child, result: PyResult) -> Result<()> {
    let packed = result.and_then(|object| parcel::pack(vm, &object, "result"));
    let exception = match packed {
        Ok(parcel) => {
            child.came_to(Ending::Returned(Arc::new(parcel)));
            return Ok(());
        }
        Err(exception) => exception,
    };
    if exception.class().is(&bridge::exceptions(vm).cancelled) {
        leave_without_exit_functions(vm);
        child.was_stopped();
        return Err(Error::Cancelled);
    }
    if exception.fast_isinstance(vm.ctx.exceptions.system_exit) {
        return exited(vm, child, exception);
    }
    child.came_to(match pack_exception(vm, exception) {
        Ok(parcel) => Ending::Raised(Arc::new(parcel)),
        Err(error) => Ending::Lost(format!("what it raised cannot leave its interpreter: {error}")),
    });
    Ok(())
}

fn exited(vm: &VirtualMachine, child: &Child, exception: PyBaseExceptionRef) -> Result<()> {
    let error = bridge::exception_to_error(vm, exception);
    if let Error::Exit { code, message } = &error {
        if let Some(message) = message
            && let Ok(stderr) = vm.sys_module.get_attr("stderr", vm)
        {
            // As `sys.exit("text")` ends a process.
            let _ = vm.call_method(&stderr, "write", (format!("{message}\n"),));
        }
        child.came_to(Ending::Exited(*code));
    }
    Err(error)
}

/// An exception that cannot cross becomes one that says what it was.
fn pack_exception(vm: &VirtualMachine, exception: PyBaseExceptionRef) -> Result<Parcel> {
    parcel::pack(vm, exception.as_object(), "exception").or_else(|_| {
        let what = bridge::exception_to_error(vm, exception).to_string();
        let stand_in = vm.new_runtime_error(format!("an exception that cannot leave its interpreter: {what}"));
        parcel::pack(vm, stand_in.as_object(), "exception").map_err(|error| bridge::exception_to_error(vm, error))
    })
}

/// What is stopped runs no more code of its own.
fn leave_without_exit_functions(vm: &VirtualMachine) {
    if let Ok(atexit) = vm.import("atexit", 0) {
        let _ = vm.call_method(&atexit, "_clear", ());
    }
}

fn make_call(vm: &VirtualMachine, call: &Parcel) -> PyResult {
    let call = parcel::open(vm, call)?;
    let parts = call.downcast_ref::<PyTuple>().map(|tuple| tuple.as_slice());
    let Some([function, args, kwargs]) = parts else {
        return Err(vm.new_type_error("a call is a function, its arguments and its keyword arguments"));
    };
    let args: Vec<PyObjectRef> = args.try_to_value(vm)?;
    let mut named = KwArgs::default();
    if let Some(kwargs) = kwargs.downcast_ref::<PyDict>() {
        named = kwargs
            .items_vec()
            .into_iter()
            .map(|(name, value)| Ok((name.try_to_value::<String>(vm)?, value)))
            .collect::<PyResult<_>>()?;
    }
    function.call(FuncArgs::new(args, named), vm)
}

pub(super) fn surroundings(vm: &VirtualMachine) -> PyResult<Surroundings> {
    Surroundings::current()
        .ok_or_else(|| vm.new_runtime_error("this interpreter was not made by ungil, so it cannot start others"))
}

/// Counts a task that the script on this thread starts; `ungil.LimitExceeded` if it has started as many as it may.
pub(crate) fn claim_task(vm: &VirtualMachine) -> PyResult<()> {
    match Control::current() {
        Some(control) => control.quota().claim_task().map_err(|hit| exceeded(vm, &control, hit)),
        None => Ok(()),
    }
}

fn exceeded(vm: &VirtualMachine, control: &Control, hit: Hit) -> PyBaseExceptionRef {
    let reason = StopReason::Limit(hit);
    control.note_hit(reason);
    bridge::Exceptions::make_stop(vm, reason)
}

pub(super) fn take_place(vm: &VirtualMachine) -> PyResult<Place> {
    let claim = match Control::current() {
        Some(control) => {
            let claimed = control.quota().claim_interpreter();
            Some(claimed.map_err(|hit| exceeded(vm, &control, hit))?)
        }
        None => None,
    };
    Place::take(claim).map_err(|most| {
        let message = format!(
            "{most} interpreters are alive, as many as this machine's memory and threads have room for; \
             join some before you start more, or use a pool"
        );
        vm.new_os_subtype_error(
            vm.ctx.exceptions.blocking_io_error.to_owned(),
            Some(libc::EAGAIN),
            message,
        )
        .upcast()
    })
}

/// What a child is made from: the blueprint of its starter, with the state that Python code expects a child to inherit.
pub(super) fn derive_blueprint(vm: &VirtualMachine, parent: &Surroundings) -> PyResult<Blueprint> {
    let mut blueprint = (*parent.blueprint).clone();
    if let Some(control) = Control::current() {
        // What it takes and starts is its starter's, and limited with that.
        blueprint.limits = (*control.limits()).clone();
        blueprint.quota = Some(control.quota().clone());
        blueprint.account = Some(control.account());
    }
    blueprint.name = None;
    blueprint.preload = spare::preloads(vm, &blueprint)?;
    blueprint.process = ProcessRole::Guest;
    blueprint.site_builtins |= std::mem::replace(&mut blueprint.site, false);
    blueprint.stdin = Input::Empty;
    blueprint.search_paths = strings(vm, "path")?.into_iter().map(PathBuf::from).collect();
    blueprint.site_packages.inherited = true;
    blueprint.writes_bytecode = !vm.sys_module.get_attr("dont_write_bytecode", vm)?.try_to_bool(vm)?;
    blueprint.argv = strings(vm, "argv")?;
    blueprint.environment.cleared = true;
    blueprint.environment.changes = environment(vm)?;
    if cfg!(target_os = "linux") {
        blueprint.working_dir = std::env::current_dir().ok();
    }
    Ok(blueprint)
}

/// The strings in a list of `sys`; what is something else was of no use there.
fn strings(vm: &VirtualMachine, name: &'static str) -> PyResult<Vec<String>> {
    let items: Vec<PyObjectRef> = vm.sys_module.get_attr(name, vm)?.try_to_value(vm)?;
    let text = |item: &PyObjectRef| Some(item.downcast_ref::<PyStr>()?.to_string_lossy().into_owned());
    Ok(items.iter().filter_map(text).collect())
}

/// `os.environ` as it is now.
fn environment(vm: &VirtualMachine) -> PyResult<Vec<(String, Option<String>)>> {
    let os = vm.import("os", 0)?;
    let data = os.get_attr("environ", vm)?.get_attr("_data", vm)?;
    let Some(data) = data.downcast_ref::<PyDict>() else {
        return Ok(Vec::new());
    };
    let variables = data.items_vec().into_iter();
    Ok(variables
        .filter_map(|(name, value)| Some((text(&name)?, Some(text(&value)?))))
        .collect())
}

fn text(object: &PyObjectRef) -> Option<String> {
    if let Some(bytes) = object.downcast_ref::<PyBytes>() {
        return Some(String::from_utf8_lossy(bytes.as_bytes()).into_owned());
    }
    Some(object.downcast_ref::<PyStr>()?.to_string_lossy().into_owned())
}
