//! Pools: many interpreters that share the work, and what becomes of every task.

use std::{
    sync::{
        Arc, Barrier, Once, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use ungil::{Builder, Error, Interpreter, Job, Pool, PoolBuilder, Result, Task, Value};

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

const WORK: &str = "
def double(n):
    return 2 * n

def picky(n):
    if n % 10 == 3:
        raise ValueError(f'not {n}')
    return n
";

fn builder() -> Builder {
    Interpreter::builder().source("work", WORK)
}

fn pool(size: usize) -> Pool {
    builder().pool().size(size).build().unwrap()
}

fn finish<T: Send + 'static>(mut job: Job<T>) -> Result<T> {
    job.wait_timeout(PATIENCE).expect("the job ends")
}

fn type_name<T: std::fmt::Debug>(result: &Result<T>) -> &str {
    match result {
        Err(Error::Exception(exception)) => exception.type_name(),
        other => panic!("no exception: {other:?}"),
    }
}

/// A host function `hold()` that says when it is called, and returns when it is let go.
struct Gate {
    entered: Receiver<()>,
    let_go: Sender<()>,
    function: Arc<dyn Fn() + Send + Sync>,
}

impl Gate {
    fn new() -> Self {
        let (enter, entered) = unbounded();
        let (let_go, go) = unbounded();
        let function = Arc::new(move || {
            enter.send(()).unwrap();
            go.recv_timeout(PATIENCE).expect("let go");
        });
        Self {
            entered,
            let_go,
            function,
        }
    }

    fn pool(&self, size: usize, queue: usize) -> Pool {
        let hold = self.function.clone();
        let builder = builder().function("hold", move || hold());
        builder.pool().size(size).queue(queue).build().unwrap()
    }

    fn wait_until_held(&self) {
        self.entered.recv_timeout(PATIENCE).expect("hold() is called");
    }

    fn let_go(&self) {
        self.let_go.send(()).unwrap();
    }
}

/// A pool whose tasks can use the pool itself, through the host functions that `extend` adds.
fn pool_that_knows_itself(builder: impl FnOnce(Arc<OnceLock<Pool>>) -> PoolBuilder) -> (Pool, Arc<OnceLock<Pool>>) {
    let itself = Arc::new(OnceLock::new());
    let pool = builder(itself.clone()).build().unwrap();
    itself.set(pool.clone()).unwrap();
    (pool, itself)
}

fn quiet_deliberate_panics() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref::<&str>() != Some(&"deliberate") {
                loud(panic);
            }
        }));
    });
}

mod submitting {
    use super::*;

    #[test]
    fn every_job_gets_its_result() -> Result<()> {
        let pool = pool(2);
        let jobs: Vec<Job<i64>> = (0..100)
            .map(|n| pool.submit(Task::call("work.double").args((n,))))
            .collect::<Result<_>>()?;
        for (n, job) in (0..100).zip(jobs) {
            assert_eq!(finish(job)?, 2 * n);
        }
        assert_eq!(pool.call::<i64>("work.double", (21,))?, 42);
        Ok(())
    }

    #[test]
    fn a_pool_has_as_many_interpreters_as_the_machine_runs_threads() -> Result<()> {
        assert_eq!(Pool::new()?.len(), thread::available_parallelism().unwrap().get());
        assert_eq!(Pool::builder().interpreters(builder()).size(3).build()?.len(), 3);
        Ok(())
    }

    #[test]
    fn tasks_run_at_the_same_time() -> Result<()> {
        let meeting = Arc::new(Barrier::new(3));
        let meet = meeting.clone();
        let pool = builder()
            .function("meet", move || {
                meet.wait();
            })
            .pool()
            .size(3)
            .build()?;
        for _ in 0..50 {
            let jobs: Vec<Job<()>> = (0..3)
                .map(|_| pool.submit(Task::exec("meet()")))
                .collect::<Result<_>>()?;
            jobs.into_iter().try_for_each(finish)?;
        }
        Ok(())
    }

    #[test]
    fn a_task_that_fails_fails_alone() -> Result<()> {
        let pool = pool(1);
        let jobs: Vec<Job<i64>> = ["1", "1 / 0", "undefined", "exit(3)", "print", "2"]
            .map(|source| pool.submit(Task::eval(source)))
            .into_iter()
            .collect::<Result<_>>()?;
        let results: Vec<Result<i64>> = jobs.into_iter().map(finish).collect();
        assert_eq!(type_name(&results[1]), "ZeroDivisionError");
        assert_eq!(type_name(&results[2]), "NameError");
        assert!(matches!(results[4], Err(Error::Conversion(_))));
        assert!(matches!((&results[0], &results[5]), (Ok(1), Ok(2))), "{results:?}");
        Ok(())
    }

