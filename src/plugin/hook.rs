//! Hooks as the host calls them: typed, of all plugins, of the first that answers, or of one after the other.

use std::{cmp::Reverse, fmt, marker::PhantomData, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    CallError,
    flight::{Answer, Flight},
    shared::Shared,
    slot::Plugin,
};
use crate::{
    Value,
    error::{ConversionError, Result},
    value::{from_value_at, to_value_at},
};

/// A hook of a host's plugins, with the types of its arguments and of an answer.
///
/// Made by [`PluginHost::hook`](super::PluginHost::hook). `A` is a tuple of arguments, `R` an answer; both are any types that
/// serde knows. A plugin answers by a function of the hook's name, or by one marked `@hook("name", priority=10)`; those of
/// a high priority come first, and those of one priority in the order of the plugins' names.
///
/// Each call has a deadline, which is [`PluginHostBuilder::deadline`](super::PluginHostBuilder::deadline) or
/// [`Hook::with_deadline`]. A plugin that is late is stopped, and its answer is [`CallError::Deadline`], or the limit with
/// the place in its code; the others are not affected. What cannot be stopped costs its interpreter, which is replaced.
///
/// It can be cloned, and used from any thread. In a function that plugins call, a call of the plugin that calls is an
/// [`Error::Reentrant`](crate::Error::Reentrant) in its answer.
pub struct Hook<A, R> {
    host: Arc<Shared>,
    name: Arc<str>,
    deadline: Duration,
    types: PhantomData<fn(A) -> R>,
}

/// What the first plugin that had an answer said.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct First<R> {
    /// The plugin and its answer; `None` if none had one.
    pub answer: Option<(Arc<str>, R)>,
    /// Why others, which were asked at the same time, had none until then.
    pub errors: Vec<(Arc<str>, CallError)>,
}

/// What became of a value that went through all plugins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Chained<R> {
    /// What the last plugin returned; what was given, if none returned anything.
    pub value: R,
    /// What each plugin did: `Ok(true)` if it returned another value, `Ok(false)` for `None`, which changes nothing. One
    /// that failed changes nothing either.
    pub steps: Vec<Answer<bool>>,
}

impl<A, R> Hook<A, R> {
    pub(super) fn new(host: Arc<Shared>, name: Arc<str>) -> Self {
        let deadline = host.settings.deadline;
        Self {
            host,
            name,
            deadline,
            types: PhantomData,
        }
    }

    /// The same hook with another deadline: for the answers of all plugins in [`Hook::all`] and [`Hook::first`], and for
    /// each one in [`Hook::chain`].
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Self {
            deadline,
            ..self.clone()
        }
    }

    /// The name that plugins know it by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The plugins that answer it now, in the order in which they are called, one for each function.
    pub fn plugins(&self) -> Vec<Arc<str>> {
        let targets = self.targets();
        targets.into_iter().map(|target| target.plugin.name.clone()).collect()
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        for plugin in &*self.host.plugins() {
            let priorities = plugin.priorities(&self.name);
            targets.extend(priorities.into_iter().enumerate().map(|(nth, priority)| Target {
                plugin: plugin.clone(),
                nth,
                priority,
            }));
        }
        targets.sort_by_key(|target| Reverse(target.priority));
        targets
    }

    fn fly<T>(&self, flight: &mut Flight<T>, target: &Target, args: Vec<Value>) {
        let call = target.plugin.call(&self.name, target.nth, args, self.deadline);
        flight.add(&target.plugin.name, call);
    }
}

/// A function of a plugin that is to be called.
struct Target {
    plugin: Arc<Plugin>,
    nth: usize,
    priority: i64,
}

