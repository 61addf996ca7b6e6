//! How many interpreters and tasks a script may start, counted over everything that it starts.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::limits::{Hit, Limits};
use crate::error::{Allowance, LimitKind};

/// Shared by an interpreter and those that it starts.
#[derive(Debug)]
pub(crate) struct Quota {
    interpreters: Option<u64>,
    tasks: Option<u64>,
    alive: AtomicU64,
    started: AtomicU64,
}

/// One interpreter that was started; dropped when it has ended.
#[derive(Debug)]
pub(crate) struct Claim(Arc<Quota>);

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Relaxed);
    }
}

impl Quota {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            interpreters: limits.interpreters,
            tasks: limits.tasks,
            alive: AtomicU64::new(0),
            started: AtomicU64::new(0),
        })
    }

    /// To be held for as long as the interpreter that is to be started lives.
    pub(crate) fn claim_interpreter(self: &Arc<Self>) -> Result<Claim, Hit> {
        take_one(&self.alive, self.interpreters, LimitKind::Interpreters)?;
        Ok(Claim(self.clone()))
    }

    /// To be called for each task that the script starts.
    pub(crate) fn claim_task(&self) -> Result<(), Hit> {
        take_one(&self.started, self.tasks, LimitKind::Tasks)
    }
}

fn take_one(count: &AtomicU64, limit: Option<u64>, kind: LimitKind) -> Result<(), Hit> {
    let Some(limit) = limit else {
        count.fetch_add(1, Relaxed);
        return Ok(());
    };
    let more = |count| (count < limit).then_some(count + 1);
    match count.fetch_update(Relaxed, Relaxed, more) {
        Ok(_) => Ok(()),
        Err(_) => Err(Hit {
            kind,
            allowed: Allowance::Count(limit),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_count_while_they_live_and_tasks_for_good() {
        let quota = Quota::new(&Limits::new().interpreters(2).tasks(2));
        let first = quota.claim_interpreter().unwrap();
        let _second = quota.claim_interpreter().unwrap();
        assert_eq!(quota.claim_interpreter().unwrap_err().kind, LimitKind::Interpreters);
        drop(first);
        assert!(quota.claim_interpreter().is_ok());
        quota.claim_task().unwrap();
        quota.claim_task().unwrap();
        assert_eq!(quota.claim_task().unwrap_err().allowed, Allowance::Count(2));
    }
}