    #[test]
    fn a_full_queue_makes_the_submitter_wait_and_gives_a_task_back_that_cannot_wait() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(1, 1);
        let running: Job<()> = pool.submit(Task::exec("hold()"))?;
        gate.wait_until_held();
        let queued: Job<i64> = pool.submit(Task::eval("1"))?;
        let refused = pool.try_submit::<i64>(Task::eval("2")).unwrap_err();
        assert!(matches!(refused.error(), Error::QueueFull { capacity: 1 }));
        thread::scope(|scope| {
            let task = refused.into_task();
            let (submitted, job) = bounded(1);
            let pool = &pool;
            scope.spawn(move || submitted.send(pool.submit::<i64>(task)).unwrap());
            assert!(job.try_recv().is_err(), "there is no room yet");
            gate.let_go();
            assert_eq!(finish(job.recv_timeout(PATIENCE).expect("there is room")?)?, 2);
            finish(running)?;
            assert_eq!(finish(queued)?, 1);
            Ok(())
        })
    }

    #[test]
    fn a_task_cancelled_in_the_queue_never_runs() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(1, 8);
        let running: Job<()> = pool.submit(Task::exec("hold()"))?;
        gate.wait_until_held();
        let queued: Job<()> = pool.submit(Task::exec("import builtins; builtins.has_run = True"))?;
        queued.cancel();
        gate.let_go();
        finish(running)?;
        assert!(matches!(finish(queued), Err(Error::Cancelled)));
        assert!(!finish(
            pool.submit::<bool>(Task::eval("hasattr(__builtins__, 'has_run')"))?
        )?);
        Ok(())
    }

    #[test]
    fn a_running_task_can_be_cancelled() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(1, 8);
        let endless: Job<()> = pool.submit(Task::exec("hold()\nwhile True: pass"))?;
        gate.wait_until_held();
        gate.let_go();
        endless.cancel();
        assert!(matches!(finish(endless), Err(Error::Cancelled)));
        assert_eq!(pool.call::<i64>("work.double", (4,))?, 8);
        Ok(())
    }

    #[test]
    fn a_task_submits_more_tasks_but_never_waits_for_its_own_pool() -> Result<()> {
        let (pool, itself) = pool_that_knows_itself(|itself| {
            let more = move |wait: bool| -> String {
                let pool = itself.get().expect("set before any task");
                let outcome = if wait {
                    pool.call::<i64>("work.double", (1,)).map(drop)
                } else {
                    // More than fit: the first are taken, the others refused.
                    (0..10).try_for_each(|_| pool.submit::<()>(Task::exec("pass")).map(drop))
                };
                format!("{outcome:?}")
            };
            builder().function("more", more).pool().size(1).queue(4)
        });
        let refused: String = finish(pool.submit(Task::eval("more(False)"))?)?;
        assert!(refused.contains("QueueFull"), "{refused}");
        let refused: String = finish(pool.submit(Task::eval("more(True)"))?)?;
        assert!(refused.contains("Reentrant"), "{refused}");
        drop(itself);
        Ok(())
    }

    #[test]
    fn a_pool_without_room_or_interpreters_is_refused() {
        for wrong in [
            builder().pool().size(0),
            builder().pool().queue(0),
            builder().stack_size(1).pool(),
        ] {
            assert!(matches!(wrong.build(), Err(Error::Config { .. })));
        }
    }

    #[test]
    fn a_builder_that_fails_fails_the_pool() {
        let wrong = builder().working_dir("/there/is/no/such/folder").pool().size(3).build();
        assert!(wrong.is_err(), "{wrong:?}");
    }
}

mod mapping {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() -> Result<()> {
        let pool = pool(2);
        for chunk_size in [None, Some(1), Some(7), Some(5000)] {
            let map = pool.map::<i64>("work.double", 0..1000);
            let map = match chunk_size {
                None => map,
                Some(items) => map.chunk_size(items),
            };
            assert_eq!(map.size_hint(), (1000, Some(1000)));
            let doubled: Vec<i64> = map.collect::<Result<_>>()?;
            assert_eq!(doubled, (0..2000).step_by(2).collect::<Vec<_>>());
        }
        assert_eq!(pool.map::<i64>("work.double", [0_i64; 0]).count(), 0);
        Ok(())
    }

