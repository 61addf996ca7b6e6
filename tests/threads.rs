//! `threading.Thread` and `_thread`: threads that are interpreters of their own.

use std::time::Duration;

use ungil::{Error, Interpreter, Output, Task};

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Runs the script to its end, that of its threads included. Returns what it wrote.
fn run(script: &str) -> Result<(String, String), Error> {
    let py = Interpreter::builder()
        .stdout(Output::Capture)
        .stderr(Output::Capture)
        .build()?;
    py.exec(
        "
import _thread, queue, sys, threading, time
from threading import Thread, current_thread, main_thread, Event, Lock
from _ungil_carry import SharedStateError, copied
from _ungil import Counter

def raised(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        return str(error)
    raise AssertionError(f'{kind.__name__} was not raised')
",
    )?;
    let mut job = py.spawn::<()>(Task::exec(script).filename("script.py"));
    job.wait_timeout(PATIENCE).unwrap_or_else(|| panic!("it hangs"))?;
    // What is captured until the end of the interpreter, with its threads waited for.
    py.exec("threading._shutdown(); sys.stdout.flush(); sys.stderr.flush()")?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ok((text(py.take_stdout()), text(py.take_stderr())))
}

fn passes(script: &str) -> TestResult {
    let (_, errors) = run(script)?;
    assert_eq!(errors, "");
    Ok(())
}

mod running {
    use super::*;

    #[test]
    fn a_thread_runs_its_target_with_its_arguments() -> TestResult {
        passes(
            "
results = queue.Queue()
def work(n, *, by): results.put(n * by)
thread = Thread(target=work, args=[6], kwargs={'by': 7})
assert thread.ident is None and not thread.is_alive() and thread.native_id is None
assert thread.start() is None
assert results.get(timeout=60) == 42
thread.join()
assert not thread.is_alive() and thread.ident > 0 and thread.join() is None
Thread().start()
",
        )
    }

    #[test]
    fn it_runs_at_once_and_beside_its_starter() -> TestResult {
        passes(
            "
ping, pong = Event(), Event()
def other():
    ping.wait()
    pong.set()
thread = Thread(target=other)
thread.start()
assert thread.is_alive() and not pong.is_set()
ping.set()
assert pong.wait(60)
thread.join()
",
        )
    }

    #[test]
    fn many_threads_share_a_counter_and_a_lock() -> TestResult {
        passes(
            "
total, lock, inside = Counter(), Lock(), Counter()
def work():
    for _ in range(100):
        with lock:
            assert inside.add() == 1
            total.add()
            inside.sub()
threads = [Thread(target=work) for _ in range(10)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert total.get() == 1000
",
        )
    }

    #[test]
    fn methods_of_shared_things_can_be_targets() -> TestResult {
        passes(
            "
event, results = Event(), queue.Queue()
Thread(target=event.set).start()
assert event.wait(60)
Thread(target=results.put, args=('from a thread',)).start()
assert results.get(timeout=60) == 'from a thread'
",
        )
    }

    #[test]
    fn threads_start_threads() -> TestResult {
        passes(
            "
answers = queue.Queue()
def leaf(depth): answers.put((depth, main_thread().ident))
def branch(depth):
    inner = Thread(target=branch if depth else leaf, args=(depth - 1,))
    inner.start()
    inner.join()
Thread(target=branch, args=(2,)).start()
assert answers.get(timeout=60) == (-1, main_thread().ident)
",
        )
    }

    #[test]
    fn join_has_a_timeout_and_its_rules() -> TestResult {
        passes(
            "
go = Event()
thread = Thread(target=go.wait)
assert raised(RuntimeError, thread.join) == 'cannot join thread before it is started'
thread.start()
thread.join(0.01)
assert thread.is_alive()
thread.join(-1)
assert raised(RuntimeError, thread.start) == 'threads can only be started once'
go.set()
thread.join(60)
assert not thread.is_alive()
assert raised(RuntimeError, current_thread().join) == 'cannot join current thread'
class NoInit(Thread):
    def __init__(self): pass
assert raised(RuntimeError, NoInit().start) == 'thread.__init__() not called'
assert raised(RuntimeError, NoInit().join) == 'Thread.__init__() not called'
",
        )
    }

    #[test]
    fn thread_local_data_is_each_threads_own() -> TestResult {
        passes(
            "
class Settings(threading.local):
    def __init__(self, level): self.level = level
settings, plain, seen = Settings(3), threading.local(), queue.Queue()
settings.level, plain.x = 99, 1
def look(): seen.put((settings.level, hasattr(plain, 'x')))
Thread(target=look).start()
assert seen.get(timeout=60) == (3, False)
assert settings.level == 99 and plain.x == 1
",
        )
    }
}

mod identity {
    use super::*;

    #[test]
    fn a_thread_knows_itself_and_the_main_one() -> TestResult {
        passes(
            "
seen = queue.Queue()
def look():
    me = current_thread()
    names = [thread.name for thread in threading.enumerate()]
    seen.put((me.name, me.daemon, me.ident == threading.get_ident(), me.native_id == threading.get_native_id(),
              main_thread().ident, main_thread().name, names, me.is_alive(), type(me).__name__))
thread = Thread(target=look, name='scout', daemon=True)
assert thread.daemon and repr(thread) == '<Thread(scout, initial daemon)>'
thread.start()
main = main_thread()
assert main is current_thread() and repr(main).startswith('<_MainThread(MainThread, started ')
assert seen.get(timeout=60) == ('scout', True, True, True, main.ident, 'MainThread', ['MainThread', 'scout'], True, 'Thread')
thread.join()
assert repr(thread) == f'<Thread(scout, stopped daemon {thread.ident})>' and thread.ident != main.ident
",
        )
    }

    #[test]
    fn names_are_given_as_in_cpython() -> TestResult {
        passes(
            "
import re
def work(): pass
assert re.fullmatch(r'Thread-\\d+', Thread().name) and re.fullmatch(r'Thread-\\d+ \\(work\\)', Thread(target=work).name)
thread = Thread(name=5)
assert thread.name == '5'
thread.name = 'other'
assert thread.name == 'other'
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    thread.setName('x'); thread.getName(); thread.setDaemon(True); thread.isDaemon()
    threading.currentThread(); threading.activeCount()
assert [w.category for w in caught] == [DeprecationWarning] * 6 and thread.name == 'x' and thread.daemon
",
        )
    }

    #[test]
    fn what_is_alive_is_listed() -> TestResult {
        passes(
            "
go = Event()
threads = [Thread(target=go.wait) for _ in range(3)]
before = threading.active_count()
for thread in threads: thread.start()
assert threading.active_count() == before + 3 and set(threads) < set(threading.enumerate())
go.set()
for thread in threads: thread.join()
assert threading.active_count() == before
",
        )
    }

    #[test]
    fn daemon_is_inherited_and_fixed_at_the_start() -> TestResult {
        passes(
            "
seen, go = queue.Queue(), Event()
def look():
    seen.put(Thread().daemon)
    go.wait()
thread = Thread(target=look, daemon=True)
thread.start()
assert seen.get(timeout=60) is True and Thread().daemon is False
assert raised(RuntimeError, setattr, thread, 'daemon', False) == 'cannot set daemon status of active thread'
go.set()
",
        )
    }

    #[test]
    fn a_thread_can_be_given_to_another_thread() -> TestResult {
        passes(
            "
go, seen = Event(), queue.Queue()
first = Thread(target=go.wait, name='first')
first.start()
def wait_for(thread):
    alive = thread.is_alive()
    go.set()
    thread.join()
    seen.put((thread.name, alive, thread.is_alive()))
Thread(target=wait_for, args=(first,)).start()
assert seen.get(timeout=60) == ('first', True, False)
",
        )
    }
}

mod ends {
    use super::*;

    #[test]
    fn an_exception_is_printed_as_in_cpython() -> TestResult {
        let (_, errors) =
            run("def fail():\n    1 / 0\nthread = Thread(target=fail, name='t')\nthread.start()\nthread.join()")?;
        assert!(
            errors.starts_with("Exception in thread t:\nTraceback (most recent call last):\n"),
            "{errors}"
        );
        assert!(errors.contains("  File \"script.py\", line 2, in fail\n"), "{errors}");
        assert!(errors.ends_with("ZeroDivisionError: division by zero\n"), "{errors}");
        Ok(())
    }

    #[test]
    fn a_hook_of_the_scripts_own_is_called_where_it_is() -> TestResult {
        passes(
            "
seen = []
def hook(args): seen.append((args.exc_type, str(args.exc_value), args.thread))
threading.excepthook = hook
def fail(): raise ValueError('from the thread')
thread = Thread(target=fail)
thread.start()
thread.join()
assert seen == [(ValueError, 'from the thread', thread)]
threading.excepthook = threading.__excepthook__
assert raised(TypeError, threading.excepthook, 5)
",
        )
    }

    #[test]
    fn system_exit_is_silent() -> TestResult {
        passes(
            "
for leave in sys.exit, _thread.exit:
    thread = Thread(target=leave)
    thread.start()
    thread.join()
",
        )
    }

    #[test]
    fn threads_are_waited_for_at_the_end_and_daemons_are_not() -> TestResult {
        let (output, errors) = run("
def late():
    time.sleep(0.05)
    print('was waited for')
def forever():
    while True: pass
threading._register_atexit(print, 'before the threads are waited for')
Thread(target=late).start()
Thread(target=forever, daemon=True).start()
")?;
        assert_eq!(
            (output.as_str(), errors.as_str()),
            ("before the threads are waited for\nwas waited for\n", "")
        );
        Ok(())
    }

    #[test]
    fn a_timer_calls_or_is_cancelled() -> TestResult {
        passes(
            "
called = queue.Queue()
threading.Timer(0.01, called.put, args=['by timer']).start()
assert called.get(timeout=60) == 'by timer'
timer = threading.Timer(3600, called.put, ['never'])
timer.start()
timer.cancel()
timer.join(60)
assert not timer.is_alive() and called.empty() and timer.finished.is_set()
assert 'is a list' in raised(SharedStateError, threading.Timer(1, [].append, [1]).start)
",
        )
    }

    #[test]
    fn a_lock_of_a_thread_that_ends_is_free() -> TestResult {
        passes(
            "
lock = Lock()
thread = Thread(target=lock.acquire)
thread.start()
thread.join()
assert lock.acquire(timeout=60)
",
        )
    }
}

mod low_level {
    use super::*;

    #[test]
    fn start_new_thread_starts_one() -> TestResult {
        let (_, errors) = run("
seen = queue.Queue()
def work(n, *, m): seen.put((n, m, _thread.get_ident()))
ident = _thread.start_new_thread(work, (1,), {'m': 2})
assert seen.get(timeout=60) == (1, 2, ident)
assert raised(TypeError, _thread.start_new_thread, 5, ()) == 'first arg must be callable'
assert raised(TypeError, _thread.start_new_thread, work, [1]) == '2nd arg must be a tuple'
assert raised(TypeError, _thread.start_new_thread, work, (), 5) == 'optional 3rd arg must be a dictionary'
raised(SharedStateError, _thread.start_new_thread, work, ([],))
def fail(): raise ValueError('lost')
_thread.start_new_thread(fail, ())
while _thread._count(): time.sleep(0.001)
")?;
        assert!(
            errors.starts_with("Exception ignored in thread started by <function fail at 0x"),
            "{errors}"
        );
        assert!(errors.ends_with("ValueError: lost\n"), "{errors}");
        Ok(())
    }

    #[test]
    fn a_joinable_thread_has_a_handle() -> TestResult {
        passes(
            "
event = Event()
handle = _thread.start_joinable_thread(event.wait)
assert not handle.is_done() and handle.ident > 0
event.set()
handle.join()
assert handle.is_done() and handle.join() is None
assert raised(RuntimeError, _thread._ThreadHandle().join) == 'thread not started'
assert isinstance(_thread._make_thread_handle(7), _thread._ThreadHandle)
",
        )
    }

    #[test]
    fn the_rest_of_the_module_is_there() -> TestResult {
        passes(
            "
assert _thread.LockType is _thread.lock is type(_thread.allocate_lock()) is Lock
assert _thread.error is RuntimeError and _thread.TIMEOUT_MAX == threading.TIMEOUT_MAX == 9223372036.0
assert _thread.get_ident() == _thread._get_main_thread_ident() == main_thread().ident and _thread.get_native_id() > 0
assert _thread.daemon_threads_allowed() and _thread._is_main_interpreter()
assert _thread.stack_size() == 0 and _thread.stack_size(1 << 20) == 0 and _thread.stack_size(0) == 1 << 20
raised(ValueError, _thread.stack_size, 5)
raised(ValueError, _thread.interrupt_main, 100)
def interrupt():
    _thread.interrupt_main()
    while True: pass
raised(KeyboardInterrupt, interrupt)
_thread.set_name('ungil test')
arguments = threading.ExceptHookArgs((1, 2, 3, 4))
assert arguments.exc_type == 1 and arguments.thread == 4
",
        )
    }
}
