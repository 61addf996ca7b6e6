//! `_thread`, as libraries use it.

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
