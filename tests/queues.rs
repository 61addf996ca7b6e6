//! The queues of `queue`: CPython's within an interpreter, one queue for all once they are shared.

use std::time::Duration;

use ungil::{Interpreter, Output, Task};

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn passes(script: &str) -> TestResult {
    let py = Interpreter::builder().stderr(Output::Capture).build()?;
    py.exec(
        "
import threading, time
from queue import *
from threading import Thread
from _ungil import pack, Counter

def raised(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        return str(error)
    raise AssertionError(f'{kind.__name__} was not raised')

def shared(queue):
    pack(queue)
    return queue
",
    )?;
    let mut job = py.spawn::<()>(Task::exec(script));
    job.wait_timeout(PATIENCE).unwrap_or_else(|| panic!("it hangs"))?;
    py.exec("threading._shutdown()")?;
    assert_eq!(String::from_utf8(py.take_stderr())?, "");
    Ok(())
}

/// The script runs twice: `make` gives queues of this interpreter first, and shared ones then.
fn passes_either_way(script: &str) -> TestResult {
    passes(&format!("make = lambda queue: queue\n{script}"))?;
    passes(&format!("make = shared\n{script}"))
}

#[test]
fn each_kind_has_its_order() -> TestResult {
    passes_either_way(
        "
for kind, expected in (Queue, [3, 1, 2]), (LifoQueue, [2, 1, 3]), (PriorityQueue, [1, 2, 3]), (SimpleQueue, [3, 1, 2]):
    queue = make(kind())
    for item in 3, 1, 2: queue.put(item)
    assert queue.qsize() == 3 and not queue.empty()
    assert [queue.get() for _ in range(3)] == expected, kind
    assert queue.empty() and queue.qsize() == 0
    raised(Empty, queue.get_nowait)
    raised(Empty, queue.get, timeout=0.01)
    raised(ValueError, queue.get, timeout=-1)
",
    )
}

#[test]
fn a_full_queue_takes_nothing_more() -> TestResult {
    passes_either_way(
        "
for kind in Queue, LifoQueue, PriorityQueue:
    queue = make(kind(2))
    queue.put(1); queue.put_nowait(2)
    assert queue.full() and queue.maxsize == 2
    raised(Full, queue.put, 3, block=False)
    raised(Full, queue.put_nowait, 3)
    raised(Full, queue.put, 3, timeout=0.01)
    raised(ValueError, queue.put, 3, timeout=-1)
    queue.get()
    assert not queue.full()
    queue.put(3)
",
    )
}

#[test]
fn tasks_are_counted_until_they_are_done() -> TestResult {
    passes_either_way(
        "
queue = make(Queue())
assert raised(ValueError, queue.task_done) == 'task_done() called too many times'
queue.join()
queue.put(1); queue.put(2)
assert queue.unfinished_tasks == 2
queue.get(); queue.task_done()
queue.get(); queue.task_done()
queue.join()
raised(ValueError, queue.task_done)
",
    )
}

#[test]
fn a_queue_that_is_shut_down_is_emptied_and_then_over() -> TestResult {
    passes_either_way(
        "
for kind in Queue, LifoQueue, PriorityQueue:
    queue = make(kind())
    queue.put(1); queue.put(2)
    queue.shutdown()
    assert queue.is_shutdown
    raised(ShutDown, queue.put, 3)
    raised(ShutDown, queue.put_nowait, 3)
    assert {queue.get(), queue.get_nowait()} == {1, 2}
    raised(ShutDown, queue.get)
    raised(ShutDown, queue.get_nowait)
    queue.task_done(); queue.task_done(); queue.join()

    queue = make(kind())
    queue.put(1); queue.put(2)
    queue.shutdown(immediate=True)
    assert queue.empty() and queue.unfinished_tasks == 0
    raised(ShutDown, queue.get)
    queue.join()
",
    )
}

#[test]
fn items_keep_their_identity_within_an_interpreter() -> TestResult {
    passes(
        "
for kind in Queue, LifoQueue, SimpleQueue:
    queue, item = kind(), object()
    queue.put(item)
    assert queue.get() is item
queue = Queue()
queue.put(lambda: 1)
assert queue.queue[0]() == 1 and Queue[int].__origin__ is Queue
",
    )
}

#[test]
fn a_subclass_can_have_an_order_of_its_own() -> TestResult {
    passes(
        "
class Unique(Queue):
    def _init(self, maxsize): self.items = {}
    def _qsize(self): return len(self.items)
    def _put(self, item): self.items[item] = True
    def _get(self): return self.items.popitem()[0]
queue = Unique()
queue.put(1); queue.put(1)
assert queue.qsize() == 1 and queue.get() == 1
assert 'Unique' in raised(TypeError, pack, queue)
",
    )
}

#[test]
fn what_is_in_a_queue_stays_in_it_when_it_becomes_shared() -> TestResult {
    passes(
        "
for kind, expected in (Queue, [3, 1, 2]), (LifoQueue, [2, 1, 3]), (PriorityQueue, [1, 2, 3]), (SimpleQueue, [3, 1, 2]):
    queue = kind()
    for item in 3, 1, 2: queue.put(item)
    other = pack(queue).open()
    assert other is queue, 'one that comes back is the same object'
    assert [queue.get(timeout=1) for _ in range(3)] == expected
queue = PriorityQueue()
for item in (2, 'b'), (1, 'z'), (2, 'a'): queue.put(item)
shared(queue)
queue.put((1, 'a'))
assert [queue.get() for _ in range(4)] == [(1, 'a'), (1, 'z'), (2, 'a'), (2, 'b')]
",
    )
}

#[test]
fn what_cannot_cross_is_refused_and_changes_nothing() -> TestResult {
    passes(
        "
queue = shared(Queue(1))
generator = (x for x in ())
raised(TypeError, queue.put, generator)
assert queue.empty() and queue.unfinished_tasks == 0
queue.put(1)
assert queue.get() == 1
mixed = Queue()
mixed.put(1); mixed.put(generator)
raised(TypeError, pack, mixed)
assert mixed.get() == 1 and mixed.get() is generator, 'it is as it was'
",
    )
}

#[test]
fn a_producer_and_a_consumer_meet_at_a_queue() -> TestResult {
    passes(
        "
def produce(queue, count):
    for n in range(count): queue.put({'n': n})
    queue.put(None)
queue = Queue(5)
producer = Thread(target=produce, args=(queue, 200))
producer.start()
seen = []
while (item := queue.get(timeout=60)) is not None: seen.append(item['n'])
assert seen == list(range(200))
producer.join()
",
    )
}

#[test]
fn workers_share_the_work_and_join_waits_for_all_of_it() -> TestResult {
    passes(
        "
tasks, results, sum_of_all = Queue(), LifoQueue(), Counter()
def work():
    while True:
        try: n = tasks.get()
        except ShutDown: return
        sum_of_all.add(n)
        results.put(n * n)
        tasks.task_done()
workers = [Thread(target=work) for _ in range(3)]
for worker in workers: worker.start()
for n in range(100): tasks.put(n)
tasks.join()
assert sum_of_all.get() == 4950 and tasks.empty()
tasks.shutdown()
for worker in workers: worker.join()
assert sorted(results.get_nowait() for _ in range(100)) == [n * n for n in range(100)]
",
    )
}

#[test]
fn those_who_wait_go_on_when_the_queue_is_shut_down() -> TestResult {
    passes(
        "
empty, full, ended = Queue(), Queue(1), Queue()
full.put(0)
def taker():
    try: empty.get()
    except ShutDown: ended.put('taker')
def putter():
    try: full.put(1)
    except ShutDown: ended.put('putter')
def joiner():
    full.join()
    ended.put('joiner')
threads = [Thread(target=target) for target in (taker, putter, joiner)]
for thread in threads: thread.start()
time.sleep(0.02)
empty.shutdown(); full.shutdown(immediate=True)
assert {ended.get(timeout=60) for _ in threads} == {'taker', 'putter', 'joiner'}
",
    )
}

#[test]
fn a_thread_that_ends_in_the_middle_leaves_the_queue_usable() -> TestResult {
    passes(
        "
queue = Queue()
def hold(): queue.mutex.acquire()
thread = Thread(target=hold)
thread.start()
thread.join()
queue.put('still works')
assert queue.get(timeout=60) == 'still works'
",
    )
}
