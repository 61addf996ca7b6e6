//! Starting, waiting, what a thread returns.

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