    #[test]
    fn an_item_that_fails_fails_alone() {
        let pool = pool(2);
        for chunk_size in [1, 4, 100] {
            let results: Vec<Result<i64>> = pool.map("work.picky", 0..40).chunk_size(chunk_size).collect();
            for (n, result) in (0..).zip(&results) {
                match result {
                    Ok(value) => assert_eq!(*value, n),
                    Err(Error::Exception(exception)) => assert_eq!(exception.message(), format!("not {n}")),
                    other => panic!("{n}: {other:?}"),
                }
            }
            assert_eq!(results.iter().filter(|result| result.is_err()).count(), 4);
        }
    }

    #[test]
    fn an_item_that_does_not_cross_names_itself() {
        struct Stubborn(i64);
        impl serde::Serialize for Stubborn {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0 % 3 {
                    1 => Err(serde::ser::Error::custom("stays here")),
                    _ => serializer.serialize_i64(self.0),
                }
            }
        }
        let pool = pool(1);
        let results: Vec<Result<i64>> = pool.map("work.double", (0..7).map(Stubborn)).chunk_size(5).collect();
        for (index, result) in results.iter().enumerate() {
            match result {
                Ok(doubled) => assert_eq!(*doubled, 2 * index as i64),
                Err(Error::Conversion(error)) => assert_eq!(error.path(), format!("items[{index}]")),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(results.iter().filter(|result| result.is_err()).count(), 2);
    }

    #[test]
    fn a_result_of_another_type_is_that_items_error() {
        let pool = pool(1);
        let results: Vec<Result<u8>> = pool.map("work.double", [1, 200, 3]).collect();
        assert!(
            matches!(results[..], [Ok(2), Err(Error::Conversion(_)), Ok(6)]),
            "{results:?}"
        );
    }

    #[test]
    fn a_function_that_is_not_there_fails_every_item() {
        let pool = pool(1);
        let results: Vec<Result<u8>> = pool.map("work.no_such", 0..10).collect();
        assert_eq!(results.len(), 10);
        assert!(results.iter().all(|result| type_name(result) == "AttributeError"));
    }

    #[test]
    fn items_are_taken_a_bounded_number_ahead() -> Result<()> {
        let taken = AtomicUsize::new(0);
        let pool = pool(2);
        let endless = (0_i64..).inspect(|_| {
            taken.fetch_add(1, SeqCst);
        });
        let first: Vec<i64> = pool
            .map::<i64>("work.double", endless)
            .chunk_size(1)
            .take(10)
            .collect::<Result<_>>()?;
        assert_eq!(first, (0..20).step_by(2).collect::<Vec<_>>());
        assert!(taken.load(SeqCst) < 100, "{taken:?}");
        Ok(())
    }

    #[test]
    fn a_map_that_is_dropped_cancels_what_has_not_finished() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(1, 8);
        pool.broadcast::<()>(Task::exec(
            "def endless(n):\n    if n:\n        hold()\n        while True: pass",
        ));
        let mut map = pool.map::<()>("endless", 0..10).chunk_size(1);
        map.next().expect("the first item")?;
        gate.wait_until_held();
        gate.let_go();
        drop(map);
        assert_eq!(pool.call::<i64>("work.double", (4,))?, 8);
        Ok(())
    }

    #[test]
    fn a_map_shares_a_short_queue_with_others() -> Result<()> {
        let pool = builder().pool().size(2).queue(1).build()?;
        let (first, second) = (
            pool.map::<i64>("work.double", 0..500),
            pool.map::<i64>("work.double", 500..1000),
        );
        let sums = thread::scope(|scope| {
            let other = pool.clone();
            let unordered = scope.spawn(move || {
                let results = other
                    .map_unordered::<i64>("work.double", 0..500)
                    .map(|(_, result)| result);
                results.sum::<Result<i64>>()
            });
            let sum = first
                .chunk_size(1)
                .zip(second.chunk_size(1))
                .map(|(a, b)| Ok(a? + b?))
                .sum::<Result<i64>>();
            (sum, unordered.join().unwrap())
        });
        assert_eq!((sums.0?, sums.1?), (999_000, 249_500));
        Ok(())
    }

