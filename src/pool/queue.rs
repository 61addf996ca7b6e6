//! The scheduler: which job runs on which worker, and who sleeps. It knows nothing of Python.
//!
//! Jobs enter through one injector. A worker takes a batch from there into a deque of its own, and steals from the
//! others' deques when it finds nothing. A worker that finds nothing anywhere sleeps, in whatever way its thread sleeps;
//! the queue calls `wake` with its index. Workers are woken one at a time: whoever takes a job while more are waiting
//! wakes the next.
//!
//! No wake-up is missed because both sides write before they read: a submitter pushes and then looks for sleepers, a
//! worker registers as a sleeper and then looks for jobs, each with a full fence between. One of the two sees the other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst, fence},
};

use crossbeam_deque::{Injector, Steal, Stealer, Worker};
use parking_lot::{Condvar, Mutex, RwLock};

/// Called with the index of a worker that is to wake up.
pub(super) type Wake = Box<dyn Fn(usize) + Send + Sync>;

pub(super) struct Queue<J> {
    injector: Injector<J>,
    /// Written only when a worker is lost.
    stealers: Box<[RwLock<Stealer<J>>]>,
    /// Deques that no worker has now. Their jobs can be stolen all the same.
    unowned: Mutex<Vec<Option<Worker<J>>>>,
    wake: Wake,
    sleepers: Mutex<Vec<usize>>,
    /// The number of sleepers, readable without the lock.
    sleeping: AtomicUsize,
    capacity: usize,
    /// Places taken by jobs that no worker has taken yet.
    queued: AtomicUsize,
    /// Jobs that were accepted and have not ended.
    unfinished: AtomicUsize,
    closed: AtomicBool,
    aborted: AtomicBool,
    room: Event,
    drained: Event,
}

/// Something that threads wait for; [`Event::notify`] costs no lock while nobody does.
#[derive(Default)]
struct Event {
    waiting: AtomicUsize,
    lock: Mutex<()>,
    happened: Condvar,
}

impl Event {
    /// Waits until `check` gives something. What it looks at must have been written when [`Event::notify`] is called.
    fn wait_for<R>(&self, mut check: impl FnMut() -> Option<R>) -> R {
        let mut guard = self.lock.lock();
        self.waiting.fetch_add(1, SeqCst);
        fence(SeqCst);
        let result = loop {
            if let Some(result) = check() {
                break result;
            }
            self.happened.wait(&mut guard);
        };
        self.waiting.fetch_sub(1, SeqCst);
        result
    }

    fn notify(&self, notify: impl FnOnce(&Condvar)) {
        fence(SeqCst);
        if self.waiting.load(SeqCst) > 0 {
            // With the lock, nobody is between the check and the wait.
            let _guard = self.lock.lock();
            notify(&self.happened);
        }
    }
}

/// Why the queue takes no job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Full,
    Closed,
}

/// Room for one job, until it is filled or dropped.
pub(super) struct Place<'q, J>(&'q Queue<J>);

impl<J> Queue<J> {
    pub(super) fn new(workers: usize, capacity: usize, wake: Wake) -> Arc<Self> {
        let deques: Vec<_> = (0..workers).map(|_| Worker::new_fifo()).collect();
        Arc::new(Self {
            injector: Injector::new(),
            stealers: deques.iter().map(|deque| RwLock::new(deque.stealer())).collect(),
            unowned: Mutex::new(deques.into_iter().map(Some).collect()),
            wake,
            sleepers: Mutex::default(),
            sleeping: AtomicUsize::new(0),
            capacity,
            queued: AtomicUsize::new(0),
            unfinished: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            aborted: AtomicBool::new(false),
            room: Event::default(),
            drained: Event::default(),
        })
    }

    /// Makes the worker of that index; `None` while there is one.
    pub(super) fn worker(self: &Arc<Self>, index: usize) -> Option<Local<J>> {
        let deque = self.unowned.lock().get_mut(index)?.take()?;
        Some(Local {
            queue: self.clone(),
            index,
            deque: Some(deque),
            running: false,
        })
    }

