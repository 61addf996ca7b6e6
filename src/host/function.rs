//! Rust functions as scripts see them.

use std::{fmt, sync::Arc};

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, function::FuncArgs};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    IntoAsyncHostFunction, IntoAsyncHostMethod, IntoConstructor, IntoHostFunction, IntoHostMethod, Spawner,
    arguments::{Arguments, Failure, catch},
    callable::HostFunctionObject,
    future::HostFutureObject,
    instance::{AnyInstance, Instance},
    returns::Outcome,
    signature::{Keyword, Signature},
    stop_token,
    traits::Pending,
};
use crate::{
    bridge,
    control::in_host,
    error::{Error, Result},
    fence::{self, HostOwned},
    value::{Handle, Shared, Value, deserialize_handle, serialize_handle, to_value},
};

/// A Rust function under a name that scripts call it by, with the names and defaults of its arguments.
///
/// `builder.function("tax", f)` makes a plain one; this type is for those that declare more:
///
/// ```
/// use ungil::{HostFunction, Interpreter};
///
/// let tax = HostFunction::new("tax", |amount: f64, rate: f64| amount * rate)
///     .arg("amount")
///     .arg_default("rate", 0.2)
///     .doc("The tax on an amount.");
/// let py = Interpreter::builder().host_function(tax).build()?;
/// assert_eq!(py.eval::<f64>("tax(10.0)")?, 2.0);
/// assert_eq!(py.eval::<f64>("tax(10.0, rate=0.5)")?, 5.0);
/// let error = py.eval::<f64>("tax()").unwrap_err();
/// assert_eq!(
///     error.as_exception().unwrap().message(),
///     "tax() missing 1 required positional argument: 'amount'",
/// );
/// # Ok::<(), ungil::Error>(())
/// ```
///
/// Without declared names, arguments are positional only. Names are declared for all arguments or for none, in the
/// order of the Rust function's; what is wrong with them is reported when the interpreter is built.
///
/// The function runs on the thread of the interpreter that calls it, while that interpreter waits for it; interpreters
/// call it at the same time, which is why it is `Send + Sync`. A panic in it is raised as `ungil.HostPanic`, and
/// nothing else is affected. Cloning is cheap, and clones are the same function.
///
/// It implements serde's traits, so it can itself be an argument, a result or a channel's item; where it arrives in
/// Python, it can be called.
#[derive(Clone)]
pub struct HostFunction(Arc<Definition>);

#[derive(Clone)]
pub(super) struct Definition {
    name: String,
    /// With its class, if it has one: `Counter.add`.
    label: String,
    module: Option<Arc<str>>,
    doc: Option<String>,
    signature: Signature,
    body: Body,
    spawner: Option<Spawner>,
    inline: bool,
    problem: Option<String>,
}

type Call = dyn Fn(&mut Arguments) -> Outcome + Send + Sync;
type Start = dyn Fn(&mut Arguments) -> Result<Pending, Failure> + Send + Sync;

#[derive(Clone)]
enum Body {
    Now(Arc<Call>),
    Later(Arc<Start>),
}

/// What the host's code gave, or what it panicked with; and what a constructor made.
type Ran<R> = (Result<R, String>, Option<Arc<dyn AnyInstance>>);

impl HostFunction {
    /// Offers a function or closure under a name.
    pub fn new<Marker, F: IntoHostFunction<Marker>>(name: impl Into<String>, function: F) -> Self {
        let signature = Signature::new(F::ARITY, false);
        let body = Body::Now(Arc::new(move |arguments: &mut Arguments| function.invoke(arguments)));
        Self::define(name.into(), signature, body)
    }

