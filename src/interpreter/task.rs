//! What an interpreter is asked to do, as a value.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::PathBuf,
    sync::Arc,
};

use serde::Serialize;

use super::Script;
use crate::{
    control::Limits,
    error::{ConversionError, Error, Result},
    value::{Value, to_value_at},
};

/// A description of work for an interpreter or a pool: what to run, with which arguments, in which namespace.
///
/// It belongs to no interpreter, so it can be made anywhere, cloned and sent. A value that cannot cross is reported
/// when the task is run.
///
/// ```
/// # use ungil::{Interpreter, Task};
/// let py = Interpreter::new()?;
/// py.exec("def area(width, height=1): return width * height")?;
/// let job = py.spawn::<i64>(Task::call("area").args((6,)).kwarg("height", 7));
/// assert_eq!(job.wait()?, 42);
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Task {
    pub(super) action: Action,
    pub(super) args: Vec<Value>,
    pub(super) kwargs: Vec<(String, Value)>,
    pub(super) namespace: Namespace,
    pub(super) file: Option<Arc<str>>,
    pub(super) limits: Option<Arc<Limits>>,
    pub(super) retries: u32,
    pub(super) broken: Option<ConversionError>,
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Eval(Arc<str>),
    Exec(Arc<str>),
    File(PathBuf),
    Script(Script),
    Call {
        name: Arc<str>,
        await_result: bool,
    },
    /// Calls the function once for each of `items`; `spread` gives a tuple's elements as arguments.
    CallEach {
        name: Arc<str>,
        items: Vec<Value>,
        spread: bool,
    },
    Get(Arc<str>),
    Set(Arc<str>, Value),
    Import(Arc<str>),
}

/// Where names are looked up and stored.
#[derive(Clone, Debug, Default)]
pub(super) enum Namespace {
    /// The globals of `__main__`, which stay between tasks.
    #[default]
    Main,
    /// Globals made for this task, with these names in them.
    Fresh(Vec<(String, Value)>),
}

impl Task {
    fn new(action: Action) -> Self {
        Self {
            action,
            args: Vec::new(),
            kwargs: Vec::new(),
            namespace: Namespace::Main,
            file: None,
            limits: None,
            retries: 0,
            broken: None,
        }
    }

    /// Evaluates an expression; the result is its value.
    pub fn eval(source: impl Into<Arc<str>>) -> Self {
        Self::new(Action::Eval(source.into()))
    }

    /// Runs statements; the result is `None`.
    pub fn exec(source: impl Into<Arc<str>>) -> Self {
        Self::new(Action::Exec(source.into()))
    }

