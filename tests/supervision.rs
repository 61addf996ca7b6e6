//! A pool watches its interpreters: what is lost is replaced, and what keeps killing them is not run.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use ungil::{Builder, Error, Interpreter, Limits, PoolBuilder, Task};

/// What a task has that does not come back: enough to have begun on a busy machine.
const LIMIT: Duration = Duration::from_secs(1);
/// After how long it is given up then.
const GIVE_UP: Duration = Duration::from_millis(40);
const PATIENCE: Duration = Duration::from_secs(120);

/// A function that scripts call and that does not come back before the test says so.
struct Stuck {
    releases: Sender<()>,
    held: Arc<Mutex<Receiver<()>>>,
    calls: Arc<AtomicU64>,
}

impl Stuck {
    fn new() -> Self {
        let (releases, held) = mpsc::channel();
        Self {
            releases,
            held: Arc::new(Mutex::new(held)),
            calls: Arc::default(),
        }
    }

    fn builder(&self) -> Builder {
        let (held, calls) = (self.held.clone(), self.calls.clone());
        let count = self.calls.clone();
        Interpreter::builder()
            .function("stuck", move || {
                calls.fetch_add(1, Ordering::SeqCst);
                let _ = held.lock().unwrap().recv();
            })
            .function("calls", move || count.load(Ordering::SeqCst))
            .source("work", "def hang(*args): stuck()\ndef square(n): return n * n")
    }

    fn pool(&self, size: usize) -> PoolBuilder {
        let limits = Limits::new().wall_time(PATIENCE).give_up_after(GIVE_UP);
        self.builder().pool().size(size).limits(limits)
    }

    fn release(&self) {
        self.releases.send(()).unwrap();
    }
}

fn within_limit(task: Task) -> Task {
    task.limits(Limits::new().wall_time(LIMIT))
}

fn hang() -> Task {
    within_limit(Task::call("work.hang"))
}

