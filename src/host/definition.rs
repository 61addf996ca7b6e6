//! A host class without its Rust type: what it is called and what it has.

use std::{
    any::TypeId,
    sync::{Arc, OnceLock},
};

use super::{HostFunction, Spawner, signature::is_identifier};
use crate::{
    error::{Error, Result},
    value::Value,
};

/// What a class says of itself, the same for all interpreters.
#[derive(Clone)]
pub(super) struct ClassDefinition {
    pub(super) name: String,
    /// Set when the class is put into a module.
    pub(super) module: OnceLock<Arc<str>>,
    pub(super) doc: Option<String>,
    /// Of the instances' values.
    pub(super) value_type: TypeId,
    pub(super) constructor: Option<HostFunction>,
    pub(super) members: Vec<(String, Member)>,
    pub(super) problem: Option<String>,
}

#[derive(Clone)]
pub(super) enum Member {
    Method(HostFunction),
    Static(HostFunction),
    Property {
        get: HostFunction,
        set: Option<HostFunction>,
    },
    Constant(Value),
}

/// Names that a class cannot give to a member, because making instances depends on them.
const TAKEN: [&str; 7] = [
    "__new__",
    "__init__",
    "__class__",
    "__slots__",
    "__module__",
    "__dict__",
    "__weakref__",
];

impl ClassDefinition {
    pub(super) fn new(name: String, value_type: TypeId) -> Self {
        Self {
            name,
            module: OnceLock::new(),
            doc: None,
            value_type,
            constructor: None,
            members: Vec::new(),
            problem: None,
        }
    }

    pub(super) fn add(&mut self, name: String, member: Member) {
        if !is_identifier(&name) {
            self.problem = Some(format!("{name:?} is not a name that Python can use"));
        } else if TAKEN.contains(&name.as_str()) {
            self.problem = Some(format!(
                "{name:?} cannot be defined here; instances are made by the constructor"
            ));
        } else if self.members.iter().any(|(known, _)| *known == name) {
            self.problem = Some(format!("{name:?} is defined twice"));
        }
        if let Member::Property { get, set } = &member {
            let setter_arity = set.as_ref().map_or(1, HostFunction::arity);
            if get.arity() != 0 || setter_arity != 1 {
                self.problem = Some(format!(
                    "the property {name:?} needs a getter without arguments, and a setter with one"
                ));
            }
        }
        self.members.push((name, member));
    }

    /// Reports what is wrong with the definition.
    pub(super) fn check(&self) -> Result<()> {
        let name = &self.name;
        if !is_identifier(name) {
            return Err(Error::config(format!(
                "host class {name:?}: that is not a name that Python can use"
            )));
        }
        if let Some(problem) = &self.problem {
            return Err(Error::config(format!("host class {name}: {problem}")));
        }
        let functions = self.members.iter().filter_map(|(_, member)| match member {
            Member::Method(function) | Member::Static(function) => Some(function),
            Member::Property { .. } | Member::Constant(_) => None,
        });
        for function in functions.chain(&self.constructor) {
            function.clone().in_class(name).check()?;
        }
        Ok(())
    }

    /// A function of the class as one interpreter gets it: with what it learnt from its module.
    pub(super) fn finished(&self, function: &HostFunction, spawner: Option<&Spawner>) -> HostFunction {
        let mut function = function.clone().in_class(&self.name);
        if let Some(spawner) = spawner {
            function = function.with_default_spawner(spawner);
        }
        match self.module.get() {
            Some(module) => function.in_module(module),
            None => function,
        }
    }
}