    #[test]
    fn tuples_are_spread_by_starmap_only() -> Result<()> {
        let pool = pool(2);
        let powers: Vec<i64> = pool.starmap("pow", [(2, 3), (5, 2)]).collect::<Result<_>>()?;
        assert_eq!(powers, [8, 25]);
        let lengths: Vec<i64> = pool.map("len", [(2, 3), (5, 2)]).collect::<Result<_>>()?;
        assert_eq!(lengths, [2, 2]);
        Ok(())
    }

    #[test]
    fn unordered_results_come_when_they_are_there() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(2, 8);
        pool.broadcast::<()>(Task::exec("def work(n):\n    if n == 0: hold()\n    return n * n"));
        let mut map = pool.map_unordered::<i64>("work", 0..20).chunk_size(1);
        let mut seen = Vec::new();
        while seen.len() < 19 {
            let (index, square) = map.next().expect("19 do not wait for the first");
            assert_eq!(square? as usize, index * index);
            seen.push(index);
        }
        assert!(!seen.contains(&0));
        gate.let_go();
        assert!(matches!(map.next(), Some((0, Ok(0)))));
        assert!(map.next().is_none());
        Ok(())
    }

    #[test]
    fn a_map_inside_its_own_pool_is_refused_item_by_item() -> Result<()> {
        let (pool, itself) = pool_that_knows_itself(|itself| {
            let nested = move || -> bool {
                let pool = itself.get().expect("set before any task");
                let all_refused = |mut results: Vec<Result<i64>>| {
                    results
                        .drain(..)
                        .all(|result| matches!(result, Err(Error::Reentrant { .. })))
                };
                let ordered = pool.map("work.double", 0..5).collect();
                let unordered = pool
                    .map_unordered("work.double", 0..5)
                    .map(|(_, result)| result)
                    .collect();
                all_refused(ordered) && all_refused(unordered)
            };
            builder().function("nested", nested).pool().size(1)
        });
        assert!(pool.call::<bool>("nested", ())?);
        drop(itself);
        Ok(())
    }
}

/// The issue's own words: 100,000 small tasks of which 1 in 100 raises and 1 in 1,000 panics in a host function.
#[test]
fn every_one_of_100_000_tasks_is_accounted_for() -> Result<()> {
    const TASKS: usize = 100_000;
    quiet_deliberate_panics();
    let source = "
def task(n):
    if n % 1000 == 500:
        blow_up()
    if n % 100 == 1:
        raise ValueError(n)
    return n + 1
";
    let builder = Interpreter::builder()
        .source("work", source)
        .function("blow_up", || -> () { panic!("deliberate") });
    let pool = builder.pool().build()?;
    let (mut returned, mut raised, mut panicked) = (0, 0, 0);
    for (n, result) in (0..TASKS).zip(pool.map::<usize>("work.task", 0..TASKS)) {
        match result {
            Ok(value) => {
                assert_eq!(value, n + 1);
                returned += 1;
            }
            Err(Error::Exception(exception)) if exception.type_name() == "ValueError" => {
                assert_eq!(exception.message(), n.to_string());
                raised += 1;
            }
            Err(Error::Exception(exception)) if exception.type_name() == "HostPanic" => {
                assert_eq!(n % 1000, 500);
                panicked += 1;
            }
            other => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!((returned, raised, panicked), (98_900, 1_000, 100));
    let stats = pool.stats();
    assert_eq!((stats.queued, stats.failed, stats.lost), (0, 0, 0));

    // The same as tasks of their own, in no order.
    let jobs: Vec<Job<usize>> = (0..TASKS / 10)
        .map(|n| pool.submit(Task::call("work.task").args((n,))))
        .collect::<Result<_>>()?;
    let failed = jobs.into_iter().map(finish).filter(Result::is_err).count();
    assert_eq!(failed, 110);
    pool.shutdown()?;
    assert_eq!(pool.stats().failed, 110);
    Ok(())
}

mod broadcasting {
    use super::*;

    #[test]
    fn a_broadcast_runs_once_on_each_interpreter() -> Result<()> {
        let pool = pool(3);
        let runs = pool.broadcast::<()>(Task::exec("runs = globals().get('runs', 0) + 1"));
        assert_eq!(runs.into_iter().filter(Result::is_ok).count(), 3);
        for interpreter in pool.interpreters() {
            assert_eq!(interpreter.get::<i64>("runs")?, 1);
        }
        Ok(())
    }

    #[test]
    fn a_busy_interpreter_runs_it_after_its_task() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(1, 8);
        let running: Job<()> = pool.submit(Task::exec("hold(); order = ['task']"))?;
        gate.wait_until_held();
        let queued: Job<()> = pool.submit(Task::exec("order.append('queued')"))?;
        thread::scope(|scope| {
            let broadcast = scope.spawn(|| pool.broadcast::<()>(Task::exec("order.append('broadcast')")));
            while pool.interpreters()[0].stats().queued == 0 {
                thread::yield_now();
            }
            gate.let_go();
            broadcast.join().unwrap()
        })
        .remove(0)?;
        finish(running)?;
        finish(queued)?;
        assert_eq!(
            pool.interpreters()[0].get::<Vec<String>>("order")?,
            ["task", "broadcast", "queued"]
        );
        Ok(())
    }

    #[test]
    fn each_interpreter_answers_for_itself() {
        let pool = pool(2);
        let results = pool.broadcast::<i64>(Task::exec("1 / 0"));
        assert_eq!(
            results.iter().map(type_name).collect::<Vec<_>>(),
            ["ZeroDivisionError"; 2]
        );
    }

    #[test]
    fn a_long_broadcast_does_not_hold_up_tasks_that_others_can_run() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(2, 8);
        let held: Job<()> = pool.interpreters()[0].spawn(Task::exec("hold()"));
        gate.wait_until_held();
        for n in 0..200 {
            assert_eq!(finish(pool.submit::<i64>(Task::eval(format!("{n}")))?)?, n);
        }
        gate.let_go();
        finish(held)
    }
}

