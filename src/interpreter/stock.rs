//! The interpreters that are built ahead: how many, of which kinds, and who gets one.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, bounded};
use parking_lot::{Condvar, Mutex};

use super::{Blueprint, capacity, life::Birth, mould::Mould, spare, threads};
use crate::{
    alloc,
    control::{Control, spawner},
};

/// How it stands with interpreters that are built ahead; see [`spares`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spares {
    /// How many the host wants.
    pub wanted: usize,
    /// How many are built and wait.
    pub ready: usize,
    /// How many have been taken since the process began.
    pub taken: u64,
    /// Bytes that those which wait take; `None` where the global allocator is no
    /// [`Accounting`](crate::alloc::Accounting).
    pub memory: Option<u64>,
}

/// Keeps `count` interpreters built ahead in this process, on threads that wait, and makes new ones as they are taken. 0,
/// which is where a program starts, keeps none, and ends those that wait.
///
/// Building an interpreter takes some 10 ms; becoming one from a spare takes well below one. Whoever asks for an
/// interpreter gets a spare if there is one of its kind: [`Builder::build`](crate::Builder::build), a
/// [`Pool`](crate::Pool), a script's `multiprocessing.Process`, its threads, workers and isolates. A kind is what cannot be
/// changed any more when an interpreter is built: its permissions, tenant, stack and warning filters. Everything else is
/// applied when it is taken. Spares are made of the kinds that were asked for last, or that
/// [`Builder::prepare_spares`](crate::Builder::prepare_spares) announced, as many of each.
///
/// A spare has run nothing but imports of the standard library, and becomes one interpreter only. It takes about as much
/// memory as an interpreter that has just been built ([`spares`] says how much, where memory is counted), and the stack of
/// a thread; when it is taken, its memory is charged to who took it. Spares for a script's children have imported those
/// common modules of the standard library that the script had.
///
/// The `ungil` command keeps as many as the machine runs threads at once, at most 4, from the first child on.
///
/// ```
/// use std::time::Duration;
/// use ungil::Interpreter;
///
/// ungil::set_spares(1);
/// let first = Interpreter::new()?; // built while we wait, and says what is wanted
/// assert!(ungil::wait_for_spares(Duration::from_secs(60)));
/// let second = Interpreter::new()?; // was there already
/// assert_eq!(second.eval::<i64>("6 * 7")?, 42);
/// assert_eq!(ungil::spares().taken, 1);
/// # Ok::<(), ungil::Error>(())
/// ```
///
/// # Threads
/// Can be called from any thread at any time, and does not wait.
pub fn set_spares(count: usize) {
    let surplus = {
        let mut stock = STOCK.lock();
        stock.wanted = count.min(capacity::most() / 2);
        stock.surplus()
    };
    drop(surplus);
    CHANGED.notify_all();
    restock();
}

/// How many interpreters are built ahead now.
pub fn spares() -> Spares {
    let stock = STOCK.lock();
    let memory = || stock.spares.iter().map(|spare| spare.control.account().bytes()).sum();
    Spares {
        wanted: stock.wanted,
        ready: stock.spares.iter().filter(|spare| spare.is_ready).count(),
        taken: stock.taken,
        memory: alloc::is_installed().then(memory),
    }
}

/// Waits until as many spares are ready as are wanted, for at most `timeout`; true if they are. While nobody has asked for
/// an interpreter no kind of spare is known, and there is nothing to wait for.
pub fn wait_for_spares(timeout: Duration) -> bool {
    let deadline = Instant::now().checked_add(timeout);
    let mut stock = STOCK.lock();
    while !stock.is_complete() {
        match deadline {
            Some(deadline) if CHANGED.wait_until(&mut stock, deadline).timed_out() => return stock.is_complete(),
            Some(_) => {}
            None => CHANGED.wait(&mut stock),
        }
    }
    true
}

/// How long after one was taken, and after the last that was, another is built in its place: who was just started is to
/// have the processors first. When they are taken without end, it is not put off for longer than `LONGEST_REST`.
const REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_millis(50);

