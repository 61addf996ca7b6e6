//! Host modules: functions, constants, classes and exceptions under a name that `import` finds.

use std::{fmt, sync::Arc};

use rustpython_vm::{
    PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyTypeRef},
};
use serde::Serialize;

use super::{
    Class, HostFunction, IntoAsyncHostFunction, IntoHostFunction, Spawner, definition::ClassDefinition,
    error::find_class, registry, signature::is_identifier,
};
use crate::{
    bridge,
    error::{Error, Result},
    value::{Value, to_value},
};

/// A module that the host offers: what scripts find with `import`.
///
/// ```
/// use ungil::{HostError, HostFunction, Interpreter, Module};
///
/// let shop = Module::new("shop")
///     .doc("What the shop lets scripts do.")
///     .constant("RATE", 0.2)
///     .function("net", |gross: f64| gross / 1.2)
///     .host_function(HostFunction::new("tax", |net: f64, rate: f64| net * rate).arg("net").arg_default("rate", 0.2))
///     .exception("QuotaError", "ValueError")
///     .function("reserve", |count: u32| match count {
///         0..=10 => Ok(count),
///         _ => Err(HostError::new("QuotaError", "at most 10")),
///     });
/// let py = Interpreter::builder().module(shop).build()?;
/// py.exec("
/// import shop
/// assert shop.tax(10.0) == shop.tax(10.0, rate=shop.RATE) == 2.0
/// try:
///     shop.reserve(11)
/// except shop.QuotaError as e:
///     assert isinstance(e, ValueError)
/// ")?;
/// # Ok::<(), ungil::Error>(())
/// ```
///
/// The name may have dots (`"shop.stock"`). Each interpreter makes its own module object when a script first imports
/// it, so what a script changes in the module, no other interpreter sees; the Rust functions and objects behind it are
/// the same for all.
#[derive(Clone)]
pub struct Module(Arc<Definition>);

#[derive(Clone)]
struct Definition {
    name: Arc<str>,
    doc: Option<String>,
    items: Vec<(String, Item)>,
    spawner: Option<Spawner>,
    problem: Option<String>,
}

#[derive(Clone)]
enum Item {
    Function(HostFunction),
    Constant(Value),
    Class(Arc<ClassDefinition>),
    /// With the name of its base.
    Exception(String),
}