mod ending {
    use super::*;

    #[test]
    fn a_shutdown_runs_what_is_queued_and_takes_no_more() -> Result<()> {
        let pool = pool(2);
        let jobs: Vec<Job<i64>> = (0..200)
            .map(|n| pool.submit(Task::eval(format!("{n}"))))
            .collect::<Result<_>>()?;
        pool.shutdown()?;
        assert!(jobs.iter().all(Job::is_finished));
        assert_eq!(jobs.into_iter().map(finish).sum::<Result<i64>>()?, 199 * 100);
        assert!(matches!(
            pool.submit::<()>(Task::exec("pass")),
            Err(Error::Closed { .. })
        ));
        assert!(matches!(
            pool.map::<()>("print", [1]).next(),
            Some(Err(Error::Closed { .. }))
        ));
        assert!(pool.is_closed() && pool.interpreters().is_empty());
        assert_eq!(pool.stats().done, 200);
        pool.shutdown()?;
        pool.shutdown_now()
    }

    #[test]
    fn a_shutdown_runs_atexit_functions() -> Result<()> {
        let (exits, exited) = unbounded();
        let note = move || exits.send(()).unwrap();
        let pool = builder().function("note", note).pool().size(3).build()?;
        pool.broadcast::<()>(Task::exec("import atexit; atexit.register(note)"));
        pool.shutdown()?;
        assert_eq!(exited.try_iter().count(), 3);
        Ok(())
    }