impl<A, R> Hook<A, R>
where
    A: Serialize,
    R: DeserializeOwned + Send,
{
    /// Calls all plugins at the same time and waits for their answers, in the order of [`Hook::plugins`].
    ///
    /// # Errors
    /// [`Error::Conversion`](crate::Error::Conversion) if the arguments cannot cross. What goes wrong in a plugin is in its
    /// answer.
    pub fn all(&self, args: &A) -> Result<Vec<Answer<R>>> {
        Ok(self.depart(args, convert::<R>, |_| false)?.wait())
    }

    /// As [`Hook::all`], for an async host on any runtime. Dropped, it stops the calls.
    ///
    /// # Errors
    /// As [`Hook::all`].
    pub fn all_async(&self, args: &A) -> impl Future<Output = Result<Vec<Answer<R>>>> + Send + use<A, R> {
        let flight = self.depart(args, convert::<R>, |_| false);
        async move { Ok(flight?.await) }
    }

    /// Calls all plugins at the same time and takes the first answer that is not `None`; the other calls are stopped.
    ///
    /// # Errors
    /// As [`Hook::all`].
    pub fn first(&self, args: &A) -> Result<First<R>> {
        let flight = self.depart(args, convert_some::<R>, Option::is_some)?;
        Ok(First::of(flight.wait()))
    }

    /// As [`Hook::first`], for an async host on any runtime. Dropped, it stops the calls.
    ///
    /// # Errors
    /// As [`Hook::all`].
    pub fn first_async(&self, args: &A) -> impl Future<Output = Result<First<R>>> + Send + use<A, R> {
        let flight = self.depart(args, convert_some::<R>, Option::is_some);
        async move { Ok(First::of(flight?.await)) }
    }

    fn depart<T>(
        &self,
        args: &A,
        convert: fn(Value) -> Result<T, ConversionError>,
        enough: fn(&T) -> bool,
    ) -> Result<Flight<T>> {
        let args = spread(to_value_at("args", args)?);
        let mut flight = Flight::new(self.deadline, convert, enough);
        let targets = self.targets();
        if let Some((last, others)) = targets.split_last() {
            for target in others {
                self.fly(&mut flight, target, args.clone());
            }
            self.fly(&mut flight, last, args);
        }
        Ok(flight)
    }

    /// Calls one plugin after the other. The first argument of each is what the one before it returned; `None` leaves it as
    /// it is. A plugin that fails is passed over.
    ///
    /// # Errors
    /// [`Error::Conversion`](crate::Error::Conversion) if the arguments cannot cross, or nobody changes the first of them
    /// and it is no `R`.
    pub fn chain(&self, args: &A) -> Result<Chained<R>> {
        let mut chain = Chain::new(self.targets(), to_value_at("args", args)?);
        while let Some(target) = chain.targets.next() {
            let answers = self.step(&target, chain.args.clone()).wait();
            chain.take(answers);
        }
        chain.end()
    }

    /// As [`Hook::chain`], for an async host on any runtime. Dropped, it stops the call that is under way.
    ///
    /// # Errors
    /// As [`Hook::chain`].
    pub fn chain_async(&self, args: &A) -> impl Future<Output = Result<Chained<R>>> + Send + use<A, R> {
        let args = to_value_at("args", args);
        let hook = self.clone();
        async move {
            let mut chain = Chain::new(hook.targets(), args?);
            while let Some(target) = chain.targets.next() {
                let flight = hook.step(&target, chain.args.clone());
                chain.take(flight.await);
            }
            chain.end()
        }
    }

    fn step(&self, target: &Target, args: Vec<Value>) -> Flight<Option<Value>> {
        let mut flight = Flight::new(self.deadline, convert_checked::<R>, |_| false);
        self.fly(&mut flight, target, args);
        flight
    }

    /// Calls one plugin, by its name.
    ///
    /// # Errors
    /// As [`Hook::all`]. `Ok(None)` if there is no such plugin, or it does not answer this hook.
    pub fn call(&self, plugin: &str, args: &A) -> Result<Option<Answer<R>>> {
        let args = spread(to_value_at("args", args)?);
        let Some(target) = self.targets().into_iter().find(|target| *target.plugin.name == *plugin) else {
            return Ok(None);
        };
        let mut flight = Flight::new(self.deadline, convert::<R>, |_| false);
        self.fly(&mut flight, &target, args);
        Ok(flight.wait().pop())
    }

    /// As [`Hook::call`], for an async host on any runtime. Dropped, it stops the call.
    ///
    /// # Errors
    /// As [`Hook::call`].
    pub fn call_async(
        &self,
        plugin: &str,
        args: &A,
    ) -> impl Future<Output = Result<Option<Answer<R>>>> + Send + use<A, R> {
        let target = self.targets().into_iter().find(|target| *target.plugin.name == *plugin);
        let flight = to_value_at("args", args).map(|args| {
            let mut flight = Flight::new(self.deadline, convert::<R>, |_| false);
            if let Some(target) = &target {
                self.fly(&mut flight, target, spread(args));
            }
            flight
        });
        async move { Ok(flight?.await.pop()) }
    }
}

impl<R> First<R> {
    fn of(answers: Vec<Answer<Option<R>>>) -> Self {
        let mut first = Self {
            answer: None,
            errors: Vec::new(),
        };
        for Answer { plugin, result, .. } in answers {
            match result {
                Ok(Some(answer)) if first.answer.is_none() => first.answer = Some((plugin, answer)),
                Ok(_) => {}
                Err(error) => first.errors.push((plugin, error)),
            }
        }
        first
    }
}

/// A chain on its way.
struct Chain {
    targets: std::vec::IntoIter<Target>,
    args: Vec<Value>,
    steps: Vec<Answer<bool>>,
}

impl Chain {
    fn new(targets: Vec<Target>, args: Value) -> Self {
        Self {
            targets: targets.into_iter(),
            args: spread(args),
            steps: Vec::new(),
        }
    }

    fn take(&mut self, answers: Vec<Answer<Option<Value>>>) {
        for answer in answers {
            let result = answer.result.map(|value| match value {
                None => false,
                Some(value) => {
                    match self.args.first_mut() {
                        Some(first) => *first = value,
                        None => self.args.push(value),
                    }
                    true
                }
            });
            self.steps.push(Answer {
                plugin: answer.plugin,
                generation: answer.generation,
                result,
                took: answer.took,
            });
        }
    }

    fn end<R: DeserializeOwned>(self) -> Result<Chained<R>> {
        let value = self.args.into_iter().next().unwrap_or_default();
        Ok(Chained {
            value: from_value_at("args[0]", value)?,
            steps: self.steps,
        })
    }
}

fn convert<R: DeserializeOwned>(value: Value) -> Result<R, ConversionError> {
    from_value_at("result", value)
}

fn convert_some<R: DeserializeOwned>(value: Value) -> Result<Option<R>, ConversionError> {
    match value {
        Value::None => Ok(None),
        value => convert(value).map(Some),
    }
}

/// The value itself, if it is an answer.
fn convert_checked<R: DeserializeOwned>(value: Value) -> Result<Option<Value>, ConversionError> {
    if value.is_none() {
        return Ok(None);
    }
    convert::<R>(value.clone())?;
    Ok(Some(value))
}

/// The elements of a tuple are the arguments; anything else is one argument.
fn spread(args: Value) -> Vec<Value> {
    match args {
        Value::Tuple(items) => items,
        Value::None => Vec::new(),
        single => vec![single],
    }
}

impl<A, R> Clone for Hook<A, R> {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
            name: self.name.clone(),
            deadline: self.deadline,
            types: PhantomData,
        }
    }
}

impl<A, R> fmt::Debug for Hook<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("name", &self.name)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