    /// Runs a Python file with `__name__` as `"__main__"`, and its folder first on the module search path meanwhile.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new(Action::File(path.into()))
    }

    /// Runs a compiled script; the result is the value of one that is an expression, else `None`.
    pub fn script(script: &Script) -> Self {
        Self::new(Action::Script(script.clone()))
    }

    /// Calls the function of that name in `__main__`, or `"module.name"`, which imports the module first.
    pub fn call(name: impl Into<Arc<str>>) -> Self {
        Self::new(Action::Call {
            name: name.into(),
            await_result: false,
        })
    }

    /// Calls a function, and if that gives something to be awaited, awaits it in an event loop of its own.
    pub fn call_async(name: impl Into<Arc<str>>) -> Self {
        Self::new(Action::Call {
            name: name.into(),
            await_result: true,
        })
    }

    /// Reads a variable of `__main__`, or `"module.name"`.
    pub fn get(name: impl Into<Arc<str>>) -> Self {
        Self::new(Action::Get(name.into()))
    }

    /// Sets a variable of `__main__`.
    pub fn set(name: impl Into<Arc<str>>, value: impl Serialize) -> Self {
        let mut broken = None;
        let name = name.into();
        let value = keep_error(to_value_at(name.to_string(), &value), &mut broken).unwrap_or(Value::None);
        Self {
            broken,
            ..Self::new(Action::Set(name, value))
        }
    }

    /// Imports a module and binds its first name in `__main__`, as the statement does.
    pub fn import(module: impl Into<Arc<str>>) -> Self {
        Self::new(Action::Import(module.into()))
    }

    pub(crate) fn call_each(name: impl Into<Arc<str>>, items: Vec<Value>) -> Self {
        Self::each(name.into(), items, false)
    }

    pub(crate) fn starcall_each(name: impl Into<Arc<str>>, items: Vec<Value>) -> Self {
        Self::each(name.into(), items, true)
    }

    fn each(name: Arc<str>, items: Vec<Value>, spread: bool) -> Self {
        Self::new(Action::CallEach { name, items, spread })
    }

    /// The positional arguments of a call: a tuple gives its elements, `()` none, anything else is one argument.
    pub fn args(mut self, args: impl Serialize) -> Self {
        self.args = match keep_error(to_value_at("args", &args), &mut self.broken) {
            Some(Value::Tuple(items)) => items,
            Some(Value::None) | None => Vec::new(),
            Some(single) => vec![single],
        };
        self
    }

    /// A keyword argument of a call.
    pub fn kwarg(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        if let Some(value) = keep_error(to_value_at(name.to_string(), &value), &mut self.broken) {
            self.kwargs.push((name, value));
        }
        self
    }

    /// Runs in globals made for this task alone instead of those of `__main__`, so that it leaves nothing behind.
    /// Has a meaning for [`Task::eval`], [`Task::exec`], [`Task::file`] and [`Task::script`].
    ///
    /// ```
    /// # use ungil::{Interpreter, Task};
    /// let py = Interpreter::new()?;
    /// let job = py.spawn::<i64>(Task::eval("price * 2").in_namespace().with("price", 21));
    /// assert_eq!(job.wait()?, 42);
    /// assert!(py.eval::<i64>("price").is_err());
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn in_namespace(mut self) -> Self {
        if matches!(self.namespace, Namespace::Main) {
            self.namespace = Namespace::Fresh(Vec::new());
        }
        self
    }

    /// A variable in the namespace made for this task (see [`Task::in_namespace`], which this implies).
    pub fn with(self, name: impl Into<String>, value: impl Serialize) -> Self {
        let mut task = self.in_namespace();
        let name = name.into();
        if let Some(value) = keep_error(to_value_at(name.to_string(), &value), &mut task.broken)
            && let Namespace::Fresh(variables) = &mut task.namespace
        {
            variables.push((name, value));
        }
        task
    }

    /// The file name that tracebacks show for the source of [`Task::eval`] and [`Task::exec`].
    pub fn filename(mut self, name: impl Into<Arc<str>>) -> Self {
        self.file = Some(name.into());
        self
    }

    /// What this task may use; goes before the limits of the interpreter or the pool that runs it.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(Arc::new(limits));
        self
    }

    /// How often a pool may run this task again, on another interpreter, when the one that ran it was lost: it could not be
    /// stopped, or its VM panicked. Never by default, because a part of the task's work may have been done. Exceptions and
    /// limits are results like others, and no reason to run it again.
    pub fn retries(mut self, times: u32) -> Self {
        self.retries = times;
        self
    }

    /// What is the same for tasks that run the same code, whatever their arguments.
    pub(crate) fn code_key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match &self.action {
            Action::Eval(source) | Action::Exec(source) => source.hash(&mut hasher),
            Action::File(path) => path.hash(&mut hasher),
            Action::Script(script) => script.number().hash(&mut hasher),
            Action::Call { name, .. } | Action::CallEach { name, .. } => name.hash(&mut hasher),
            Action::Get(name) | Action::Set(name, _) | Action::Import(name) => name.hash(&mut hasher),
        }
        hasher.finish()
    }

    pub(super) fn check(&self) -> Result<()> {
        match &self.broken {
            Some(error) => Err(Error::Conversion(error.clone())),
            None => Ok(()),
        }
    }
}

/// The first error of a task is the one that is reported.
fn keep_error<T>(result: Result<T, ConversionError>, kept: &mut Option<ConversionError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            kept.get_or_insert(error);
            None
        }
    }
}
