//! Names, numbers and lists of threads.

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

#[test]
fn a_thread_of_a_pool_is_not_the_main_one() -> TestResult {
    passes(
        "
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
def look():
    me = current_thread()
    return me is main_thread(), main_thread().ident, me.name != 'MainThread', me.ident == threading.get_ident()
expected = (False, main_thread().ident, True, True)
with ThreadPoolExecutor(1) as executor:
    assert executor.submit(look).result() == expected
with ThreadPool(1) as pool:
    assert pool.apply(look) == expected
",
    )
}