static STOCK: Mutex<Stock> = Mutex::new(Stock {
    wanted: 0,
    taken: 0,
    rest: None,
    made: 0,
    moulds: Vec::new(),
    spares: Vec::new(),
    keeper: None,
});
/// Whenever the stock may have become complete.
static CHANGED: Condvar = Condvar::new();

struct Stock {
    wanted: usize,
    taken: u64,
    /// When the first and the last was taken since one was built.
    rest: Option<(Instant, Instant)>,
    made: u64,
    /// The kinds that were asked for last, the latest first; as many as spares are wanted.
    moulds: Vec<Arc<Mould>>,
    spares: Vec<Spare>,
    keeper: Option<Sender<()>>,
}

struct Spare {
    number: u64,
    mould: Arc<Mould>,
    /// Ends the spare when it is dropped.
    births: Sender<Birth>,
    control: Arc<Control>,
    is_ready: bool,
}

impl Stock {
    /// How many spares there should be of the mould at that place.
    fn share(&self, index: usize) -> usize {
        let kinds = self.moulds.len();
        self.wanted / kinds + usize::from(index < self.wanted % kinds)
    }

    fn count(&self, mould: &Arc<Mould>) -> usize {
        let same = |spare: &&Spare| Arc::ptr_eq(&spare.mould, mould);
        self.spares.iter().filter(same).count()
    }

    /// A kind of which there should be more.
    fn lacking(&self) -> Option<Arc<Mould>> {
        if !capacity::has_room(self.spares.len()) {
            return None;
        }
        let mut known = self.moulds.iter().enumerate();
        known
            .find(|(index, mould)| self.count(mould) < self.share(*index))
            .map(|(_, mould)| mould.clone())
    }

    fn is_complete(&self) -> bool {
        self.lacking().is_none() && self.spares.iter().all(|spare| spare.is_ready)
    }

    /// Takes out those of which there should be fewer, to be dropped where no lock is held.
    fn surplus(&mut self) -> (Vec<Arc<Mould>>, Vec<Spare>) {
        let forgotten = self.moulds.split_off(self.wanted.min(self.moulds.len()));
        let mut surplus = Vec::new();
        for index in (0..self.spares.len()).rev() {
            let mould = self.spares[index].mould.clone();
            let place = self.moulds.iter().position(|known| Arc::ptr_eq(known, &mould));
            let wanted = place.map_or(0, |place| self.share(place));
            if self.count(&mould) > wanted {
                surplus.push(self.spares.remove(index));
            }
        }
        (forgotten, surplus)
    }

    /// Notes that this kind was asked for.
    fn note(&mut self, blueprint: &Blueprint) -> (Vec<Arc<Mould>>, Vec<Spare>) {
        let known = self.moulds.iter().position(|mould| mould.fits(blueprint));
        let is_current = |index: usize| self.moulds[index].blueprint.preload == blueprint.preload;
        let mould = match known {
            Some(0) if is_current(0) => return Default::default(),
            Some(index) if is_current(index) => self.moulds.remove(index),
            known => {
                let Some(fresh) = Mould::of(blueprint) else {
                    return Default::default();
                };
                let old = known.map(|index| self.moulds.remove(index));
                // Those that are there are as good; the next ones import what this one would have liked.
                for spare in &mut self.spares {
                    if old.as_ref().is_some_and(|old| Arc::ptr_eq(old, &spare.mould)) {
                        spare.mould = fresh.clone();
                    }
                }
                fresh
            }
        };
        self.moulds.insert(0, mould);
        self.surplus()
    }

    /// One that can become such an interpreter; rather one that is ready.
    fn take(&mut self, blueprint: &Blueprint) -> Option<Spare> {
        let fits = |spare: &Spare| spare.mould.fits(blueprint);
        let ready = self.spares.iter().position(|spare| spare.is_ready && fits(spare));
        let index = ready.or_else(|| self.spares.iter().position(fits))?;
        self.taken += 1;
        let now = Instant::now();
        self.rest = Some((self.rest.map_or(now, |(first, _)| first), now));
        Some(self.spares.remove(index))
    }