    /// The worker of that index does not come back from its job, which counts as ended here (if it is `running` one of the queue's): what it has not begun is for
    /// the others, and its seat gets another deque. True if the job was the last of a closed queue.
    pub(super) fn lose_worker(&self, index: usize, running: bool) -> bool {
        let deque = Worker::new_fifo();
        let left = std::mem::replace(&mut *self.stealers[index].write(), deque.stealer());
        while let Some(job) = retry(|| left.steal()) {
            self.injector.push(job);
        }
        self.unowned.lock()[index] = Some(deque);
        self.get_up(index);
        self.wake_one();
        running && self.end_one()
    }

    /// Puts a job in although the queue may be full or closed: it was accepted before, and runs again.
    pub(super) fn put_back(&self, job: J) {
        self.unfinished.fetch_add(1, SeqCst);
        self.queued.fetch_add(1, SeqCst);
        self.injector.push(job);
        self.wake_one();
    }

    pub(super) fn try_reserve(&self) -> Result<Place<'_, J>, Refusal> {
        // Counted before the look at `closed`, so that whoever closes and then waits for the rest waits for this too.
        self.unfinished.fetch_add(1, SeqCst);
        let refusal = if self.closed.load(SeqCst) {
            Refusal::Closed
        } else {
            let more = |queued| (queued < self.capacity).then_some(queued + 1);
            match self.queued.fetch_update(SeqCst, SeqCst, more) {
                Ok(_) => return Ok(Place(self)),
                Err(_) => Refusal::Full,
            }
        };
        self.end_one();
        Err(refusal)
    }

    /// Waits for room; refuses only when closed.
    pub(super) fn reserve(&self) -> Result<Place<'_, J>, Refusal> {
        match self.try_reserve() {
            Err(Refusal::Full) => self.room.wait_for(|| match self.try_reserve() {
                Err(Refusal::Full) => None,
                decided => Some(decided),
            }),
            decided => decided,
        }
    }

    /// Takes no more jobs; those it has still run. Returns false if it was closed already.
    pub(super) fn close(&self) -> bool {
        let was_open = !self.closed.swap(true, SeqCst);
        self.room.notify(|waiting| {
            waiting.notify_all();
        });
        was_open
    }

    /// Closes, and takes out what no worker has taken. A worker that is just taking some must look at
    /// [`Queue::is_aborted`] before it runs a job.
    pub(super) fn abort(&self) -> Vec<J> {
        self.aborted.store(true, SeqCst);
        self.close();
        self.take_all()
    }

    /// Takes out what no worker has taken.
    pub(super) fn take_all(&self) -> Vec<J> {
        let mut jobs = Vec::new();
        let mut empty = |steal: &dyn Fn() -> Steal<J>| {
            while let Some(job) = retry(steal) {
                self.leave_queue();
                jobs.push(job);
            }
        };
        empty(&|| self.injector.steal());
        for stealer in &self.stealers {
            let stealer = stealer.read();
            empty(&|| stealer.steal());
        }
        jobs
    }

    /// To be called for each job that [`Queue::abort`] or [`Queue::take_all`] gave, once it has its answer. True if nothing is left.
    pub(super) fn discarded(&self) -> bool {
        self.end_one()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.aborted.load(SeqCst)
    }

    /// Waits until every job has ended.
    pub(super) fn wait_until_drained(&self) {
        self.drained
            .wait_for(|| (self.unfinished.load(SeqCst) == 0).then_some(()));
    }

    pub(super) fn is_drained(&self) -> bool {
        self.unfinished.load(SeqCst) == 0
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn queued(&self) -> usize {
        self.queued.load(SeqCst)
    }

    fn has_work(&self) -> bool {
        !self.injector.is_empty() || self.stealers.iter().any(|stealer| !stealer.read().is_empty())
    }

    fn wake_one(&self) {
        fence(SeqCst);
        if self.sleeping.load(SeqCst) == 0 {
            return;
        }
        let chosen = {
            let mut sleepers = self.sleepers.lock();
            let chosen = sleepers.pop();
            self.sleeping.store(sleepers.len(), SeqCst);
            chosen
        };
        if let Some(index) = chosen {
            (self.wake)(index);
        }
    }

    fn fall_asleep(&self, index: usize) {
        let mut sleepers = self.sleepers.lock();
        sleepers.push(index);
        self.sleeping.store(sleepers.len(), SeqCst);
        drop(sleepers);
        fence(SeqCst);
    }

    fn get_up(&self, index: usize) {
        let mut sleepers = self.sleepers.lock();
        sleepers.retain(|sleeper| *sleeper != index);
        self.sleeping.store(sleepers.len(), SeqCst);
    }

    fn leave_queue(&self) {
        self.queued.fetch_sub(1, SeqCst);
        self.room.notify(|waiting| {
            waiting.notify_one();
        });
    }

    /// True if nothing is left and nothing can come.
    fn end_one(&self) -> bool {
        if self.unfinished.fetch_sub(1, SeqCst) > 1 {
            return false;
        }
        self.drained.notify(|waiting| {
            waiting.notify_all();
        });
        self.is_closed()
    }
}

