//! The interpreters of a pool: each fetches jobs from the queue, and one that is lost is replaced.

use std::{
    cell::Cell,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Instant,
};

use parking_lot::Mutex;

use super::{
    breaker::Breaker,
    lost::Lost,
    meter::Meter,
    queue::{Place, Queue, Refusal},
    source::{Source, Standing, Tenure},
    stats::PoolStats,
    supervision::Supervision,
};
use crate::{
    control::{Limits, spawner},
    error::{Error, Result},
    interpreter::{Blueprint, Canceller, Interpreter, QueuedJob, Resubmit},
};

/// How often a lost interpreter is tried to be built again before its seat stays empty.
const ATTEMPTS: u32 = 3;

thread_local! {
    /// The crew that the interpreter of this thread belongs to.
    pub(super) static MEMBER_OF: Cell<Option<u64>> = const { Cell::new(None) };
}

/// A job in the queue of a pool.
pub(super) struct PoolJob {
    pub(super) job: QueuedJob,
    /// Where the time that it takes is noted, and for how many items.
    pub(super) meter: Option<(Arc<Meter>, usize)>,
    /// Of the code that it runs.
    pub(super) key: u64,
}

pub(super) struct Crew {
    pub(super) id: u64,
    pub(super) name: String,
    blueprint: Arc<Blueprint>,
    pub(super) queue: Arc<Queue<PoolJob>>,
    pub(super) seats: Arc<[Seat]>,
    /// Nobody holds the pool any more: who ends the last job dismisses the crew.
    pub(super) left_alone: AtomicBool,
    pub(super) dismissed: AtomicBool,
    /// Seats that stay empty, and why the last of them does.
    empty_seats: AtomicUsize,
    failure: Mutex<Option<Error>>,
    /// Seats that are not filled again until a lost interpreter has ended.
    vacant: Mutex<Vec<usize>>,
    pub(super) supervision: Supervision,
    pub(super) breaker: Breaker,
    pub(super) counts: Counts,
    lost: Lost,
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) running: AtomicUsize,
    pub(super) done: AtomicU64,
    pub(super) failed: AtomicU64,
    lost: AtomicU64,
    /// Lost and not ended.
    stuck: AtomicUsize,
    pub(super) recycled: AtomicU64,
    retried: AtomicU64,
    pub(super) refused: AtomicU64,
}

/// What belongs to one deque of the queue: an interpreter, and whichever takes its place.
#[derive(Default)]
pub(super) struct Seat {
    interpreter: Mutex<Option<Interpreter>>,
    pub(super) running: Mutex<Option<Canceller>>,
}

