//! Locks, events, conditions, semaphores, barriers and counters: within an interpreter as in CPython, and between
//! several, where they are one and the same thing.

use std::time::Duration;

use ungil::{Error, Interpreter, Job, Task, Value};

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn python() -> Result<Interpreter, Error> {
    let py = Interpreter::new()?;
    py.exec(
        "
import threading, time
from threading import *
from _ungil import Counter

def raised(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        return str(error)
    raise AssertionError(f'{kind.__name__} was not raised')
",
    )?;
    Ok(py)
}

/// Two interpreters that have the same thing under the same name.
fn sharing(name: &str, expression: &str) -> Result<(Interpreter, Interpreter), Error> {
    let (one, other) = (python()?, python()?);
    one.exec(&format!("{name} = {expression}"))?;
    other.set(name, one.get::<Value>(name)?)?;
    Ok((one, other))
}

fn passes(script: &str) -> TestResult {
    python()?.exec(script)?;
    Ok(())
}

fn finish(job: Job<()>) -> Result<(), Error> {
    job.wait_timeout(PATIENCE).unwrap_or_else(|_| panic!("it hangs"))
}

mod within_one_interpreter {
    use super::*;

    #[test]
    fn a_lock_is_acquired_once_and_released_once() -> TestResult {
        passes(
            "
lock = Lock()
assert not lock.locked() and repr(lock).startswith('<unlocked _thread.lock object at 0x')
assert lock.acquire() is True and lock.locked() and repr(lock).startswith('<locked ')
assert lock.acquire(False) is False
assert lock.acquire(timeout=0.01) is False and lock.acquire(True, 0.01) is False
lock.release()
with lock as taken:
    assert taken is True and lock.locked()
assert not lock.locked()
assert raised(RuntimeError, lock.release) == 'release unlocked lock'
",
        )
    }

    #[test]
    fn arguments_of_acquire_are_checked() -> TestResult {
        passes(
            "
for lock in Lock(), RLock():
    assert raised(ValueError, lock.acquire, False, 1) == \"can't specify a timeout for a non-blocking call\"
    assert raised(ValueError, lock.acquire, timeout=-100) == 'timeout value must be a non-negative number'
    assert raised(OverflowError, lock.acquire, timeout=1e100) == 'timeout value is too large'
    assert raised(OverflowError, lock.acquire, timeout=TIMEOUT_MAX + 1) == 'timeout value is too large'
    raised(TypeError, lock.acquire, timeout=None)
    lock.acquire(timeout=TIMEOUT_MAX)
    lock.release()
",
        )
    }

    #[test]
    fn a_reentrant_lock_counts() -> TestResult {
        passes(
            "
lock = RLock()
assert raised(RuntimeError, lock.release) == 'cannot release un-acquired lock'
with lock, lock:
    assert lock._is_owned() and lock._recursion_count() == 2 and lock.locked()
    state = lock._release_save()
    assert not lock.locked() and lock._recursion_count() == 0
    lock._acquire_restore(state)
    assert lock._recursion_count() == 2
    lock.release()
    assert lock.acquire(blocking=False)
assert not lock._is_owned()
assert raised(RuntimeError, lock._release_save) == 'cannot release un-acquired lock'
class Named(RLock):
    def __init__(self, name): self.name = name
named = Named('doors')
with named: assert named.name == 'doors'
",
        )
    }

    #[test]
    fn an_event_is_set_and_cleared() -> TestResult {
        passes(
            "
event = Event()
assert not event.is_set() and repr(event).endswith(': unset>') and event.wait(0.01) is False
event.set()
assert event.is_set() and event.wait() is True and event.wait(0) is True and repr(event).endswith(': set>')
event.clear()
assert event.wait(-1) is False
event.note = 'attributes are allowed'
class Door(Event):
    def __init__(self, name):
        super().__init__()
        self.name = name
assert Door('front').wait(0) is False and repr(Door('back')).startswith('<__main__.Door at 0x')
",
        )
    }

    #[test]
    fn a_condition_needs_its_lock() -> TestResult {
        passes(
            "
for lock in None, Lock(), RLock():
    condition = Condition(lock)
    assert raised(RuntimeError, condition.wait) == 'cannot wait on un-acquired lock'
    assert raised(RuntimeError, condition.notify) == 'cannot notify on un-acquired lock'
    with condition:
        assert condition.wait(0.01) is False
        assert condition.wait_for(lambda: 'ready') == 'ready' and condition.wait_for(lambda: 0, 0.01) == 0
        condition.notify(); condition.notify_all(); condition.notifyAll()
        assert condition.locked()
    assert not condition.locked()
condition = Condition()
with condition, condition:
    condition.wait(0.01)
    assert condition._lock._recursion_count() == 2
",
        )
    }

    #[test]
    fn a_condition_can_be_over_a_lock_of_the_scripts_own() -> TestResult {
        passes(
            "
class Noted:
    def __init__(self): self.lock, self.log = Lock(), []
    def acquire(self, *args): self.log.append('acquire'); return self.lock.acquire(*args)
    def release(self): self.log.append('release'); self.lock.release()
    def __enter__(self): return self.acquire()
    def __exit__(self, *_): self.release()
lock = Noted()
with Condition(lock) as taken:
    Condition(lock).wait(0.01)
assert lock.log[-2:] == ['acquire', 'release'] and not lock.lock.locked()
raised(AttributeError, Condition, 'no lock')
",
        )
    }

    #[test]
    fn a_semaphore_has_permits() -> TestResult {
        passes(
            "
semaphore = Semaphore(2)
assert semaphore.acquire() and semaphore.acquire(timeout=1)
assert not semaphore.acquire(False) and not semaphore.acquire(timeout=0.01)
semaphore.release(3)
assert semaphore._value == 3 and repr(semaphore).endswith(': value=3>')
with semaphore: assert semaphore._value == 2
assert raised(ValueError, semaphore.acquire, False, 1) == \"can't specify timeout for non-blocking acquire\"
assert raised(ValueError, semaphore.release, 0) == 'n must be one or more'
assert raised(ValueError, Semaphore, -1) == 'semaphore initial value must be >= 0'
bounded = BoundedSemaphore(2)
bounded.acquire(); bounded.release()
assert raised(ValueError, bounded.release) == 'Semaphore released too many times'
bounded.acquire()
assert raised(ValueError, bounded.release, 2) == 'Semaphore released too many times'
assert repr(bounded).startswith('<threading.BoundedSemaphore at 0x') and repr(bounded).endswith(': value=1/2>')
",
        )
    }

    #[test]
    fn a_barrier_runs_its_action_and_breaks() -> TestResult {
        passes(
            "
log = []
barrier = Barrier(1, action=lambda: log.append('all are here'))
assert barrier.wait() == 0 and barrier.wait() == 0 and log == ['all are here'] * 2
barrier.abort()
assert barrier.broken and repr(barrier).endswith(': broken>')
raised(BrokenBarrierError, barrier.wait)
barrier.reset()
assert not barrier.broken and barrier.wait() == 0
alone = Barrier(2, timeout=0.01)
raised(BrokenBarrierError, alone.wait)
assert alone.broken and alone.n_waiting == 0 and alone.parties == 2
failing = Barrier(1, action=lambda: 1 / 0)
raised(ZeroDivisionError, failing.wait)
assert failing.broken
assert raised(ValueError, Barrier, 0) == 'parties must be >= 1'
assert issubclass(BrokenBarrierError, RuntimeError)
",
        )
    }

    #[test]
    fn a_counter_is_changed_in_steps() -> TestResult {
        passes(
            "
counter = Counter(5)
assert counter.add() == 6 and counter.sub(2) == 4 and counter.get() == counter.value == int(counter) == 4
assert counter.max(9) == 9 and counter.min(7) == 7 and counter.swap(1) == 7
assert counter.compare_and_set(1, 2) and not counter.compare_and_set(1, 3)
counter.value = 10
counter.set(counter.get() + 1)
assert repr(counter) == '<ungil.Counter 11>'
raised(OverflowError, counter.add, 2 ** 63 - 1)
assert counter.get() == 11
",
        )
    }

    #[test]
    fn none_of_them_can_be_pickled() -> TestResult {
        passes(
            "
import pickle
assert raised(TypeError, pickle.dumps, Lock()) == \"cannot pickle '_thread.lock' object\"
for thing in RLock(), Event(), Semaphore(), Condition(), Barrier(1), Counter(), local():
    raised(TypeError, pickle.dumps, thing)
",
        )
    }

    #[test]
    fn a_wait_that_has_no_end_is_stopped() -> TestResult {
        let py = python()?;
        for wait in [
            "lock = Lock(); lock.acquire(); lock.acquire()",
            "Event().wait()",
            "Semaphore(0).acquire()",
            "Barrier(2).wait()",
            "
with Condition() as _, Condition() as _:
    condition = Condition()
    with condition: condition.wait()",
        ] {
            let mut job = py.spawn::<()>(Task::exec(wait));
            assert!(job.wait_timeout(Duration::from_millis(20)).is_none(), "{wait}");
            job.cancel();
            assert!(matches!(finish(job), Err(Error::Cancelled)), "{wait}");
        }
        assert_eq!(py.eval::<i64>("1 + 1")?, 2);
        Ok(())
    }

    #[test]
    fn what_needs_locks_can_be_imported_and_works() -> TestResult {
        passes(
            "
import asyncio, concurrent.futures, functools, logging, queue, reprlib, tempfile, random
future = concurrent.futures.Future()
future.set_result(3)
assert future.result() == 3
async def later():
    await asyncio.sleep(0)
    return 5
assert asyncio.run(later()) == 5
assert functools.lru_cache(lambda x: x + 1)(1) == 2
data = local()
data.x = 1
assert data.__dict__ == {'x': 1}
class Named(local):
    def __init__(self, name): self.name = name
assert Named('a').name == 'a'
assert raised(TypeError, local, 1) == 'Initialization arguments are not supported'
",
        )
    }
}

mod between_interpreters {
    use super::*;

    #[test]
    fn what_crosses_is_the_same_thing() -> TestResult {
        for kind in [
            "Lock()",
            "RLock()",
            "Event()",
            "Semaphore(3)",
            "Condition()",
            "Barrier(2)",
            "Counter()",
        ] {
            let (one, other) = sharing("thing", kind)?;
            one.set("back", other.get::<Value>("thing")?)?;
            assert!(one.eval::<bool>("back == thing and hash(back) == hash(thing) and type(back) is type(thing)")?);
            assert!(one.eval::<bool>("back != type(thing)(*[1] * isinstance(thing, Barrier))")?);
        }
        Ok(())
    }

    #[test]
    fn a_lock_excludes_the_other_interpreter() -> TestResult {
        let (one, other) = sharing("lock", "Lock()")?;
        one.exec("lock.acquire()")?;
        assert!(!other.eval::<bool>("lock.acquire(timeout=0.01)")?);
        let waiting = other.spawn::<()>(Task::exec("lock.acquire()"));
        one.exec("lock.release()")?;
        finish(waiting)?;
        assert!(one.eval::<bool>("lock.locked()")?);
        one.exec("lock.release()")?;
        assert!(!other.eval::<bool>("lock.locked()")?);
        Ok(())
    }

    #[test]
    fn nothing_is_lost_under_a_lock() -> TestResult {
        let (one, other) = sharing("lock", "Lock()")?;
        one.exec("low, high = Counter(), Counter()")?;
        for name in ["low", "high"] {
            other.set(name, one.get::<Value>(name)?)?;
        }
        let script = "
for _ in range(2000):
    with lock:
        assert low.get() == high.get()
        low.add(); high.add()
";
        let jobs = [
            one.spawn::<()>(Task::exec(script)),
            other.spawn::<()>(Task::exec(script)),
        ];
        for job in jobs {
            finish(job)?;
        }
        assert_eq!(one.eval::<(i64, i64)>("(low.get(), high.get())")?, (4000, 4000));
        Ok(())
    }

    #[test]
    fn a_reentrant_lock_belongs_to_an_interpreter() -> TestResult {
        let (one, other) = sharing("lock", "RLock()")?;
        one.exec("lock.acquire(); lock.acquire()")?;
        assert!(other.eval::<bool>(
            "not lock._is_owned() and not lock.acquire(False) and \
             raised(RuntimeError, lock.release) == 'cannot release un-acquired lock'"
        )?);
        one.exec("lock.release(); lock.release()")?;
        assert!(other.eval::<bool>("lock.acquire(False)")?);
        Ok(())
    }

    #[test]
    fn an_event_wakes_those_who_wait_elsewhere() -> TestResult {
        let (one, other) = sharing("event", "Event()")?;
        let waiting = other.spawn::<()>(Task::exec("assert event.wait()"));
        one.exec("event.set()")?;
        finish(waiting)?;
        Ok(())
    }

    #[test]
    fn a_condition_passes_turns() -> TestResult {
        let (one, other) = sharing("turn", "Condition(Lock())")?;
        one.exec("ball = Counter()")?;
        other.set("ball", one.get::<Value>("ball")?)?;
        let play = |side: i64| {
            Task::exec(format!(
                "
for _ in range(200):
    with turn:
        turn.wait_for(lambda: ball.get() % 2 == {side})
        ball.add()
        turn.notify()
"
            ))
        };
        let jobs = [one.spawn::<()>(play(0)), other.spawn::<()>(play(1))];
        for job in jobs {
            finish(job)?;
        }
        assert_eq!(one.eval::<i64>("ball.get()")?, 400);
        Ok(())
    }

    #[test]
    fn a_semaphore_hands_over_what_another_releases() -> TestResult {
        let (one, other) = sharing("items", "Semaphore(0)")?;
        let consumer = other.spawn::<()>(Task::exec("for _ in range(1000): items.acquire()"));
        one.exec("for _ in range(500): items.release(2)")?;
        finish(consumer)?;
        assert_eq!(one.eval::<i64>("items._value")?, 0);
        Ok(())
    }

    #[test]
    fn a_barrier_holds_both_up() -> TestResult {
        let (one, other) = sharing("barrier", "Barrier(2)")?;
        let script = "indices = [barrier.wait() for _ in range(300)]";
        let jobs = [
            one.spawn::<()>(Task::exec(script)),
            other.spawn::<()>(Task::exec(script)),
        ];
        for job in jobs {
            finish(job)?;
        }
        let (a, b): (Vec<i64>, Vec<i64>) = (one.get("indices")?, other.get("indices")?);
        assert!(a.iter().zip(&b).all(|(a, b)| a + b == 1));
        Ok(())
    }

    #[test]
    fn a_barrier_that_is_aborted_elsewhere_ends_the_wait() -> TestResult {
        let (one, other) = sharing("barrier", "Barrier(2)")?;
        let waiting = other.spawn::<()>(Task::exec("raised(BrokenBarrierError, barrier.wait)"));
        one.exec("while barrier.n_waiting == 0: time.sleep(0.001)\nbarrier.abort()")?;
        finish(waiting)?;
        Ok(())
    }

    #[test]
    fn what_an_interpreter_holds_when_it_ends_is_released() -> TestResult {
        for kind in ["Lock()", "RLock()", "Semaphore(1, 1)"] {
            let (one, other) = sharing("held", kind)?;
            other.exec("held.acquire()")?;
            let waiting = one.spawn::<()>(Task::exec("assert held.acquire()"));
            other.close();
            finish(waiting)?;
        }
        Ok(())
    }

    #[test]
    fn a_lock_that_is_stopped_inside_stays_with_its_interpreter() -> TestResult {
        let (one, other) = sharing("lock", "Lock()")?;
        let mut job = one.spawn::<()>(Task::exec("with lock:\n    while True: pass"));
        assert!(job.wait_timeout(Duration::from_millis(30)).is_none());
        job.cancel();
        assert!(matches!(finish(job), Err(Error::Cancelled)));
        assert!(
            other.eval::<bool>("lock.acquire(timeout=30)")?,
            "the with statement released it"
        );
        Ok(())
    }
}
