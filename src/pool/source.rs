//! What one interpreter of a pool does: it takes jobs from the queue, and counts what became of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Instant,
};

use parking_lot::Mutex;

use super::{
    crew::{Crew, MEMBER_OF, PoolJob, Seat},
    meter::Meter,
    queue::Local,
    supervision::Service,
};
use crate::{
    error::Error,
    interpreter::{Ended, QueuedJob, WorkSource},
};

/// Through this an interpreter takes part in the crew.
pub(super) struct Source {
    crew: Arc<Crew>,
    index: usize,
    /// Only `None` while this is dropped.
    local: Option<Local<PoolJob>>,
    tenure: Arc<Tenure>,
    service: Service,
}

/// What an interpreter and those who may have to give it up share.
#[derive(Default)]
pub(super) struct Tenure {
    pub(super) standing: Mutex<Standing>,
    pub(super) running: Mutex<Option<Running>>,
    /// It ends because it has done its part.
    pub(super) resting: AtomicBool,
    /// Set when the interpreter is built, and when it has ended: who comes second knows that it lived, and replaces it.
    pub(super) built_or_ended: AtomicBool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Standing {
    #[default]
    Serving,
    /// Given up: the crew has seen to everything.
    Lost,
    Ended,
}

pub(super) struct Running {
    since: Instant,
    meter: Option<(Arc<Meter>, usize)>,
    pub(super) key: u64,
}

impl Source {
    /// `tenure` is shared with who builds the interpreter.
    pub(super) fn new(crew: Arc<Crew>, index: usize, local: Local<PoolJob>, tenure: Arc<Tenure>) -> Self {
        Self {
            crew,
            index,
            local: Some(local),
            tenure,
            service: Service::default(),
        }
    }

    fn seat(&self) -> &Seat {
        &self.crew.seats[self.index]
    }

    fn begin(&mut self, PoolJob { job, meter, key }: PoolJob) -> Option<QueuedJob> {
        *self.seat().running.lock() = Some(job.canceller());
        self.crew.counts.running.fetch_add(1, SeqCst);
        *self.tenure.running.lock() = Some(Running {
            since: Instant::now(),
            meter,
            key,
        });
        let refusal = if self.crew.queue.is_aborted() {
            Some(Error::Cancelled)
        } else {
            self.crew.breaker.refuses(key).map(|losses| {
                self.crew.counts.refused.fetch_add(1, SeqCst);
                Error::CircuitOpen {
                    pool: self.crew.name.clone(),
                    losses,
                }
            })
        };
        if let Some(error) = refusal {
            job.abandon(error);
            self.end_task(false);
            return None;
        }
        Some(job)
    }
}

impl WorkSource for Source {
    fn next(&mut self) -> Option<QueuedJob> {
        MEMBER_OF.set(Some(self.crew.id));
        loop {
            let job = self.local.as_mut()?.next()?;
            if let Some(job) = self.begin(job) {
                return Some(job);
            }
        }
    }

    fn going_idle(&mut self) -> bool {
        self.local.as_mut().is_some_and(Local::going_idle)
    }

    fn woke(&mut self) {
        if let Some(local) = &mut self.local {
            local.woke();
        }
    }

    fn finished(&mut self, ended: Ended) {
        let key = self.tenure.running.lock().as_ref().map(|running| running.key);
        if let Some(key) = key {
            match ended {
                Ended::Succeeded | Ended::Failed => self.crew.breaker.survived(key),
                Ended::Fatally => self.crew.breaker.lost(key),
            }
        }
        self.end_task(ended == Ended::Succeeded);
    }

    fn wants_rest(&mut self, memory: Option<u64>) -> bool {
        let resting = self.service.is_over(&self.crew.supervision, memory);
        self.tenure.resting.store(resting, SeqCst);
        resting
    }

    fn on_loss(&self) -> Box<dyn FnOnce() + Send> {
        let (crew, index, tenure) = (self.crew.clone(), self.index, self.tenure.clone());
        Box::new(move || crew.lose(index, &tenure))
    }

    fn detained(&mut self) {
        MEMBER_OF.set(Some(self.crew.id));
        if let Some(local) = &self.local {
            local.pass_on();
        }
    }
}

impl Source {
    /// Counts the end of the task that ran, if one did.
    fn end_task(&mut self, succeeded: bool) {
        let Some(running) = self.tenure.running.lock().take() else {
            return;
        };
        *self.seat().running.lock() = None;
        if let Some((meter, items)) = running.meter {
            meter.note(running.since.elapsed(), items);
        }
        let counts = &self.crew.counts;
        counts.running.fetch_sub(1, SeqCst);
        let count = if succeeded { &counts.done } else { &counts.failed };
        count.fetch_add(1, SeqCst);
        let was_last = self.local.as_mut().is_some_and(Local::finished);
        if was_last && self.crew.left_alone.load(SeqCst) {
            self.crew.dismiss();
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        MEMBER_OF.set(None);
        let standing = std::mem::replace(&mut *self.tenure.standing.lock(), Standing::Ended);
        if standing == Standing::Lost {
            if let Some(local) = self.local.take() {
                local.forget();
            }
            self.crew.lost_ended(&self.tenure);
            return;
        }
        self.end_task(false);
        // Its jobs are for the others from here on, and its deque for the successor.
        self.local = None;
        let has_lived = self.tenure.built_or_ended.swap(true, SeqCst);
        if has_lived && !self.crew.dismissed.load(SeqCst) {
            self.crew.ended(self.index, &self.tenure);
        }
    }
}