impl Crew {
    /// Builds all interpreters at once, and waits until they are ready.
    pub(super) fn build(
        name: String,
        blueprint: Arc<Blueprint>,
        size: usize,
        capacity: usize,
        supervision: Supervision,
    ) -> Result<Arc<Self>> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let seats: Arc<[Seat]> = (0..size).map(|_| Seat::default()).collect();
        let members = seats.clone();
        let wake = move |index: usize| {
            // Not there yet: it is nudged when it is.
            if let Some(interpreter) = &*members[index].interpreter.lock() {
                interpreter.nudge();
            }
        };
        let crew = Arc::new(Self {
            id: NEXT.fetch_add(1, SeqCst),
            name,
            blueprint,
            queue: Queue::new(size, capacity, Box::new(wake)),
            seats,
            left_alone: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
            empty_seats: AtomicUsize::new(0),
            failure: Mutex::new(None),
            vacant: Mutex::default(),
            breaker: Breaker::new(supervision.breaker_losses, supervision.breaker_pause),
            supervision,
            counts: Counts::default(),
            lost: Lost::default(),
        });
        let started = Instant::now();
        let built = in_parallel((0..size).map(|index| {
            let crew = &crew;
            move || crew.fill_seat(index)
        }));
        if let Err(error) = built.into_iter().collect::<Result<()>>() {
            crew.queue.close();
            crew.dismiss();
            return Err(error);
        }
        tracing::debug!(pool = crew.name, interpreters = size, took = ?started.elapsed(), "ready");
        Ok(crew)
    }

    fn fill_seat(self: &Arc<Self>, index: usize) -> Result<()> {
        let Some(local) = self.queue.worker(index) else {
            return Ok(());
        };
        let tenure = Arc::<Tenure>::default();
        let source = Box::new(Source::new(self.clone(), index, local, tenure.clone()));
        let name = format!("{}-{index}", self.name);
        let interpreter = Interpreter::from_blueprint(&self.blueprint, Some(name), Some(source))?;
        *self.seats[index].interpreter.lock() = Some(interpreter.clone());
        // It may have gone to sleep before anyone knew how to wake it.
        interpreter.nudge();
        if self.dismissed.load(SeqCst) {
            self.seats[index].interpreter.lock().take();
        } else if tenure.built_or_ended.swap(true, SeqCst) {
            self.ended(index, &tenure);
        }
        Ok(())
    }

    /// Room for a job. On the thread of one of the crew it does not wait: it might wait for itself.
    pub(super) fn reserve(&self) -> Result<Place<'_, PoolJob>> {
        if self.is_member() {
            return self.try_reserve();
        }
        self.check_not_overwhelmed()?;
        self.queue.reserve().map_err(|refusal| self.refused(refusal))
    }

    /// Puts a job where room was reserved for it.
    pub(super) fn submit(&self, place: Place<'_, PoolJob>, job: PoolJob) {
        place.fill(job);
        self.refuse_if_deserted();
    }

    /// What takes a task of that code to another interpreter when the one that ran it was lost.
    pub(super) fn resubmitter(self: &Arc<Self>, key: u64) -> Resubmit {
        let crew = Arc::downgrade(self);
        Arc::new(move |job| match crew.upgrade() {
            Some(crew) if !crew.dismissed.load(SeqCst) => {
                crew.counts.retried.fetch_add(1, SeqCst);
                crew.queue.put_back(PoolJob { job, meter: None, key });
                crew.refuse_if_deserted();
            }
            // Dropped, it answers that its interpreter is closed.
            _ => drop(job),
        })
    }

    fn is_overwhelmed(&self) -> Option<usize> {
        let stuck = self.counts.stuck.load(SeqCst);
        (stuck > self.supervision.max_lost(self.size())).then_some(stuck)
    }

    fn check_not_overwhelmed(&self) -> Result<()> {
        match self.is_overwhelmed() {
            Some(lost) => Err(Error::TooManyLost {
                pool: self.name.clone(),
                lost,
            }),
            None => Ok(()),
        }
    }

    /// Answers what is queued if nobody is left to run it, and nobody will come before a lost interpreter has ended.
    fn refuse_if_deserted(&self) {
        let empty = self.empty_seats.load(SeqCst);
        if self.vacant.lock().len() + empty < self.size() {
            return;
        }
        let error = match empty == self.size() {
            true => self.failure.lock().clone(),
            false => self.check_not_overwhelmed().err(),
        };
        if let Some(error) = error {
            self.answer(self.queue.take_all(), &error);
        }
    }

    pub(super) fn try_reserve(&self) -> Result<Place<'_, PoolJob>> {
        self.check_not_overwhelmed()?;
        self.queue.try_reserve().map_err(|refusal| self.refused(refusal))
    }

    fn refused(&self, refusal: Refusal) -> Error {
        match refusal {
            Refusal::Full => Error::QueueFull {
                capacity: self.queue.capacity(),
            },
            Refusal::Closed => self.failure.lock().clone().unwrap_or_else(|| Error::Closed {
                interpreter: self.name.clone(),
            }),
        }
    }

    /// An error on the thread of one of the crew, where waiting for the others can be waiting for itself.
    pub(super) fn check_may_wait(&self) -> Result<()> {
        if self.is_member() {
            return Err(Error::Reentrant {
                interpreter: self.name.clone(),
            });
        }
        Ok(())
    }

    fn is_member(&self) -> bool {
        MEMBER_OF.get() == Some(self.id)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Those of each task that brings none of its own.
    pub(super) fn limits(&self) -> &Limits {
        &self.blueprint.limits
    }

    pub(super) fn size(&self) -> usize {
        self.seats.len()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    pub(super) fn interpreters(&self) -> impl Iterator<Item = Option<Interpreter>> {
        self.seats.iter().map(|seat| seat.interpreter.lock().clone())
    }

    pub(super) fn stats(&self) -> PoolStats {
        let members = self.interpreters().flatten();
        PoolStats {
            queued: self.queue.queued(),
            running: self.counts.running.load(SeqCst),
            done: self.counts.done.load(SeqCst),
            failed: self.counts.failed.load(SeqCst),
            lost: self.counts.lost.load(SeqCst),
            stuck: self.counts.stuck.load(SeqCst),
            stuck_memory: self.lost.memory(),
            recycled: self.counts.recycled.load(SeqCst),
            retried: self.counts.retried.load(SeqCst),
            refused: self.counts.refused.load(SeqCst),
            capacity: self.queue.capacity(),
            interpreters: members.map(|interpreter| interpreter.stats()).collect(),
        }
    }

    /// Runs what is queued, then closes the interpreters, and returns when they are closed.
    pub(super) fn shut_down(&self) {
        self.queue.close();
        self.queue.wait_until_drained();
        self.close_all();
    }

    /// Cancels what runs and what is queued, then closes the interpreters, and returns when they are closed.
    pub(super) fn shut_down_now(&self) {
        self.answer_queued(&Error::Cancelled);
        for seat in &*self.seats {
            // A job taken just now is either seen here, or its taker sees that the queue is aborted.
            if let Some(running) = &*seat.running.lock() {
                running.cancel();
            }
        }
        self.queue.wait_until_drained();
        self.close_all();
    }

    /// Lets the crew finish what it has without anyone waiting for it.
    pub(super) fn leave_alone(&self) {
        self.left_alone.store(true, SeqCst);
        self.queue.close();
        if self.queue.is_drained() {
            self.dismiss();
        }
    }

    fn answer_queued(&self, error: &Error) {
        self.answer(self.queue.abort(), error);
    }

    fn answer(&self, jobs: Vec<PoolJob>, error: &Error) {
        for PoolJob { job, .. } in jobs {
            job.abandon(error.clone());
            self.counts.failed.fetch_add(1, SeqCst);
            if self.queue.discarded() && self.left_alone.load(SeqCst) {
                self.dismiss();
            }
        }
    }

    /// Gives the interpreters up; they close by themselves.
    pub(super) fn dismiss(&self) -> Vec<Interpreter> {
        self.dismissed.store(true, SeqCst);
        self.seats
            .iter()
            .filter_map(|seat| seat.interpreter.lock().take())
            .collect()
    }

    fn close_all(&self) {
        let closing = self.dismiss();
        let closed = in_parallel(closing.iter().map(|interpreter| || interpreter.close()));
        for error in closed.into_iter().filter_map(Result::err) {
            tracing::warn!(pool = self.name, %error, "an interpreter was not closed");
        }
        tracing::debug!(pool = self.name, "closed");
    }

    /// An interpreter ended that the crew did not dismiss: it has done its part, or is lost.
    pub(super) fn ended(self: &Arc<Self>, index: usize, tenure: &Tenure) {
        if tenure.resting.load(SeqCst) {
            self.counts.recycled.fetch_add(1, SeqCst);
            self.vacate(index);
        } else {
            self.replace(index);
        }
    }

    /// An interpreter ended that was not told to by the crew: someone closed it, or its VM panicked.
    fn replace(self: &Arc<Self>, index: usize) {
        self.counts.lost.fetch_add(1, SeqCst);
        tracing::warn!(pool = self.name, index, "an interpreter was lost");
        self.vacate(index);
    }

    /// The interpreter of that seat was given up: its thread runs on, and nobody waits for it.
    pub(super) fn lose(self: &Arc<Self>, index: usize, tenure: &Arc<Tenure>) {
        {
            let mut standing = tenure.standing.lock();
            if *standing != Standing::Serving {
                // It came back and ended before this was heard of.
                return;
            }
            *standing = Standing::Lost;
            self.counts.stuck.fetch_add(1, SeqCst);
            let interpreter = self.seats[index].interpreter.lock().take();
            if let Some(interpreter) = interpreter {
                self.lost.add(tenure, interpreter);
            }
        }
        let running = tenure.running.lock().take();
        if let Some(running) = &running {
            *self.seats[index].running.lock() = None;
            self.breaker.lost(running.key);
            self.counts.running.fetch_sub(1, SeqCst);
            self.counts.failed.fetch_add(1, SeqCst);
        }
        let was_last = self.queue.lose_worker(index, running.is_some());
        if self.dismissed.load(SeqCst) {
            return;
        }
        if was_last && self.left_alone.load(SeqCst) {
            self.dismiss();
        } else if self.is_overwhelmed().is_some() {
            self.counts.lost.fetch_add(1, SeqCst);
            tracing::error!(pool = self.name, "too many interpreters are lost and cannot be stopped");
            self.vacant.lock().push(index);
            self.refuse_if_deserted();
            // One that came back meanwhile did not find this seat vacant.
            self.fill_vacant();
        } else {
            self.replace(index);
        }
    }

    /// An interpreter that was given up has come back and ended.
    pub(super) fn lost_ended(self: &Arc<Self>, tenure: &Arc<Tenure>) {
        self.lost.remove(tenure);
        self.counts.stuck.fetch_sub(1, SeqCst);
        self.fill_vacant();
    }

    /// Has the seats filled again that wait for a lost interpreter to end, if enough have.
    fn fill_vacant(self: &Arc<Self>) {
        if self.dismissed.load(SeqCst) || self.is_overwhelmed().is_some() {
            return;
        }
        let vacant = std::mem::take(&mut *self.vacant.lock());
        vacant.into_iter().for_each(|index| self.vacate(index));
    }

    /// Has the seat filled again.
    fn vacate(self: &Arc<Self>, index: usize) {
        drop(self.seats[index].interpreter.lock().take());
        let crew = self.clone();
        if let Err(error) = spawner::spawn("ungil-pool", None, move || crew.refill_seat(index)) {
            let message = format!("no thread to replace an interpreter of pool {:?}: {error}", self.name);
            self.give_up_seat(Error::config(message));
        }
    }

    fn refill_seat(self: &Arc<Self>, index: usize) {
        let mut attempt = 1;
        while !self.dismissed.load(SeqCst) {
            match self.fill_seat(index) {
                Ok(()) => {
                    tracing::info!(pool = self.name, index, "an interpreter was replaced");
                    return;
                }
                Err(error) if attempt == ATTEMPTS => return self.give_up_seat(error),
                Err(_) => attempt += 1,
            }
        }
    }

    fn give_up_seat(&self, error: Error) {
        tracing::error!(pool = self.name, %error, "an interpreter cannot be replaced");
        let empty = self.empty_seats.fetch_add(1, SeqCst) + 1;
        if empty == self.seats.len() {
            // Nobody is left to run anything.
            *self.failure.lock() = Some(error.clone());
            self.answer_queued(&error);
        } else {
            self.refuse_if_deserted();
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.name)
            .field("size", &self.size())
            .field("queued", &self.queue.queued())
            .field("closed", &self.is_closed())
            .finish()
    }
}

/// Runs each on a thread of its own where there are several, and waits for all.
fn in_parallel<R: Send, F: FnOnce() -> R + Send>(tasks: impl ExactSizeIterator<Item = F>) -> Vec<R> {
    if tasks.len() == 1 {
        return tasks.map(|task| task()).collect();
    }
    thread::scope(|scope| {
        let threads: Vec<_> = tasks.map(|task| scope.spawn(task)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, R>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}
