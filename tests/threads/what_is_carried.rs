//! What a thread may take along to its interpreter, and what keeps it from being started.

use super::*;

#[test]
fn mutable_state_is_refused_by_name() -> TestResult {
    passes(
        "
results, table, flags, raw = [], {}, set(), bytearray()
class Box: pass
box = Box()
def cases():
    inner = []
    def by_global(): results.append(1)
    def by_closure(): inner.append(1)
    def by_default(out=[]): out.append(1)
    def by_keyword_default(*, out={}): out[1] = 1
    def by_helper(): by_global()
    return by_global, by_closure, by_default, by_keyword_default, by_helper
by_global, by_closure, by_default, by_keyword_default, by_helper = cases()
for target, culprit in [
    (by_global, \"the global 'results' that \"),
    (by_closure, \"the variable 'inner' of \"),
    (by_default, 'a default of '),
    (by_keyword_default, \"the default of 'out' of \"),
    (by_helper, \"the global 'results' that \"),
    (lambda: table.get(1), \"the global 'table' that \"),
    (lambda: flags.add(1), \"the global 'flags' that \"),
    (lambda: raw.append(1), \"the global 'raw' that \"),
    (lambda: box.x, \"the global 'box' that \"),
    (results.append, 'what the function is a method of'),
]:
    message = raised(SharedStateError, Thread(target=target).start)
    assert culprit in message and 'queue.Queue' in message and 'ungil.copied' in message, message
for value, kind in [([], 'a list'), ({}, 'a dict'), (set(), 'a set'), (bytearray(), 'a bytearray'), (box, 'a Box')]:
    assert f'argument 1 is {kind}' in raised(SharedStateError, Thread(target=print, args=(value,)).start)
    assert \"argument 'file' is \" in raised(SharedStateError, Thread(target=print, kwargs={'file': value}).start)
assert 'a part of argument 1 is a list' in raised(RuntimeError, Thread(target=print, args=((1, [2]),)).start)
",
    )
}

#[test]
fn stores_outside_are_refused_by_name() -> TestResult {
    passes(
        "
count = 0
class Config: level = 1
def to_global():
    global count
    count += 1
def to_class(): Config.level = 2
def to_module(): sys.ungil_test = 1
def outer():
    local = 0
    def to_nonlocal():
        nonlocal local
        local += 1
    return to_nonlocal
for target, text in [
    (to_global, \"to_global() stores to the global 'count'\"),
    (to_class, \"to_class() stores to the attribute 'level' of the class 'Config'\"),
    (to_module, \"to_module() stores to the attribute 'ungil_test' of the module 'sys'\"),
    (outer(), \"stores to the nonlocal variable 'local'\"),
]:
    message = raised(SharedStateError, Thread(target=target).start)
    assert text in message, message
assert count == 0
",
    )
}

#[test]
fn immutable_things_may_go() -> TestResult {
    passes(
            "
import dataclasses, datetime, decimal, enum, functools, pathlib, re
@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: tuple = ()
class Color(enum.Enum):
    RED = 1
PATTERN, DAY, PRICE, PLACE = re.compile('a+'), datetime.date(2026, 1, 2), decimal.Decimal('1.5'), pathlib.PurePath('a')
POINT, NAMES = Point(1, (2, 'b')), frozenset({'a'})
class Shape:
    sides = 3
    def area(self): return self.sides
seen = queue.Queue()
def work(point, color):
    shape = Shape()
    seen.put((PATTERN.pattern, DAY.year, str(PRICE), str(PLACE), POINT == point, color is Color.RED, 'a' in NAMES, shape.area()))
Thread(target=functools.partial(work, Point(1, (2, 'b'))), args=(Color.RED,)).start()
assert seen.get(timeout=60) == ('a+', 2026, '1.5', 'a', True, True, True, 3)
",
        )
}

#[test]
fn a_copy_goes_along_on_purpose() -> TestResult {
    passes(
        "
seen, table = queue.Queue(), {'a': [1]}
def work(given, *, named):
    given['a'].append(2)
    seen.put((given, named))
Thread(target=work, args=(copied(table),), kwargs={'named': copied([3])}).start()
assert seen.get(timeout=60) == ({'a': [1, 2]}, [3]) and table == {'a': [1]}
assert repr(copied(5)) == 'ungil.copied(5)'
",
    )
}

#[test]
fn a_subclass_takes_its_attributes_along_and_cannot_store_to_them() -> TestResult {
    let (_, errors) = run("
class Worker(Thread):
    def __init__(self, out, n):
        super().__init__(name='worker')
        self.out, self.n = out, n
    def run(self):
        self.out.put((self.n, self.name, self is current_thread()))
        self.result = 1
out = queue.Queue()
worker = Worker(out, 5)
worker.start()
assert out.get(timeout=60) == (5, 'worker', True)
worker.join()
assert not hasattr(worker, 'result')
worker.result = 'here it may'
class Keeper(Thread):
    def __init__(self):
        super().__init__()
        self.results = []
    def run(self): self.results.append(1)
assert \"the attribute 'results' is a list\" in raised(SharedStateError, Keeper().start)
")?;
    assert!(
        errors.starts_with("Exception in thread worker:\nTraceback (most recent call last):\n"),
        "{errors}"
    );
    assert!(
        errors.contains("worker stores to its own attribute 'result'"),
        "{errors}"
    );
    Ok(())
}

#[test]
fn submodules_that_the_script_imported_are_there() -> TestResult {
    passes(
        "
import urllib.parse, xml.etree.ElementTree, logging.handlers
seen = queue.Queue()
def work():
    text = xml.etree.ElementTree.tostring(xml.etree.ElementTree.Element('a'))
    seen.put((urllib.parse.quote('a b'), text, logging.handlers.QueueHandler.__name__))
thread = Thread(target=work)
thread.start()
assert seen.get(timeout=60) == ('a%20b', b'<a />', 'QueueHandler')
thread.join()
",
    )
}

#[test]
fn a_function_with_a_cache_goes_without_what_it_remembers() -> TestResult {
    passes(
        "
import functools
seen = queue.Queue()
@functools.lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
fib(10)
def work(): seen.put((fib.cache_info().currsize, fib(30), fib.cache_parameters(), fib.__name__))
for target in (work, lambda: seen.put(fib(30))):
    thread = Thread(target=target)
    thread.start()
    thread.join()
assert seen.get(timeout=60) == (0, 832040, {'maxsize': None, 'typed': False}, 'fib')
assert seen.get(timeout=60) == 832040
table = []
@functools.cache
def stateful(n): return table.append(n)
assert \"the global 'table' that \" in raised(SharedStateError, Thread(target=stateful, args=(1,)).start)
",
    )
}

#[test]
fn a_barrier_takes_its_action_along() -> TestResult {
    passes(
        "
seen = queue.Queue()
barrier = threading.Barrier(2, action=lambda: seen.put('all are here'))
thread = Thread(target=barrier.wait)
thread.start()
barrier.wait(60)
thread.join()
assert seen.get(timeout=60) == 'all are here' and seen.empty()
table = []
stateful = threading.Barrier(2, action=lambda: table.append(1))
assert \"the global 'table' that \" in raised(SharedStateError, Thread(target=stateful.wait).start)
",
    )
}

#[test]
fn logging_is_set_up_as_it_was() -> TestResult {
    passes(
        "
import logging, tempfile, os
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'log')
    logging.basicConfig(filename=path, level=logging.INFO, format='%(threadName)s %(levelname)s %(message)s')
    logging.getLogger('quiet').setLevel(logging.ERROR)
    # Its module gives it one of its own wherever it is imported.
    logging.getLogger('queue').addHandler(logging.StreamHandler())
    seen = queue.Queue()
    def work():
        seen.put(len(logging.getLogger('queue').handlers))
        logging.info('heard')
        logging.debug('not heard')
        logging.getLogger('quiet').warning('not heard')
        logging.getLogger('other').warning('heard, too')
    thread = Thread(target=work, name='worker')
    thread.start()
    thread.join()
    assert seen.get(timeout=60) == 0
    logging.info('done')
    logging.shutdown()
    lines = open(path).read().splitlines()
assert lines == ['worker INFO heard', 'worker WARNING heard, too', 'MainThread INFO done'], lines
",
    )
}