    /// Offers an async function under a name. Calling it gives a `HostFuture` at once, which the script awaits, or
    /// waits for with `wait(timeout=None)`.
    ///
    /// The future runs outside the interpreter, on the [`Spawner`] of the function, its module or the interpreter, and
    /// else on one thread of this crate. It is dropped when the script cancels it or lets go of the `HostFuture`.
    ///
    /// ```
    /// use ungil::{HostFunction, Interpreter};
    ///
    /// let fetch = HostFunction::new_async("fetch", |url: String| async move { format!("<h1>{url}</h1>") });
    /// let py = Interpreter::builder().host_function(fetch).build()?;
    /// assert_eq!(py.eval::<String>("fetch('/a').wait()")?, "<h1>/a</h1>");
    /// py.exec("
    /// import asyncio
    /// async def both():
    ///     return await asyncio.gather(fetch('/a'), fetch('/b'))
    /// pages = asyncio.run(both())
    /// ")?;
    /// assert_eq!(py.get::<Vec<String>>("pages")?, ["<h1>/a</h1>", "<h1>/b</h1>"]);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn new_async<Marker, F: IntoAsyncHostFunction<Marker>>(name: impl Into<String>, function: F) -> Self {
        let signature = Signature::new(F::ARITY, false);
        let body = Body::Later(Arc::new(move |arguments: &mut Arguments| function.start(arguments)));
        Self::define(name.into(), signature, body)
    }

    pub(super) fn method<T, Marker, F: IntoHostMethod<T, Marker>>(name: String, function: F) -> Self {
        let signature = Signature::new(F::ARITY, true);
        let body = Body::Now(Arc::new(move |arguments: &mut Arguments| function.invoke(arguments)));
        Self::define(name, signature, body)
    }

    pub(super) fn async_method<T, Marker, F: IntoAsyncHostMethod<T, Marker>>(name: String, function: F) -> Self {
        let signature = Signature::new(F::ARITY, true);
        let body = Body::Later(Arc::new(move |arguments: &mut Arguments| function.start(arguments)));
        Self::define(name, signature, body)
    }

    pub(super) fn constructor<T, Marker, F>(function: F) -> Self
    where
        T: Send + Sync + 'static,
        F: IntoConstructor<T, Marker>,
    {
        let signature = Signature::new(F::ARITY, true);
        let body = Body::Now(Arc::new(move |arguments: &mut Arguments| {
            let value = function.construct(arguments)?;
            arguments.made = Some(Instance::new(value));
            Ok(Value::None)
        }));
        Self::define("__init__".to_owned(), signature, body)
    }

    fn define(name: String, signature: Signature, body: Body) -> Self {
        Self(Arc::new(Definition {
            label: name.clone(),
            name,
            module: None,
            doc: None,
            signature,
            body,
            spawner: None,
            inline: false,
            problem: None,
        }))
    }

    /// Names the next argument. Scripts may then give it by position or by name.
    pub fn arg(mut self, name: impl Into<String>) -> Self {
        self.edit().signature.declare(name.into(), None, false);
        self
    }

    /// Names the next argument, and gives the value that it has where a script leaves it out.
    pub fn arg_default(mut self, name: impl Into<String>, default: impl Serialize) -> Self {
        self.declare_default(name.into(), &default, false);
        self
    }

    /// Names the next argument, which scripts must give by name.
    pub fn keyword_only(mut self, name: impl Into<String>) -> Self {
        self.edit().signature.declare(name.into(), None, true);
        self
    }

    /// Names the next argument, which scripts give by name or leave out.
    pub fn keyword_only_default(mut self, name: impl Into<String>, default: impl Serialize) -> Self {
        self.declare_default(name.into(), &default, true);
        self
    }

    /// What `help()` shows.
    pub fn doc(mut self, text: impl Into<String>) -> Self {
        self.edit().doc = Some(text.into());
        self
    }

    /// What drives the futures of this function, if it is an async one.
    pub fn with_spawner(mut self, spawner: Spawner) -> Self {
        self.edit().spawner = Some(spawner);
        self
    }

    /// Has it run on the interpreter's own thread also where that is fenced in by [`Permissions`](crate::Permissions).
    ///
    /// Calls from a sandboxed interpreter are otherwise messages to an unfenced thread, which costs some microseconds.
    /// On the fenced thread a function that computes works as ever; one that opens files, writes logs or connects does
    /// not, and descriptors of the host's are not there.
    pub fn inline(mut self) -> Self {
        self.edit().inline = true;
        self
    }

    /// The name that scripts call it by.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    fn declare_default(&mut self, name: String, default: &impl Serialize, keyword_only: bool) {
        let definition = self.edit();
        let value = to_value(default).unwrap_or_else(|error| {
            definition.problem = Some(format!("the default of {name:?} is not data: {error}"));
            Value::None
        });
        definition.signature.declare(name, Some(value), keyword_only);
    }

    fn edit(&mut self) -> &mut Definition {
        Arc::make_mut(&mut self.0)
    }

    /// Sets the spawner where the function has none of its own.
    pub(crate) fn with_default_spawner(mut self, spawner: &Spawner) -> Self {
        if self.0.spawner.is_none() && matches!(self.0.body, Body::Later(_)) {
            self.edit().spawner = Some(spawner.clone());
        }
        self
    }

    pub(super) fn in_module(mut self, module: &Arc<str>) -> Self {
        self.edit().module = Some(module.clone());
        self
    }

    pub(super) fn in_class(mut self, class: &str) -> Self {
        self.edit().label = format!("{class}.{}", self.0.name);
        self
    }

    /// Reports what is wrong with the declarations.
    pub(crate) fn check(&self) -> Result<()> {
        match self.0.problem.clone().or_else(|| self.0.signature.problem()) {
            None => Ok(()),
            Some(problem) => Err(Error::config(format!("host function {}(): {problem}", self.0.label))),
        }
    }

    /// `add`, or `Counter.add` for a method.
    pub(super) fn qualified_name(&self) -> &str {
        &self.0.label
    }

    pub(super) fn module(&self) -> Option<&str> {
        self.0.module.as_deref()
    }

    pub(super) fn docs(&self) -> Option<&str> {
        self.0.doc.as_deref()
    }

    pub(super) fn text_signature(&self) -> String {
        self.0.signature.text()
    }

    /// How many arguments the Rust function takes, without the instance that a method is called on.
    pub(super) fn arity(&self) -> usize {
        self.0.signature.arity()
    }

    pub(super) fn spawner(&self) -> Option<&Spawner> {
        self.0.spawner.as_ref()
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// The callable that stands for it in the interpreter of the calling thread.
    pub(crate) fn to_python(&self, vm: &VirtualMachine) -> PyObjectRef {
        HostFunctionObject::make(vm, self.clone())
    }

    /// What a [`Value`] holds to refer to it.
    pub(super) fn handle(&self) -> Handle {
        Handle::new(self.0.clone())
    }

    /// Calls it with a call's arguments as the VM has them.
    pub(crate) fn invoke(&self, vm: &VirtualMachine, args: FuncArgs) -> PyResult {
        self.invoke_with(vm, None, args)
    }

    pub(super) fn invoke_with(
        &self,
        vm: &VirtualMachine,
        receiver: Option<Arc<dyn AnyInstance>>,
        args: FuncArgs,
    ) -> PyResult {
        self.call(vm, receiver, &args.args, &keywords_of(&args))
    }

    /// Calls a constructor.
    pub(super) fn construct(&self, vm: &VirtualMachine, args: FuncArgs) -> PyResult<Arc<dyn AnyInstance>> {
        let keywords = keywords_of(&args);
        let mut arguments = Arguments::new(None);
        self.0
            .signature
            .fill(vm, &self.0.label, &args.args, &keywords, &mut arguments)?;
        let mut made = None;
        if let Body::Now(body) = &self.0.body {
            let outcome;
            (outcome, made) = self.run(vm, body, arguments)?;
            self.finish(vm, outcome)?;
        }
        made.ok_or_else(|| vm.new_system_error(format!("{}() made no instance", self.0.label)))
    }

    /// Calls it: arguments to data, the Rust function, its result to an object.
    pub(super) fn call(
        &self,
        vm: &VirtualMachine,
        receiver: Option<Arc<dyn AnyInstance>>,
        positional: &[PyObjectRef],
        keywords: &[Keyword<'_>],
    ) -> PyResult {
        let definition = &*self.0;
        let mut arguments = Arguments::new(receiver);
        definition
            .signature
            .fill(vm, &definition.label, positional, keywords, &mut arguments)?;
        match &definition.body {
            Body::Now(body) => {
                let (outcome, _) = self.run(vm, body, arguments)?;
                self.finish(vm, outcome)
            }
            Body::Later(body) => match self.run(vm, body, arguments)?.0 {
                Ok(Ok(future)) => HostFutureObject::start(vm, self.clone(), future),
                Ok(Err(failure)) => Err(self.exception(vm, failure)),
                Err(message) => Err(self.panic_exception(vm, message)),
            },
        }
    }

    /// Runs the host's code: here, or on the host's side if this thread is fenced. Gives what a constructor made, too.
    fn run<R: Send + 'static>(
        &self,
        vm: &VirtualMachine,
        body: &Arc<dyn Fn(&mut Arguments) -> R + Send + Sync>,
        mut arguments: Arguments,
    ) -> PyResult<Ran<R>> {
        if self.0.inline || !fence::is_inside() {
            let outcome = in_host(|| catch(|| body(&mut arguments)));
            return Ok((outcome, arguments.made.take()));
        }
        let body = HostOwned::new(body.clone());
        let token = stop_token();
        in_host(|| {
            fence::call(vm, move || {
                let outcome = token.during(|| catch(|| body(&mut arguments)));
                (outcome, arguments.made.take())
            })
        })
    }

    /// What the script gets for the end of a call.
    pub(super) fn finish(&self, vm: &VirtualMachine, outcome: Result<Outcome, String>) -> PyResult {
        match outcome {
            Ok(Ok(value)) => bridge::to_python(vm, value),
            Ok(Err(failure)) => {
                // A function that gave up because the job is to stop is no reason for another error than the stop.
                vm.check_signals()?;
                Err(self.exception(vm, failure))
            }
            Err(message) => Err(self.panic_exception(vm, message)),
        }
    }

    pub(super) fn exception(&self, vm: &VirtualMachine, failure: Failure) -> PyBaseExceptionRef {
        let label = self.qualified_name();
        match failure {
            Failure::Argument(index, error) => self.0.signature.wrong_type(vm, label, index, &error),
            Failure::Result(error) => {
                let error = error.at_root("result");
                let text = format!("{label}() {}: {}", error.path(), error.message());
                vm.new_exception_msg(bridge::exceptions(vm).conversion, text.into())
            }
            Failure::Raised(error) => error.into_exception(vm, self.module()),
            Failure::Receiver => vm.new_type_error(format!(
                "{label}() was called on an object that is not of its class; call it on an instance"
            )),
        }
    }

    pub(super) fn panic_exception(&self, vm: &VirtualMachine, message: String) -> PyBaseExceptionRef {
        let label = self.qualified_name();
        tracing::error!(function = %label, panic = %message, "a host function panicked");
        let text = format!("{label}() panicked: {message}");
        vm.new_exception_msg(bridge::exceptions(vm).host_panic, text.into())
    }
}

fn keywords_of(args: &FuncArgs) -> Vec<Keyword<'_>> {
    let keywords = args.kwargs.iter().map(|(name, value)| Keyword {
        name: name.to_string_lossy(),
        value,
    });
    keywords.collect()
}

impl Shared for Definition {
    fn kind(&self) -> &'static str {
        "host_function"
    }

    fn materialize(self: Arc<Self>, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        Ok(HostFunction(self).to_python(vm))
    }
}

impl Serialize for HostFunction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_handle(&self.handle(), serializer)
    }
}

impl<'de> Deserialize<'de> for HostFunction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let handle = deserialize_handle(deserializer)?;
        handle
            .downcast::<Definition>()
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("expected a host function, found {}", handle.kind())))
    }
}

impl fmt::Debug for HostFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostFunction({}{})", self.qualified_name(), self.text_signature())
    }
}