    #[test]
    fn an_immediate_shutdown_cancels_what_runs_and_what_is_queued() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(2, 100);
        let mut jobs: Vec<Job<()>> = Vec::new();
        for _ in 0..2 {
            jobs.push(pool.submit(Task::exec("hold()\nwhile True: pass"))?);
            gate.wait_until_held();
            gate.let_go();
        }
        for _ in 0..50 {
            jobs.push(pool.submit(Task::exec("while True: pass"))?);
        }
        pool.shutdown_now()?;
        assert!(jobs.iter().all(Job::is_finished));
        for job in jobs {
            assert!(matches!(finish(job), Err(Error::Cancelled)));
        }
        assert_eq!(pool.stats().failed, 52);
        Ok(())
    }

    #[test]
    fn an_immediate_shutdown_finds_a_task_at_every_moment() -> Result<()> {
        for _ in 0..20 {
            let pool = pool(2);
            let submitter = {
                let pool = pool.clone();
                thread::spawn(move || {
                    let endless = || pool.submit::<()>(Task::exec("while True: pass")).ok();
                    std::iter::from_fn(endless).take(50).collect::<Vec<_>>()
                })
            };
            pool.shutdown_now()?;
            for job in submitter.join().unwrap() {
                assert!(matches!(finish(job), Err(Error::Cancelled | Error::Closed { .. })));
            }
        }
        Ok(())
    }

    #[test]
    fn a_graceful_shutdown_can_be_cut_short() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(1, 8);
        let endless: Job<()> = pool.submit(Task::exec("hold()\nwhile True: pass"))?;
        gate.wait_until_held();
        gate.let_go();
        thread::scope(|scope| {
            let graceful = scope.spawn(|| pool.shutdown());
            while !pool.is_closed() {
                thread::yield_now();
            }
            pool.shutdown_now()?;
            graceful.join().unwrap()
        })?;
        assert!(matches!(finish(endless), Err(Error::Cancelled)));
        Ok(())
    }

    #[test]
    fn a_dropped_pool_answers_every_job_without_anyone_waiting() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(2, 100);
        let held: Vec<Job<()>> = (0..2)
            .map(|_| pool.submit(Task::exec("hold()")))
            .collect::<Result<_>>()?;
        let queued: Vec<Job<i64>> = (0..50)
            .map(|n| pool.submit(Task::eval(format!("{n}"))))
            .collect::<Result<_>>()?;
        let interpreter = pool.interpreters().remove(0);
        drop(pool);
        assert!(!held[0].is_finished(), "the drop has not waited");
        gate.let_go();
        gate.let_go();
        held.into_iter().try_for_each(finish)?;
        assert_eq!(queued.into_iter().map(finish).sum::<Result<i64>>()?, 49 * 25);
        interpreter.exec("still = 'usable by those who hold it'")
    }

    #[test]
    fn a_dropped_pool_closes_its_interpreters() -> Result<()> {
        let (exits, exited) = unbounded();
        let note = move || exits.send(()).unwrap();
        let pool = builder().function("note", note).pool().size(3).build()?;
        pool.broadcast::<()>(Task::exec("import atexit; atexit.register(note)"));
        drop(pool);
        for _ in 0..3 {
            exited.recv_timeout(PATIENCE).expect("closed in the background");
        }
        Ok(())
    }

    #[test]
    fn a_submitter_that_waits_for_room_learns_of_the_end() -> Result<()> {
        let gate = Gate::new();
        let pool = gate.pool(1, 1);
        let jobs = [pool.submit::<()>(Task::exec("hold()"))?, {
            gate.wait_until_held();
            pool.submit::<()>(Task::exec("pass"))?
        }];
        let refused = thread::scope(|scope| {
            let waiting = scope.spawn(|| pool.submit::<()>(Task::exec("pass")));
            let ending = scope.spawn(|| pool.shutdown());
            let refused = waiting.join().unwrap();
            gate.let_go();
            ending.join().unwrap().map(|()| refused)
        })?;
        assert!(matches!(refused, Err(Error::Closed { .. })), "{refused:?}");
        jobs.into_iter().try_for_each(finish)
    }

    #[test]
    fn a_pool_is_not_shut_down_from_inside() -> Result<()> {
        let (pool, itself) = pool_that_knows_itself(|itself| {
            let end = move || format!("{:?}", itself.get().expect("set before any task").shutdown());
            builder().function("end", end).pool().size(1)
        });
        assert!(pool.call::<String>("end", ())?.contains("Reentrant"));
        drop(itself);
        pool.shutdown()
    }
}

mod losing_interpreters {
    use super::*;

    #[test]
    fn a_panicked_interpreter_is_replaced() -> Result<()> {
        quiet_deliberate_panics();
        let meeting = Arc::new(Barrier::new(2));
        let meet = meeting.clone();
        let pool = builder()
            .function("meet", move || {
                meet.wait();
            })
            .pool()
            .size(2)
            .build()?;
        for round in 1..=5 {
            while pool.interpreters().len() < 2 {
                thread::yield_now();
            }
            for interpreter in pool.interpreters() {
                let lost = interpreter.with(|_| panic!("deliberate"));
                assert!(matches!(lost, Err(Error::Panicked { .. })));
            }
            // Two tasks meet only on two interpreters.
            let jobs = [
                pool.submit::<()>(Task::exec("meet()"))?,
                pool.submit(Task::exec("meet()"))?,
            ];
            jobs.into_iter().try_for_each(finish)?;
            assert_eq!(pool.len(), 2);
            assert_eq!(pool.stats().lost, 2 * round);
        }
        assert_eq!(pool.call::<i64>("work.double", (21,))?, 42);
        pool.shutdown()
    }