fn eventually(what: &str, check: impl Fn() -> bool) {
    let start = Instant::now();
    while !check() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_lost_interpreter_is_replaced_and_ends_when_it_comes_back() {
    let stuck = Stuck::new();
    let pool = stuck.pool(2).build().unwrap();
    let lost = pool.submit::<()>(hang()).unwrap();
    let results: Vec<i64> = (0..50).map(|n| pool.call("work.square", (n,)).unwrap()).collect();
    assert_eq!(results[49], 49 * 49);
    assert!(matches!(lost.wait(), Err(Error::Unresponsive { .. })));
    eventually("it is replaced", || {
        pool.stats().lost == 1 && pool.interpreters().len() == 2
    });
    let stats = pool.stats();
    assert_eq!((stats.stuck, stats.failed, stats.running), (1, 1, 0));
    stuck.release();
    eventually("it has ended", || pool.stats().stuck == 0);
    assert_eq!(pool.call::<i64>("work.square", (7,)).unwrap(), 49);
    pool.shutdown().unwrap();
}

#[test]
fn tasks_that_a_lost_interpreter_had_taken_run_elsewhere() {
    let stuck = Stuck::new();
    let pool = stuck.pool(1).build().unwrap();
    let lost = pool.submit::<()>(hang()).unwrap();
    let jobs: Vec<_> = (0..100)
        .map(|n: i64| pool.submit::<i64>(Task::call("work.square").args((n,))).unwrap())
        .collect();
    assert!(matches!(lost.wait(), Err(Error::Unresponsive { .. })));
    for (n, job) in jobs.into_iter().enumerate() {
        assert_eq!(job.wait().unwrap(), (n * n) as i64);
    }
    stuck.release();
}

#[test]
fn a_task_runs_again_only_if_it_says_so() {
    let stuck = Stuck::new();
    let pool = stuck.pool(1).build().unwrap();
    let once = within_limit(Task::eval("calls() or stuck()"));
    let error = pool.submit::<Option<u64>>(once.clone()).unwrap().wait().unwrap_err();
    assert!(matches!(error, Error::Unresponsive { .. }), "{error:?}");
    assert_eq!(pool.stats().retried, 0);

    stuck.calls.store(0, Ordering::SeqCst);
    let again = pool.submit::<Option<u64>>(once.retries(1)).unwrap();
    assert_eq!(again.wait().unwrap(), Some(1));
    assert_eq!(pool.stats().retried, 1);
    stuck.release();
    stuck.release();
}

#[test]
fn retries_end_and_an_exception_is_no_reason_for_one() {
    let stuck = Stuck::new();
    let pool = stuck.pool(1).circuit_breaker(0, Duration::ZERO).build().unwrap();
    let error = pool.submit::<()>(hang().retries(2)).unwrap().wait().unwrap_err();
    assert!(matches!(error, Error::Unresponsive { .. }), "{error:?}");
    assert_eq!(stuck.calls.load(Ordering::SeqCst), 3);
    assert_eq!(pool.stats().retried, 2);
    pool.submit::<()>(Task::exec("1 / 0").retries(5))
        .unwrap()
        .wait()
        .unwrap_err();
    assert_eq!(pool.stats().retried, 2);
    (0..3).for_each(|_| stuck.release());
}

#[test]
fn a_task_that_keeps_killing_its_interpreter_is_not_run_any_more() {
    let stuck = Stuck::new();
    let pool = stuck
        .pool(2)
        .circuit_breaker(2, Duration::from_secs(3600))
        .build()
        .unwrap();
    for _ in 0..2 {
        let lost = pool.stats().lost;
        assert!(matches!(
            pool.submit::<()>(hang()).unwrap().wait(),
            Err(Error::Unresponsive { .. })
        ));
        eventually("it is counted", || pool.stats().lost == lost + 1);
    }
    let error = pool.submit::<()>(hang()).unwrap().wait().unwrap_err();
    assert!(matches!(error, Error::CircuitOpen { losses: 2, .. }), "{error:?}");
    assert!(error.interpreter_usable());
    assert_eq!(stuck.calls.load(Ordering::SeqCst), 2);
    assert_eq!(pool.call::<i64>("work.square", (3,)).unwrap(), 9, "others run");
    eventually("it is counted", || pool.stats().refused == 1);
    (0..2).for_each(|_| stuck.release());
}

#[test]
fn a_pool_that_has_lost_too_many_refuses_work_until_they_have_ended() {
    let stuck = Stuck::new();
    let pool = stuck
        .pool(2)
        .max_lost(1)
        .circuit_breaker(0, Duration::ZERO)
        .build()
        .unwrap();
    let lost: Vec<_> = (0..3).map(|_| pool.submit::<()>(hang())).collect();
    let queued = lost.into_iter().filter_map(Result::ok).map(ungil::Job::wait);
    for result in queued {
        let error = result.unwrap_err();
        assert!(
            matches!(error, Error::Unresponsive { .. } | Error::TooManyLost { .. }),
            "{error:?}"
        );
    }
    eventually("it refuses", || pool.submit::<()>(Task::exec("pass")).is_err());
    let error = pool.submit::<()>(Task::exec("pass")).unwrap_err();
    assert!(
        matches!(&error, Error::TooManyLost { lost, .. } if *lost > 1),
        "{error}"
    );
    assert!(pool.try_submit::<()>(Task::exec("pass")).is_err());
    let calls = stuck.calls.load(Ordering::SeqCst);
    (0..calls).for_each(|_| stuck.release());
    eventually("it works again", || {
        matches!(pool.call::<i64>("work.square", (3,)), Ok(9))
    });
    eventually("all seats are filled", || {
        pool.interpreters().len() == 2 && pool.stats().stuck == 0
    });
}

#[test]
fn an_interpreter_is_replaced_after_so_many_tasks() {
    let pool = Interpreter::builder()
        .source("count", "n = 0\ndef more():\n    global n\n    n += 1\n    return n")
        .pool()
        .size(1)
        .recycle_after(5)
        .build()
        .unwrap();
    let jobs: Vec<_> = (0..22)
        .map(|_| pool.submit::<u64>(Task::call("count.more")).unwrap())
        .collect();
    let counts: Vec<_> = jobs.into_iter().map(|job| job.wait().unwrap()).collect();
    assert_eq!(counts[..12], [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]);
    let stats = pool.stats();
    assert_eq!((stats.recycled, stats.lost, stats.failed), (4, 0, 0));
    pool.shutdown().unwrap();
}

#[test]
fn a_mark_for_memory_needs_an_allocator_that_counts() {
    let error = Interpreter::builder()
        .pool()
        .size(1)
        .recycle_over(1 << 30)
        .build()
        .unwrap_err();
    assert!(
        matches!(&error, Error::Config { message } if message.contains("Accounting")),
        "{error}"
    );
}

#[test]
fn a_shutdown_does_not_wait_for_who_cannot_be_stopped() {
    let stuck = Stuck::new();
    let pool = stuck.pool(2).build().unwrap();
    let jobs: Vec<_> = (0..2).map(|_| pool.submit::<()>(hang()).unwrap()).collect();
    eventually("they run", || stuck.calls.load(Ordering::SeqCst) >= 1);
    pool.shutdown_now().unwrap();
    for job in jobs {
        assert!(job.wait().is_err());
    }
    (0..2).for_each(|_| stuck.release());
}

#[test]
fn a_pool_that_nobody_holds_any_more_closes_although_one_is_lost() {
    let stuck = Stuck::new();
    let pool = stuck.pool(1).build().unwrap();
    let lost = pool.submit::<()>(hang()).unwrap();
    let after = pool.submit::<i64>(Task::eval("6 * 7")).unwrap();
    drop(pool);
    assert!(matches!(lost.wait(), Err(Error::Unresponsive { .. })));
    assert_eq!(after.wait().unwrap(), 42);
    stuck.release();
}
