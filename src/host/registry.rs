//! Which class stands for a Rust type: in one interpreter, and for want of that in the process.

use std::{
    any::TypeId,
    cell::RefCell,
    collections::HashMap,
    mem::ManuallyDrop,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, builtins::PyTypeRef};

use super::{
    Spawner,
    class_object::build_class,
    definition::ClassDefinition,
    instance::{AnyInstance, short_name},
    object::HostObject,
};
use crate::control::Control;

/// The class that was last given to a module, for each Rust type. The modules keep them alive.
static KNOWN: Mutex<Option<HashMap<TypeId, Weak<ClassDefinition>>>> = Mutex::new(None);

thread_local! {
    // Never dropped by the end of its thread: if a panic has retired the interpreter, nothing of it may run again.
    static LOCAL: ManuallyDrop<RefCell<Local>> = ManuallyDrop::default();
}

/// The classes of the interpreter on this thread.
#[derive(Default)]
struct Local {
    interpreter: u64,
    /// Those of its own modules, imported or not.
    own: HashMap<TypeId, Arc<ClassDefinition>>,
    /// What drives the async methods of those, by the address of their definition.
    spawners: HashMap<usize, Spawner>,
    /// Those that were made so far, by the address of their definition, which is kept so that the address stays its own.
    made: HashMap<usize, (Arc<ClassDefinition>, PyTypeRef)>,
}

/// Lets references of the class's Rust type find it, in every interpreter that has no class of its own for it.
pub(super) fn remember(definition: &Arc<ClassDefinition>) {
    let mut known = KNOWN.lock();
    let known = known.get_or_insert_default();
    known.retain(|_, class| class.strong_count() > 0);
    known.insert(definition.value_type, Arc::downgrade(definition));
}

/// Makes the class the one for its Rust type in the interpreter on this thread.
pub(super) fn offer(definition: &Arc<ClassDefinition>, spawner: Option<&Spawner>) {
    with_local(|local| {
        local
            .own
            .entry(definition.value_type)
            .or_insert_with(|| definition.clone());
        if let Some(spawner) = spawner {
            local.spawners.insert(address_of(definition), spawner.clone());
        }
    });
}

fn address_of(definition: &Arc<ClassDefinition>) -> usize {
    Arc::as_ptr(definition).addr()
}

/// Lets go of the classes of the interpreter on this thread, which is being finalized.
pub(super) fn forget() {
    let local = LOCAL.with(|local| local.take());
    drop(local);
}

/// The class object, the same one for each call in an interpreter.
pub(super) fn class_object(vm: &VirtualMachine, definition: &Arc<ClassDefinition>) -> PyResult<PyTypeRef> {
    let address = address_of(definition);
    let (made, spawner) = with_local(|local| {
        let made = local.made.get(&address).map(|(_, class)| class.clone());
        (made, local.spawners.get(&address).cloned())
    });
    if let Some(class) = made {
        return Ok(class);
    }
    // Not borrowed here: making a class runs Python.
    let class = build_class(vm, definition, spawner.as_ref())?;
    with_local(|local| local.made.insert(address, (definition.clone(), class.clone())));
    Ok(class)
}

/// The Python object that stands for `instance` here.
pub(super) fn materialize(vm: &VirtualMachine, instance: Arc<dyn AnyInstance>) -> PyResult<PyObjectRef> {
    let Some(definition) = find(&*instance) else {
        let name = short_name(instance.rust_name());
        return Err(vm.new_type_error(format!(
            "no class is known for the Rust type {}; add ungil::Class::<{name}> to a module of this interpreter",
            instance.rust_name(),
        )));
    };
    let class = class_object(vm, &definition)?;
    HostObject::make(vm, class, instance)
}

fn find(instance: &dyn AnyInstance) -> Option<Arc<ClassDefinition>> {
    if let Some(definition) = instance.class().get() {
        return Some(definition.clone());
    }
    let value_type = instance.value_type();
    with_local(|local| local.own.get(&value_type).cloned()).or_else(|| {
        let known = KNOWN.lock();
        known.as_ref()?.get(&value_type)?.upgrade()
    })
}

fn with_local<R>(body: impl FnOnce(&mut Local) -> R) -> R {
    let interpreter = Control::current().map_or(0, |control| control.id());
    LOCAL.with(|local| {
        if local.borrow().interpreter != interpreter {
            // What is dropped here may run code, so it is no longer borrowed.
            drop(local.replace(Local {
                interpreter,
                ..Local::default()
            }));
        }
        body(&mut local.borrow_mut())
    })
}
