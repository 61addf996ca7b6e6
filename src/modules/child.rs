//! Children as Python objects, and what a script can know of itself.

use std::sync::Arc;

use rustpython_vm::{
    AsObject, FromArgs, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyModule,
    class::PyClassImpl,
    class_or_notimplemented,
    common::hash::PyHash,
    function::PyComparisonValue,
    pyclass,
    types::{Comparable, Hashable, PyComparisonOp, Representable},
};

use super::{
    parcel::{CallArgs, PyParcel},
    timeout::Timeout,
};
use crate::{
    bridge,
    control::{Waitable, wait},
    interpreter::{Child, Ending, Kind, Surroundings, start},
    parcel,
    value::{Handle, Shared},
};

/// Adds what concerns children to the native module.
pub(super) fn init(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    module.set_attr("Child", PyChild::make_static_type(), vm)?;
    register_face();
    let functions = [
        vm.new_function("start", start_child).into(),
        vm.new_function("children", children).into(),
        vm.new_function("whoami", whoami).into(),
        vm.new_function("publish", publish).into(),
        vm.new_function("find", find).into(),
        vm.new_function("withdraw", withdraw).into(),
    ];
    let names = ["start", "children", "whoami", "publish", "find", "withdraw"];
    for (name, function) in names.into_iter().zip(functions) {
        let function: PyObjectRef = function;
        module.set_attr(name, function, vm)?;
    }
    Ok(())
}

fn register_face() {
    bridge::register_face::<PyChild>(|child| Handle::new(child.child.clone()));
}

impl Shared for Child {
    fn kind(&self) -> &'static str {
        "Child"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        let _class = PyChild::make_static_type();
        register_face();
        Ok(PyChild { child: self }.into_pyobject(vm))
    }

    fn as_waitable(&self) -> Option<&dyn Waitable> {
        Some(self)
    }
}

#[derive(FromArgs)]
struct StartArgs {
    #[pyarg(flatten)]
    call: CallArgs,
    #[pyarg(named, default)]
    name: Option<String>,
    #[pyarg(named, optional)]
    kind: Option<String>,
}

fn start_child(args: StartArgs, vm: &VirtualMachine) -> PyResult {
    let kind = match &args.kind {
        None => Kind::Process,
        Some(name) => Kind::parse(name)
            .ok_or_else(|| vm.new_value_error(format!("kind must be 'process', 'thread' or 'task', not {name:?}")))?,
    };
    // Packed whole before anything is started: what cannot cross leaves nothing behind.
    let call = args.call.pack(vm)?;
    start(vm, call, args.name, kind)?.materialize(vm)
}

fn children(vm: &VirtualMachine) -> PyResult {
    let surroundings = here(vm)?;
    let children = surroundings.identity.family.children();
    let objects: PyResult<Vec<_>> = children.into_iter().map(|child| child.materialize(vm)).collect();
    Ok(vm.ctx.new_list(objects?).into())
}

/// Interpreter number, name, kind, process id, its parent's, the handle that its starter has, if one has, and the number
/// of the interpreter that they all descend from.
fn whoami(vm: &VirtualMachine) -> PyResult {
    let surroundings = here(vm)?;
    let control = crate::control::Control::current();
    let control = control.ok_or_else(|| vm.new_runtime_error("this interpreter is being built"))?;
    let identity = &surroundings.identity;
    let child = identity.child.as_ref().and_then(std::sync::Weak::upgrade);
    let child = match child {
        Some(child) => child.materialize(vm)?,
        None => vm.ctx.none(),
    };
    let fields = vec![
        vm.ctx.new_int(control.id()).into(),
        vm.ctx.new_str(control.name()).into(),
        vm.ctx.new_str(identity.kind.name()).into(),
        vm.ctx.new_int(identity.pid).into(),
        identity
            .parent_pid
            .map_or_else(|| vm.ctx.none(), |pid| vm.ctx.new_int(pid).into()),
        child,
        vm.ctx.new_int(identity.family.root(control.id())).into(),
    ];
    Ok(vm.ctx.new_tuple(fields).into())
}

/// Makes an object known by a name to all interpreters of the same family; False if another has the name.
fn publish(name: String, object: PyObjectRef, vm: &VirtualMachine) -> PyResult<bool> {
    let parcel = parcel::pack(vm, &object, "object")?;
    Ok(here(vm)?.identity.family.publish(name, parcel))
}

/// What was published by that name: handles as they are, data as a copy. KeyError if there is nothing.
fn find(name: String, vm: &VirtualMachine) -> PyResult {
    let found = here(vm)?.identity.family.published(&name);
    let found = found.ok_or_else(|| vm.new_key_error(vm.ctx.new_str(name).into()))?;
    parcel::open(vm, &found)
}

/// Makes the name free again; False if it was.
fn withdraw(name: String, vm: &VirtualMachine) -> PyResult<bool> {
    Ok(here(vm)?.identity.family.withdraw(&name))
}

