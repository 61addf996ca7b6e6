//! One version of a plugin in its interpreter: what it answers, and what it does at the turns of its life.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{Refusal, Stage};
use crate::{
    Interpreter, Limits, Object, Task, Value,
    error::{Error, Result},
};

/// Limits of a call end it a little before its caller stops waiting, so that the caller hears where it was.
const MOST_SLACK: Duration = Duration::from_millis(50);

/// A plugin that was loaded and set up, until it is torn down.
pub(super) struct Instance {
    pub(super) generation: u64,
    pub(super) interpreter: Interpreter,
    /// The plugin's own version, as its manifest has it.
    pub(super) version: Option<String>,
    /// Of the files that it was loaded from.
    pub(super) fingerprint: u64,
    pub(super) refused: Vec<Refusal>,
    pub(super) hooks: HashMap<Arc<str>, Vec<Handler>>,
    pub(super) topics: Vec<(String, Object)>,
    pub(super) life: Life,
    /// For each call.
    pub(super) call_time: Option<Duration>,
}

/// A function that answers a hook.
pub(super) struct Handler {
    pub(super) priority: i64,
    pub(super) function: Object,
}

/// Which of the functions of a plugin's life it defines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) setup: bool,
    pub(super) teardown: bool,
    pub(super) save: bool,
    pub(super) restore: bool,
}

impl Life {
    pub(super) fn new(defined: &[String]) -> Self {
        let has = |name: &str| defined.iter().any(|known| known == name);
        Self {
            setup: has("setup"),
            teardown: has("teardown"),
            save: has("save"),
            restore: has("restore"),
        }
    }
}

impl Instance {
    /// The functions that answer a hook, those of a high priority first.
    pub(super) fn handlers(&self, hook: &str) -> &[Handler] {
        self.hooks.get(hook).map_or(&[], Vec::as_slice)
    }

    /// What a call may take for which its caller waits so long.
    pub(super) fn call_limits(&self, patience: Duration) -> Limits {
        let slack = (patience / 20).min(MOST_SLACK);
        let time = (patience - slack).min(self.call_time.unwrap_or(Duration::MAX));
        Limits::new().wall_time(time)
    }

    /// Calls one of the functions of its life, and waits for it.
    pub(super) fn live(&self, stage: &Stage, args: Vec<Value>, time: Duration) -> Result<Value> {
        live(&self.interpreter, stage, args, time)
    }

    /// Lets it finish the calls that it has, tears it down and closes its interpreter; waits for all of that. What
    /// `teardown` raised is the error.
    pub(super) fn retire(&self, time: Duration) -> Result<()> {
        let result = match self.life.teardown && !self.interpreter.is_closed() {
            true => self.live(&Stage::Teardown, Vec::new(), time).map(drop),
            false => Ok(()),
        };
        let closed = self.interpreter.close();
        result.and(closed)
    }

    /// As [`Instance::retire`], without waiting: for who must not block.
    pub(super) fn dismiss(&self, time: Duration) {
        if self.life.teardown && !self.interpreter.is_closed() {
            let task = life_task(&Stage::Teardown, Vec::new(), time);
            drop(self.interpreter.spawn::<Value>(task));
        }
    }
}

/// Calls `setup`, `teardown`, `save` or `restore` of the plugin in that interpreter.
pub(super) fn live(interpreter: &Interpreter, stage: &Stage, args: Vec<Value>, time: Duration) -> Result<Value> {
    interpreter.spawn(life_task(stage, args, time)).wait()
}

fn life_task(stage: &Stage, args: Vec<Value>, time: Duration) -> Task {
    let name = match stage {
        Stage::Setup => "setup",
        Stage::Save => "save",
        Stage::Restore => "restore",
        _ => "teardown",
    };
    let args: Vec<Value> = [Value::from(name)].into_iter().chain(args).collect();
    Task::call("_ungil_plugin.live")
        .args(Value::Tuple(args))
        .limits(Limits::new().wall_time(time))
}

/// Whether the interpreter is gone after this.
pub(super) fn is_loss(error: &Error) -> bool {
    !error.interpreter_usable()
}
