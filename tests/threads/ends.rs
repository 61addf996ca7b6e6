//! How threads end, and what of.

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
