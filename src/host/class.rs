//! Rust types as Python classes.

use std::{any::TypeId, fmt, marker::PhantomData, sync::Arc};

use serde::Serialize;

use super::{
    HostFunction, HostRef, IntoAsyncHostMethod, IntoConstructor, IntoHostFunction, IntoHostMethod,
    definition::{ClassDefinition, Member},
    registry,
};
use crate::value::{Value, to_value};

/// A Rust type that scripts see as a class, with the methods and properties that are listed here.
///
/// The type stays what it is, and its values stay in Rust: an instance in Python is a reference to one. All
/// interpreters may use the same value at the same time, so methods get `&T`, and `T` is `Send + Sync`; what changes in
/// it is an atomic or behind a lock.
///
/// ```
/// use std::sync::Mutex;
/// use ungil::{Class, HostError, Interpreter, Module};
///
/// struct Account { owner: String, cents: Mutex<i64> }
///
/// let account = Class::<Account>::new("Account")
///     .doc("Money of somebody.")
///     .constructor(|owner: String| Account { owner, cents: Mutex::new(0) })
///     .method("deposit", |this: &Account, cents: i64| *this.cents.lock().unwrap() += cents)
///     .method("withdraw", |this: &Account, cents: i64| {
///         let mut balance = this.cents.lock().unwrap();
///         if cents > *balance {
///             return Err(HostError::new("ValueError", format!("only {} cents are left", *balance)));
///         }
///         *balance -= cents;
///         Ok(*balance)
///     })
///     .property("owner", |this: &Account| this.owner.clone())
///     .method("__repr__", |this: &Account| format!("<account of {}>", this.owner));
///
/// let py = Interpreter::builder().module(Module::new("bank").class(account)).build()?;
/// py.exec("
/// from bank import Account
/// mine = Account('Ada')
/// mine.deposit(500)
/// assert mine.withdraw(200) == 300
/// assert mine.owner == 'Ada' and repr(mine) == '<account of Ada>' and isinstance(mine, Account)
/// try:
///     mine.withdraw(1000)
/// except ValueError as e:
///     assert str(e) == 'only 300 cents are left'
/// ")?;
/// # Ok::<(), ungil::Error>(())
/// ```
///
/// Python's special methods (`__len__`, `__getitem__`, `__enter__`, …) work as in any class. Scripts can derive from
/// the class; what crosses of an instance of such a class is the Rust value, without the script's own attributes.
pub struct Class<T> {
    definition: Arc<ClassDefinition>,
    value: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Class<T> {
    /// A class without members, whose instances only Rust can make.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            definition: Arc::new(ClassDefinition::new(name.into(), TypeId::of::<T>())),
            value: PhantomData,
        }
    }

    /// What `help()` shows.
    pub fn doc(mut self, text: impl Into<String>) -> Self {
        self.edit().doc = Some(text.into());
        self
    }

    /// Lets scripts make instances: `Account("Ada")` calls the function, which returns a `T` or a `Result` of it.
    pub fn constructor<Marker>(self, function: impl IntoConstructor<T, Marker>) -> Self {
        self.constructor_with(function, |function| function)
    }

    /// The same, for one that declares names and defaults of its arguments: `|f| f.arg("owner").arg_default("cents", 0)`.
    pub fn constructor_with<Marker>(
        mut self,
        function: impl IntoConstructor<T, Marker>,
        declare: impl FnOnce(HostFunction) -> HostFunction,
    ) -> Self {
        self.edit().constructor = Some(declare(HostFunction::constructor(function)));
        self
    }

    /// Adds a method. The function gets the instance as `&T`, or as [`HostRef<T>`] where it keeps or returns it.
    pub fn method<Marker>(self, name: impl Into<String>, function: impl IntoHostMethod<T, Marker>) -> Self {
        self.method_with(name, function, |method| method)
    }

    /// The same, for one that declares names and defaults of its arguments, or has a documentation.
    ///
    /// ```
    /// use ungil::{Class, HostRef, Interpreter, Module};
    ///
    /// struct Scale(f64);
    /// let class = Class::<Scale>::new("Scale").constructor(Scale).method_with(
    ///     "apply",
    ///     |this: &Scale, x: f64, offset: f64| this.0 * x + offset,
    ///     |method| method.arg("x").arg_default("offset", 0.0).doc("Scales x."),
    /// );
    /// let py = Interpreter::builder().module(Module::new("scales").class(class)).build()?;
    /// py.exec("from scales import Scale")?;
    /// assert_eq!(py.eval::<f64>("Scale(3.0).apply(2.0, offset=1.0)")?, 7.0);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn method_with<Marker>(
        mut self,
        name: impl Into<String>,
        function: impl IntoHostMethod<T, Marker>,
        declare: impl FnOnce(HostFunction) -> HostFunction,
    ) -> Self {
        let name = name.into();
        let method = declare(HostFunction::method(name.clone(), function));
        self.edit().add(name, Member::Method(method));
        self
    }

    /// Adds an async method, as [`HostFunction::new_async`] does a function. It gets the instance as [`HostRef<T>`].
    pub fn async_method<Marker>(
        mut self,
        name: impl Into<String>,
        function: impl IntoAsyncHostMethod<T, Marker>,
    ) -> Self {
        let name = name.into();
        let method = HostFunction::async_method(name.clone(), function);
        self.edit().add(name, Member::Method(method));
        self
    }

    /// Adds a property that scripts can read.
    pub fn property<Marker>(mut self, name: impl Into<String>, getter: impl IntoHostMethod<T, Marker>) -> Self {
        let name = name.into();
        let get = HostFunction::method(name.clone(), getter);
        self.edit().add(name, Member::Property { get, set: None });
        self
    }

    /// Adds a property that scripts can read and assign to.
    pub fn property_mut<GetMarker, SetMarker>(
        mut self,
        name: impl Into<String>,
        getter: impl IntoHostMethod<T, GetMarker>,
        setter: impl IntoHostMethod<T, SetMarker>,
    ) -> Self {
        let name = name.into();
        let get = HostFunction::method(name.clone(), getter);
        let set = Some(HostFunction::method(name.clone(), setter));
        self.edit().add(name, Member::Property { get, set });
        self
    }

    /// Adds a function that is called without an instance: `Account.parse("…")`.
    pub fn static_function<Marker>(mut self, name: impl Into<String>, function: impl IntoHostFunction<Marker>) -> Self {
        let name = name.into();
        let function = HostFunction::new(name.clone(), function);
        self.edit().add(name, Member::Static(function));
        self
    }

    /// Adds an attribute of the class itself.
    pub fn constant(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        let definition = self.edit();
        let value = to_value(&value).unwrap_or_else(|error| {
            definition.problem = Some(format!("the constant {name:?} is not data: {error}"));
            Value::None
        });
        definition.add(name, Member::Constant(value));
        self
    }

    /// Makes an instance of this class, for interpreters that have another class for `T`, or none.
    ///
    /// Call it when the class is complete: adding to a class after this makes another class.
    pub fn instance(&self, value: T) -> HostRef<T> {
        HostRef::of_class(value, self.definition.clone())
    }

    pub(super) fn definition(&self) -> &Arc<ClassDefinition> {
        registry::remember(&self.definition);
        &self.definition
    }

    fn edit(&mut self) -> &mut ClassDefinition {
        Arc::make_mut(&mut self.definition)
    }
}

impl<T> Clone for Class<T> {
    fn clone(&self) -> Self {
        Self {
            definition: self.definition.clone(),
            value: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Class<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Class({})", self.definition.name)
    }
}