impl Module {
    /// An empty module.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(Definition {
            name: Arc::from(name.into()),
            doc: None,
            items: Vec::new(),
            spawner: None,
            problem: None,
        }))
    }

    /// What `help()` shows.
    pub fn doc(mut self, text: impl Into<String>) -> Self {
        self.edit().doc = Some(text.into());
        self
    }

    /// Adds a function or closure.
    pub fn function<Marker>(self, name: impl Into<String>, function: impl IntoHostFunction<Marker>) -> Self {
        self.host_function(HostFunction::new(name, function))
    }

    /// Adds an async function or closure, as [`HostFunction::new_async`] describes it.
    pub fn async_function<Marker>(self, name: impl Into<String>, function: impl IntoAsyncHostFunction<Marker>) -> Self {
        self.host_function(HostFunction::new_async(name, function))
    }

    /// Adds a function that declares more than its name.
    pub fn host_function(self, function: HostFunction) -> Self {
        let function = function.in_module(&self.0.name);
        self.with(function.name().to_owned(), Item::Function(function))
    }

    /// Adds a constant. Each interpreter gets its own copy.
    pub fn constant(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        let value = to_value(&value).unwrap_or_else(|error| {
            self.edit().problem = Some(format!("the constant {name:?} is not data: {error}"));
            Value::None
        });
        self.with(name, Item::Constant(value))
    }

    /// Adds a class.
    pub fn class<T: Send + Sync + 'static>(self, class: Class<T>) -> Self {
        let definition = class.definition().clone();
        // A class that is in several modules says that it is from the first.
        let _ = definition.module.set(self.0.name.clone());
        self.with(definition.name.clone(), Item::Class(definition))
    }

    /// Adds an exception class that derives from `base`: one of this module that was added before, a builtin one, or
    /// any other by module and name. Host functions raise it with `HostError::new("shop.QuotaError", "…")`.
    pub fn exception(self, name: impl Into<String>, base: impl Into<String>) -> Self {
        self.with(name.into(), Item::Exception(base.into()))
    }

    /// What drives the futures of the module's async functions and methods that have no spawner of their own.
    pub fn with_spawner(mut self, spawner: Spawner) -> Self {
        self.edit().spawner = Some(spawner);
        self
    }

    /// The name that scripts import it by.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    fn with(mut self, name: String, item: Item) -> Self {
        let definition = self.edit();
        if !is_identifier(&name) {
            definition.problem = Some(format!("{name:?} is not a name that Python can use"));
        } else if definition.items.iter().any(|(known, _)| *known == name) {
            definition.problem = Some(format!("{name:?} is defined twice"));
        }
        definition.items.push((name, item));
        self
    }

    fn edit(&mut self) -> &mut Definition {
        Arc::make_mut(&mut self.0)
    }

    /// Sets the spawner where the module has none of its own.
    pub(crate) fn with_default_spawner(mut self, spawner: &Spawner) -> Self {
        if self.0.spawner.is_none() {
            self.edit().spawner = Some(spawner.clone());
        }
        self
    }

    /// Reports what is wrong with the module's definitions.
    pub(crate) fn check(&self) -> Result<()> {
        let name = &self.0.name;
        if !name.split('.').all(is_identifier) {
            return Err(Error::config(format!(
                "host module {name:?}: that is not a name that Python can import"
            )));
        }
        if let Some(problem) = &self.0.problem {
            return Err(Error::config(format!("host module {name}: {problem}")));
        }
        for (_, item) in &self.0.items {
            match item {
                Item::Function(function) => function.check()?,
                Item::Class(class) => class.check()?,
                Item::Constant(_) | Item::Exception(_) => {}
            }
        }
        Ok(())
    }

    /// Makes the module's classes those for their Rust types in the interpreter on this thread, imported or not.
    pub(crate) fn offer_classes(&self) {
        for (_, item) in &self.0.items {
            if let Item::Class(class) = item {
                registry::offer(class, self.0.spawner.as_ref());
            }
        }
    }

    /// Makes the module object for the interpreter on this thread. It is not in `sys.modules` yet.
    pub(crate) fn build(&self, vm: &VirtualMachine) -> PyResult<PyRef<PyModule>> {
        let definition = &*self.0;
        self.offer_classes();
        let doc = definition.doc.as_deref().map(|doc| vm.ctx.new_str(doc));
        let namespace = vm.ctx.new_dict();
        let module = vm.new_module(&definition.name, namespace.clone(), doc);
        for (name, item) in &definition.items {
            let object: PyObjectRef = match item {
                Item::Function(function) => {
                    let function = function.clone();
                    match &definition.spawner {
                        Some(spawner) => function.with_default_spawner(spawner).to_python(vm),
                        None => function.to_python(vm),
                    }
                }
                Item::Constant(value) => bridge::to_python(vm, value.clone())?,
                Item::Class(class) => registry::class_object(vm, class)?.into(),
                Item::Exception(base) => {
                    let base = match namespace.get_item_opt(&*vm.ctx.new_str(base.as_str()), vm)? {
                        Some(own) => own.try_into_value::<PyTypeRef>(vm)?,
                        None => find_class(vm, base, None)?,
                    };
                    vm.ctx
                        .new_exception_type(&definition.name, name, Some(vec![base]))
                        .into()
                }
            };
            namespace.set_item(name.as_str(), object, vm)?;
        }
        Ok(module)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.items.iter().map(|(name, _)| name);
        write!(f, "Module({}: ", self.0.name)?;
        f.debug_list().entries(names).finish()?;
        f.write_str(")")
    }
}