/// A steal may have to be tried again because another thread was faster; that thread then has a job, so this ends.
fn retry<J>(steal: impl Fn() -> Steal<J>) -> Option<J> {
    loop {
        match steal() {
            Steal::Success(job) => return Some(job),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}

impl<J> Place<'_, J> {
    pub(super) fn fill(self, job: J) {
        let queue = self.0;
        std::mem::forget(self);
        queue.injector.push(job);
        queue.wake_one();
    }
}

impl<J> Drop for Place<'_, J> {
    fn drop(&mut self) {
        self.0.leave_queue();
        self.0.end_one();
    }
}

/// A worker's own part of the queue. Dropped, it leaves its jobs to the others and to a worker that takes its seat.
pub(super) struct Local<J> {
    queue: Arc<Queue<J>>,
    index: usize,
    /// Only `None` while it is dropped, or forgotten.
    deque: Option<Worker<J>>,
    running: bool,
}

impl<J> Local<J> {
    /// A job to run now. The caller reports its end with [`Local::finished`] before it asks again.
    pub(super) fn next(&mut self) -> Option<J> {
        let deque = self.deque.as_ref()?;
        let job = deque
            .pop()
            .or_else(|| retry(|| self.queue.injector.steal_batch_and_pop(deque)))
            .or_else(|| self.steal_from_others(deque))?;
        self.running = true;
        self.queue.leave_queue();
        self.pass_on();
        Some(job)
    }

    /// The job that [`Local::next`] gave has ended. True if it was the last of a closed queue.
    pub(super) fn finished(&mut self) -> bool {
        std::mem::take(&mut self.running) && self.queue.end_one()
    }

    /// Registers as a sleeper. True if there is work after all: the worker must look again instead of sleeping.
    pub(super) fn going_idle(&mut self) -> bool {
        self.queue.fall_asleep(self.index);
        let has_work = self.queue.has_work();
        if has_work {
            self.queue.get_up(self.index);
        }
        has_work
    }

    /// It no longer sleeps, whatever woke it.
    pub(super) fn woke(&mut self) {
        self.queue.get_up(self.index);
    }

    /// Its interpreter was lost: the queue has seen to everything.
    pub(super) fn forget(mut self) {
        self.deque = None;
        self.running = false;
    }

    /// It will do something else first: if it was woken for a job, another has to take that.
    pub(super) fn pass_on(&self) {
        fence(SeqCst);
        if self.queue.sleeping.load(SeqCst) > 0 && self.queue.has_work() {
            self.queue.wake_one();
        }
    }

    fn steal_from_others(&self, deque: &Worker<J>) -> Option<J> {
        let others = self.queue.stealers.len();
        // Each begins with its neighbour, so that not all rob the same one.
        (1..others)
            .map(|step| &self.queue.stealers[(self.index + step) % others])
            .find_map(|stealer| {
                let stealer = stealer.read();
                retry(|| stealer.steal_batch_and_pop(deque))
            })
    }
}

impl<J> Drop for Local<J> {
    fn drop(&mut self) {
        if self.deque.is_none() {
            return;
        }
        self.finished();
        self.queue.get_up(self.index);
        self.queue.unowned.lock()[self.index] = self.deque.take();
        self.pass_on();
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