    /// For how long no other is to be built yet.
    fn rest(&self) -> Duration {
        let due = self.rest.map(|(first, last)| (first + LONGEST_REST).min(last + REST));
        due.map_or(Duration::ZERO, |due| due.saturating_duration_since(Instant::now()))
    }
}

/// Has a spare become that interpreter. `Err` gives it back if there is none of its kind.
pub(super) fn give(birth: Birth) -> Result<(), Box<Birth>> {
    let (spare, surplus) = {
        let mut stock = STOCK.lock();
        if stock.wanted == 0 {
            return Err(Box::new(birth));
        }
        let spare = stock.take(&birth.blueprint);
        (spare, stock.note(&birth.blueprint))
    };
    let given = match spare {
        Some(spare) => spare.births.send(birth).map_err(|unsent| Box::new(unsent.0)),
        None => Err(Box::new(birth)),
    };
    drop(surplus);
    restock();
    given
}

/// Has spares of that kind made.
pub(crate) fn expect(blueprint: &Blueprint) {
    let surplus = {
        let mut stock = STOCK.lock();
        if stock.wanted == 0 {
            return;
        }
        stock.note(blueprint)
    };
    drop(surplus);
    restock();
}

/// Has the keeper look.
fn restock() {
    let mut stock = STOCK.lock();
    if stock.lacking().is_none() {
        return;
    }
    if stock.keeper.is_none() {
        let (order, orders) = bounded(1);
        let keep = move || {
            for () in orders {
                while wait_for_rest() && make_one() {}
            }
        };
        match spawner::spawn("ungil-keeper", None, keep) {
            Ok(()) => stock.keeper = Some(order),
            Err(error) => return tracing::warn!(%error, "no spares can be kept"),
        }
    }
    if let Some(keeper) = &stock.keeper {
        // A full mailbox means that it will look anyway.
        let _ = keeper.try_send(());
    }
}

/// Waits until those who were just started have had their time. False if no spare is lacking any more.
fn wait_for_rest() -> bool {
    loop {
        let rest = {
            let stock = STOCK.lock();
            if stock.lacking().is_none() {
                return false;
            }
            stock.rest()
        };
        if rest.is_zero() {
            return true;
        }
        thread::sleep(rest);
    }
}

/// Makes the next spare that is lacking, and waits until it is built: one at a time leaves the machine to those who work.
fn make_one() -> bool {
    let (mould, number) = {
        let mut stock = STOCK.lock();
        let Some(mould) = stock.lacking() else {
            return false;
        };
        stock.made += 1;
        stock.rest = None;
        (mould, stock.made)
    };
    let (births, incoming) = bounded(1);
    let (built, ready) = bounded(1);
    let control = spare::control(&mould);
    let life = {
        let (mould, control) = (mould.clone(), control.clone());
        move || spare::stand_by(&mould, &incoming, &built, &control)
    };
    if let Err(error) = threads::run(mould.kind.clone(), "ungil", Box::new(life)) {
        // Whoever asks for an interpreter next has the keeper try again.
        tracing::warn!(%error, "no thread for a spare");
        return false;
    }
    let surplus = {
        let mut stock = STOCK.lock();
        stock.spares.push(Spare {
            number,
            mould,
            births,
            control,
            is_ready: false,
        });
        // What is wanted may have changed meanwhile.
        stock.surplus()
    };
    drop(surplus);
    let is_ready = ready.recv().is_ok();
    {
        let mut stock = STOCK.lock();
        // Unless somebody has taken it already, or did not want it any more.
        if let Some(spare) = stock.spares.iter_mut().find(|spare| spare.number == number) {
            spare.is_ready = true;
        }
    }
    CHANGED.notify_all();
    is_ready
}