pub(super) fn here(vm: &VirtualMachine) -> PyResult<Surroundings> {
    Surroundings::current().ok_or_else(|| vm.new_runtime_error("this interpreter was not made by ungil"))
}

/// A process, thread or task that runs on an interpreter of its own, or a call that runs on an isolate. Objects in
/// several interpreters can be the same child.
#[pyclass(module = "ungil", name = "Child")]
#[derive(PyPayload)]
pub(super) struct PyChild {
    child: Arc<Child>,
}

impl std::fmt::Debug for PyChild {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Child").field(&self.child.name()).finish()
    }
}

#[pyclass(flags(DISALLOW_INSTANTIATION), with(Comparable, Hashable, Representable))]
impl PyChild {
    /// Its process id, above every id that the system gives.
    #[pygetset]
    fn pid(zelf: &Py<Self>) -> u32 {
        zelf.child.pid()
    }

    /// The name that it was started with.
    #[pygetset]
    fn name(zelf: &Py<Self>) -> String {
        zelf.child.name().to_owned()
    }

    /// The number of its interpreter.
    #[pygetset]
    fn ident(zelf: &Py<Self>) -> u64 {
        zelf.child.interpreter()
    }

    /// What it was started as: 'process', 'thread', 'task' or 'isolate'.
    #[pygetset]
    fn kind(zelf: &Py<Self>) -> &'static str {
        zelf.child.kind().name()
    }

    /// None while it runs; 0 returned, 1 raised, n exited with n, -n stopped by signal n, 255 lost.
    #[pygetset]
    fn exitcode(zelf: &Py<Self>) -> Option<i32> {
        zelf.child.ending().map(|ending| ending.exit_code())
    }

    /// True until it has ended and nothing of it is left.
    #[pymethod]
    fn is_alive(zelf: &Py<Self>) -> bool {
        !zelf.child.is_ready()
    }

    /// Waits until it has ended, as long as it takes or for at most timeout seconds; True if it has.
    #[pymethod]
    fn join(zelf: &Py<Self>, timeout: Timeout, vm: &VirtualMachine) -> PyResult<bool> {
        let deadline = timeout.deadline(vm)?;
        let ended = zelf.child.ended();
        if ended.is_made() {
            return Ok(true);
        }
        if zelf.child.is_current() {
            return Err(vm.new_runtime_error("cannot join what runs here: it would wait for itself"));
        }
        let interrupts = wait::interrupts();
        let waited = wait::receive(vm, deadline, &interrupts, ended.signal())?;
        Ok(waited.is_some())
    }

    /// How it ended: ("running", None), ("returned", Parcel), ("raised", Parcel), ("exited", status), ("stopped", signal)
    /// or ("lost", why).
    #[pymethod]
    fn outcome(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<(&'static str, PyObjectRef)> {
        Ok(match zelf.child.ending() {
            None => ("running", vm.ctx.none()),
            Some(Ending::Returned(parcel)) => ("returned", PyParcel::make(vm, parcel)),
            Some(Ending::Raised(parcel)) => ("raised", PyParcel::make(vm, parcel)),
            Some(Ending::Exited(code)) => ("exited", vm.ctx.new_int(code).into()),
            Some(Ending::Stopped(signal)) => ("stopped", vm.ctx.new_int(signal).into()),
            Some(Ending::Lost(why)) => ("lost", vm.ctx.new_str(why).into()),
        })
    }

    /// Asks it to end, as SIGTERM does: by its own handler if it has one; otherwise it is stopped wherever it is.
    #[pymethod]
    fn terminate(zelf: &Py<Self>) {
        zelf.child.signal(15);
    }

    /// Stops it, whatever it does.
    #[pymethod]
    fn kill(zelf: &Py<Self>) {
        zelf.child.signal(9);
    }

    /// Raises KeyboardInterrupt in it once, or runs its handler for SIGINT.
    #[pymethod]
    fn interrupt(zelf: &Py<Self>) {
        zelf.child.signal(2);
    }

    #[pymethod]
    fn __reduce__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let name = zelf.class().name().to_string();
        Err(vm.new_type_error(format!(
            "cannot pickle {name:?} objects; send them through a channel as they are"
        )))
    }
}

impl Comparable for PyChild {
    fn cmp(zelf: &Py<Self>, other: &PyObject, op: PyComparisonOp, _vm: &VirtualMachine) -> PyResult<PyComparisonValue> {
        op.eq_only(|| {
            let other = class_or_notimplemented!(Self, other);
            Ok(Arc::ptr_eq(&zelf.child, &other.child).into())
        })
    }
}

impl Hashable for PyChild {
    fn hash(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<PyHash> {
        Ok(PyHash::from(zelf.child.pid()))
    }
}

impl Representable for PyChild {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        let state = match zelf.child.ending() {
            None => "running".to_owned(),
            Some(ending) => format!("ended with {}", ending.exit_code()),
        };
        let child = &zelf.child;
        Ok(format!(
            "<ungil.Child {:?}, a {}, {state}>",
            child.name(),
            child.kind().name()
        ))
    }
}