    #[test]
    fn tasks_that_wait_are_not_lost_with_an_interpreter() -> Result<()> {
        quiet_deliberate_panics();
        let pool = pool(2);
        let jobs: Vec<Job<i64>> = (0..500)
            .map(|n| pool.submit(Task::eval(format!("{n}"))))
            .collect::<Result<_>>()?;
        for interpreter in pool.interpreters() {
            drop(interpreter.spawn_with(|_| panic!("deliberate")));
        }
        assert_eq!(jobs.into_iter().map(finish).sum::<Result<i64>>()?, 499 * 250);
        pool.shutdown()
    }

    #[test]
    fn an_interpreter_that_someone_closes_is_replaced() -> Result<()> {
        let pool = pool(1);
        pool.interpreters()[0].close()?;
        assert_eq!(pool.call::<i64>("work.double", (21,))?, 42);
        pool.shutdown()?;
        assert_eq!(pool.stats().lost, 1);
        Ok(())
    }

    #[test]
    fn when_none_can_be_built_any_more_every_task_learns_why() -> Result<()> {
        quiet_deliberate_panics();
        let folder = std::env::temp_dir().join(format!("ungil-pool-test-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let pool = builder().working_dir(&folder).pool().size(2).build()?;
        std::fs::remove_dir(&folder).unwrap();
        let job: Job<()> = pool.submit(Task::exec("pass"))?;
        finish(job)?;
        for interpreter in pool.interpreters() {
            let _ = interpreter.with(|_| panic!("deliberate"));
        }
        while !pool.is_closed() {
            thread::yield_now();
        }
        let refused = pool.submit::<()>(Task::exec("pass"));
        assert!(
            matches!(refused, Err(Error::Io { .. } | Error::Config { .. })),
            "{refused:?}"
        );
        pool.shutdown()
    }
}

#[test]
fn eight_pools_of_four_work_side_by_side() -> Result<()> {
    let pools: Vec<Pool> = (0..8)
        .map(|number| builder().constant("POOL", number).pool().size(4).build())
        .collect::<Result<_>>()?;
    thread::scope(|scope| {
        for (number, pool) in pools.iter().enumerate() {
            scope.spawn(move || -> Result<()> {
                pool.broadcast::<()>(Task::exec("def tell(n): return (POOL, n)"));
                let told: Vec<(usize, usize)> = pool.map("tell", 0..2000).collect::<Result<_>>()?;
                assert!(told.into_iter().eq((0..2000).map(|n| (number, n))));
                pool.shutdown()
            });
        }
    });
    Ok(())
}

#[test]
fn what_a_pool_does_can_be_read_off() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(1, 10);
    let held: Job<()> = pool.submit(Task::exec("hold()"))?;
    gate.wait_until_held();
    let queued: Vec<Job<Value>> = (0..3)
        .map(|_| pool.submit(Task::eval("1 / 0")))
        .collect::<Result<_>>()?;
    let stats = pool.stats();
    assert_eq!((stats.running, stats.queued, stats.done, stats.capacity), (1, 3, 0, 10));
    assert!(stats.interpreters[0].busy);
    gate.let_go();
    finish(held)?;
    assert!(queued.into_iter().map(finish).all(|result| result.is_err()));
    pool.shutdown()?;
    let stats = pool.stats();
    assert_eq!((stats.running, stats.queued, stats.done, stats.failed), (0, 0, 1, 3));
    let shown = format!("{pool:?}");
    assert!(
        shown.starts_with("Pool { name: \"pool-") && shown.contains("closed: true"),
        "{shown}"
    );
    Ok(())
}

#[test]
fn a_pool_can_be_used_from_many_threads() -> Result<()> {
    let pool = builder().pool().size(2).queue(4).build()?;
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        for first in 0..4 {
            let (pool, failed) = (pool.clone(), &failed);
            scope.spawn(move || {
                for n in (first..400).step_by(4) {
                    let doubled = pool.call::<i64>("work.double", (n,));
                    failed.fetch_or(!matches!(doubled, Ok(value) if value == 2 * n), SeqCst);
                }
            });
        }
    });
    assert!(!failed.into_inner());
    Ok(())
}
