//! The declared parameters of a host function, and binding a call's arguments to them as Python does.

use std::borrow::Cow;

use rustpython_vm::{PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef};

use super::arguments::{Arguments, MOST, positional_root};
use crate::{
    bridge::{self, FromPythonError},
    error::ConversionError,
    value::Value,
};

/// What a host function takes.
#[derive(Clone, Default)]
pub(super) struct Signature {
    /// Of the Rust function, without the instance that a method is called on.
    arity: usize,
    /// One for each argument, or none, where no names are declared.
    parameters: Vec<Parameter>,
    method: bool,
}

#[derive(Clone)]
struct Parameter {
    name: String,
    keyword_only: bool,
    default: Option<Value>,
}

/// An argument that a call names.
pub(super) struct Keyword<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: &'a PyObject,
}

impl Signature {
    pub(super) fn new(arity: usize, method: bool) -> Self {
        Self {
            arity,
            parameters: Vec::new(),
            method,
        }
    }

    pub(super) fn arity(&self) -> usize {
        self.arity
    }

    pub(super) fn declare(&mut self, name: String, default: Option<Value>, keyword_only: bool) {
        self.parameters.push(Parameter {
            name,
            keyword_only,
            default,
        });
    }

    /// What is wrong with the declarations, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        let declared = self.parameters.len();
        if declared == 0 {
            return None;
        }
        if declared != self.arity {
            let arity = self.arity;
            return Some(format!(
                "its Rust function takes {arity} argument{}, but {declared} {} declared; declare all or none",
                plural(arity),
                if declared == 1 { "is" } else { "are" },
            ));
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            let name = &parameter.name;
            let before = &self.parameters[..index];
            if !is_identifier(name) {
                return Some(format!("{name:?} is not a name that Python can use for an argument"));
            }
            if before.iter().any(|other| other.name == *name) {
                return Some(format!("the argument {name:?} is declared twice"));
            }
            if !parameter.keyword_only && before.iter().any(|other| other.keyword_only) {
                return Some(format!(
                    "the argument {name:?} follows a keyword-only one; declare it before, or as keyword-only"
                ));
            }
            let after_default = before.iter().any(|other| other.default.is_some());
            if !parameter.keyword_only && parameter.default.is_none() && after_default {
                return Some(format!(
                    "the argument {name:?} without a default follows one that has a default"
                ));
            }
        }
        None
    }

    /// As `inspect.signature` reads it.
    pub(super) fn text(&self) -> String {
        let mut parts = Vec::new();
        if self.method {
            parts.push("$self".to_owned());
        }
        if self.parameters.is_empty() {
            parts.extend((1..=self.arity).map(|index| format!("arg{index}")));
            if !parts.is_empty() {
                parts.push("/".to_owned());
            }
        } else if self.method {
            parts.push("/".to_owned());
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            if parameter.keyword_only && !self.parameters[..index].iter().any(|before| before.keyword_only) {
                parts.push("*".to_owned());
            }
            parts.push(match &parameter.default {
                None => parameter.name.clone(),
                Some(default) => format!("{}={default}", parameter.name),
            });
        }
        format!("({})", parts.join(", "))
    }

    /// Turns a call's arguments into data, in the order of the Rust function's own.
    pub(super) fn fill(
        &self,
        vm: &VirtualMachine,
        label: &str,
        positional: &[PyObjectRef],
        keywords: &[Keyword<'_>],
        arguments: &mut Arguments,
    ) -> PyResult<()> {
        let plain = keywords.is_empty()
            && positional.len() == self.arity
            && !self.parameters.last().is_some_and(|last| last.keyword_only);
        if !plain {
            return self.bind(vm, label, positional, keywords, arguments);
        }
        for (index, object) in positional.iter().enumerate() {
            let value = bridge::from_python(vm, object, positional_root(index))
                .map_err(|error| self.not_data(vm, label, index, error))?;
            arguments.set(index, value, positional_root(index));
        }
        Ok(())
    }

    fn bind(
        &self,
        vm: &VirtualMachine,
        label: &str,
        positional: &[PyObjectRef],
        keywords: &[Keyword<'_>],
        arguments: &mut Arguments,
    ) -> PyResult<()> {
        let mut objects: [Option<&PyObject>; MOST] = [None; MOST];
        let mut named = [false; MOST];
        let places = self.positional_places();
        for (place, object) in objects.iter_mut().zip(positional).take(places) {
            *place = Some(object);
        }
        for keyword in keywords {
            let name = &*keyword.name;
            let Some(index) = self.parameters.iter().position(|parameter| parameter.name == name) else {
                return Err(vm.new_type_error(format!("{label}() got an unexpected keyword argument '{name}'")));
            };
            if objects[index].replace(keyword.value).is_some() {
                return Err(vm.new_type_error(format!("{label}() got multiple values for argument '{name}'")));
            }
            named[index] = true;
        }
        let keyword_only_given = (places..self.arity).filter(|index| named[*index]).count();
        if positional.len() > places || (self.parameters.is_empty() && positional.len() < places) {
            return Err(vm.new_type_error(self.wrong_count(label, positional.len(), keyword_only_given)));
        }
        self.missing(label, &objects).map_err(|text| vm.new_type_error(text))?;
        for (index, object) in objects.into_iter().enumerate().take(self.arity) {
            let (value, root) = match object {
                Some(object) => {
                    let root: Cow<'static, str> = if named[index] {
                        format!("kwargs[{:?}]", self.parameters[index].name).into()
                    } else {
                        positional_root(index).into()
                    };
                    let value = bridge::from_python(vm, object, root.clone())
                        .map_err(|error| self.not_data(vm, label, index, error))?;
                    (value, root)
                }
                None => {
                    let parameter = &self.parameters[index];
                    (parameter.default.clone().unwrap_or_default(), "default".into())
                }
            };
            arguments.set(index, value, root);
        }
        Ok(())
    }

    fn positional_places(&self) -> usize {
        if self.parameters.is_empty() {
            return self.arity;
        }
        self.parameters
            .iter()
            .filter(|parameter| !parameter.keyword_only)
            .count()
    }

    /// As CPython words it.
    fn wrong_count(&self, label: &str, given: usize, keyword_only_given: usize) -> String {
        let this = usize::from(self.method);
        let most = self.positional_places() + this;
        let defaults = self
            .parameters
            .iter()
            .filter(|parameter| !parameter.keyword_only && parameter.default.is_some())
            .count();
        let given = given + this;
        let (takes, ending) = if defaults > 0 {
            (format!("from {} to {most}", most - defaults), "s")
        } else {
            (most.to_string(), plural(most))
        };
        let (extra, verb) = if keyword_only_given > 0 {
            let extra = format!(
                " positional argument{} (and {keyword_only_given} keyword-only argument{})",
                plural(given),
                plural(keyword_only_given),
            );
            (extra, "were")
        } else {
            (String::new(), if given == 1 { "was" } else { "were" })
        };
        format!("{label}() takes {takes} positional argument{ending} but {given}{extra} {verb} given")
    }

    fn missing(&self, label: &str, objects: &[Option<&PyObject>; MOST]) -> Result<(), String> {
        let missing = |keyword_only: bool| -> Vec<String> {
            self.parameters
                .iter()
                .zip(objects)
                .filter(|(parameter, object)| {
                    parameter.keyword_only == keyword_only && parameter.default.is_none() && object.is_none()
                })
                .map(|(parameter, _)| format!("'{}'", parameter.name))
                .collect()
        };
        for (keyword_only, kind) in [(false, "positional"), (true, "keyword-only")] {
            let names = missing(keyword_only);
            if let Some((last, others)) = names.split_last() {
                let count = names.len();
                let list = match others {
                    [] => last.clone(),
                    [first] => format!("{first} and {last}"),
                    _ => format!("{}, and {last}", others.join(", ")),
                };
                return Err(format!(
                    "{label}() missing {count} required {kind} argument{}: {list}",
                    plural(count),
                ));
            }
        }
        Ok(())
    }

    fn not_data(&self, vm: &VirtualMachine, label: &str, index: usize, error: FromPythonError) -> PyBaseExceptionRef {
        match error {
            FromPythonError::Conversion(error) => self.wrong_type(vm, label, index, &error),
            other => other.into_pyexception(vm),
        }
    }

    /// A `TypeError` that names the argument, and the path to the part of it that is wrong.
    pub(super) fn wrong_type(
        &self,
        vm: &VirtualMachine,
        label: &str,
        index: usize,
        error: &ConversionError,
    ) -> PyBaseExceptionRef {
        let argument = match self.parameters.get(index) {
            Some(parameter) => format!("'{}'", parameter.name),
            None => (index + 1).to_string(),
        };
        let text = format!("{label}() argument {argument} ({}): {}", error.path(), error.message());
        vm.new_exception_msg(bridge::exceptions(vm).conversion, text.into())
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Good enough for names that a program's author writes: Python's own check knows more letters.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}
