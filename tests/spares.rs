//! Interpreters that are built ahead: who gets one, what it becomes, and that nothing of it shows.

use std::{
    alloc::System,
    time::{Duration, Instant},
};

use turns::{Guard, guard};
use ungil::{
    Builder, Error, Input, Interpreter, Limits, Output, Pool, alloc::Accounting, set_spares, spares, wait_for_spares,
};

#[global_allocator]
static ALLOCATOR: Accounting<System> = Accounting::new(System);

const PATIENCE: Duration = Duration::from_secs(120);

/// Spares are the process's, so that the tests take turns.
mod turns {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    static TURN: Mutex<()> = Mutex::new(());

    pub struct Guard(#[allow(dead_code, reason = "held")] MutexGuard<'static, ()>);

    pub fn guard() -> Guard {
        Guard(TURN.lock().unwrap_or_else(PoisonError::into_inner))
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            ungil::set_spares(0);
        }
    }
}

/// Has spares of that builder's kind ready.
fn stocked(count: usize, builder: &Builder) -> Guard {
    let turn = guard();
    set_spares(count);
    builder.clone().prepare_spares().unwrap();
    assert!(wait_for_spares(PATIENCE), "{:?}", spares());
    assert_eq!(spares().ready, count);
    turn
}

fn quiet() -> Builder {
    Interpreter::builder().stdout(Output::Capture).stderr(Output::Capture)
}

/// What was taken meanwhile.
fn taken<R>(body: impl FnOnce() -> R) -> (R, u64) {
    let before = spares().taken;
    let result = body();
    (result, spares().taken - before)
}

/// Runs a script whose children are to come from spares: the first start says which kind, and the second takes one.
fn run_with_spares(builder: Builder, prelude: &str, script: &str) -> Interpreter {
    let _turn = guard();
    let py = builder.build().unwrap();
    set_spares(2);
    let run = |source: &str| {
        if let Err(error) = py.exec(source) {
            panic!("{error}\n{}", String::from_utf8_lossy(&py.take_stderr()));
        }
    };
    run(prelude);
    assert!(wait_for_spares(PATIENCE), "{:?}", spares());
    py.take_stdout();
    let ((), taken) = taken(|| run(script));
    assert!(taken > 0, "no spare was taken: {:?}", spares());
    py
}

const PROCESSES: &str = "
import os, sys, gc, atexit
from multiprocessing import Process, Queue, current_process, parent_process, Pipe
Process(target=print).start()
";

#[test]
fn an_interpreter_that_fits_comes_from_a_spare_and_another_is_made() {
    let _turn = stocked(1, &quiet());
    let (py, from_spares) = taken(|| quiet().build().unwrap());
    assert_eq!(from_spares, 1);
    assert_eq!(py.eval::<i64>("6 * 7").unwrap(), 42);
    assert!(wait_for_spares(PATIENCE));
    assert_eq!(spares().ready, 1);
    let (_, from_spares) = taken(|| quiet().build().unwrap());
    assert_eq!(from_spares, 1);
}

#[test]
fn what_the_builder_says_is_applied_when_a_spare_is_taken() {
    let _turn = stocked(1, &quiet());
    let folder = std::env::temp_dir().canonicalize().unwrap();
    let (py, from_spares) = taken(|| {
        quiet()
            .name("billing")
            .argv(["bill.py", "--all"])
            .env_clear()
            .env("MODE", "test")
            .search_path("/somewhere")
            .working_dir(&folder)
            .stdin(Input::bytes(*b"from the host\n"))
            .constant("VAT", 0.5)
            .function("double", |n: i64| n * 2)
            .source("rules", "LEVEL = 3")
            .limits(Limits::new().recursion(123).output(1000))
            .build()
            .unwrap()
    });
    assert_eq!(from_spares, 1);
    assert_eq!(py.name(), "billing");
    py.exec(
        "
import os, posix, rules, sys
assert sys.argv == ['bill.py', '--all'], sys.argv
assert dict(os.environ) == {'MODE': 'test'}, os.environ
assert os.environb == {b'MODE': b'test'} and posix.environ == {b'MODE': b'test'}
assert os.getenv('PATH') is None
os.environ['MORE'] = '1'
assert sys.path == ['/somewhere'], sys.path
assert sys.stdin.readline() == 'from the host\\n'
assert (VAT, double(21), rules.LEVEL, sys.getrecursionlimit()) == (0.5, 42, 3, 123)
print(os.getcwd())
",
    )
    .unwrap();
    let printed = py.take_stdout();
    assert_eq!(String::from_utf8_lossy(&printed).trim_end(), folder.to_str().unwrap());
    let error = py.exec("print('x' * 2000)").unwrap_err();
    assert!(error.as_limit().is_some(), "{error}");
}

#[test]
fn a_spare_has_run_nothing_and_becomes_one_interpreter_only() {
    let _turn = stocked(1, &quiet());
    let marked = quiet().build().unwrap();
    marked
        .exec("import os, collections\nos.mark = collections.mark = mark = 1\n__builtins__.mark = 2")
        .unwrap();
    marked.close().unwrap();
    assert!(wait_for_spares(PATIENCE));
    let (next, from_spares) = taken(|| quiet().build().unwrap());
    assert_eq!(from_spares, 1);
    next.exec(
        "
import os, collections
assert not hasattr(os, 'mark') and not hasattr(collections, 'mark')
try:
    mark
except NameError:
    pass
else:
    raise AssertionError
assert [name for name in globals() if not name.startswith('__')] == ['os', 'collections'], globals()
",
    )
    .unwrap();
}

#[test]
fn what_a_spare_cannot_become_is_built_and_says_what_is_wrong() {
    let _turn = stocked(1, &quiet());
    let error = quiet().working_dir("/nowhere/at/all").build().unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    // A host's module in the place of one that spares import is the host's.
    let (py, from_spares) = taken(|| quiet().source("statistics", "name = 'mine'").build().unwrap());
    assert_eq!(from_spares, 0);
    assert_eq!(py.eval::<String>("__import__('statistics').name").unwrap(), "mine");
    assert!(quiet().build().is_ok());
}

#[test]
fn a_pool_takes_spares_and_builds_what_is_missing() {
    let _turn = stocked(2, &quiet());
    let (pool, from_spares) = taken(|| Pool::builder().interpreters(quiet()).size(3).build().unwrap());
    assert!(from_spares >= 2, "{from_spares}");
    let names: Vec<String> = pool.interpreters().iter().map(|py| py.name().to_owned()).collect();
    assert!(names[2].ends_with("-2"), "{names:?}");
    let squares: ungil::Result<Vec<i64>> = pool.map("abs", -100..0).collect();
    assert_eq!(squares.unwrap().len(), 100);
}

#[test]
fn tenants_and_warning_filters_share_no_spares() {
    let _turn = stocked(1, &quiet().tenant("red"));
    let (_, from_spares) = taken(|| quiet().tenant("blue").build().unwrap());
    assert_eq!(from_spares, 0);
    set_spares(0);
    set_spares(1);
    quiet().tenant("red").prepare_spares().unwrap();
    assert!(wait_for_spares(PATIENCE));
    let (_, from_spares) = taken(|| quiet().build().unwrap());
    assert_eq!(from_spares, 0);
    assert!(wait_for_spares(PATIENCE));
    let (_, from_spares) = taken(|| quiet().warning_filter("error").build().unwrap());
    assert_eq!(from_spares, 0);
}

#[test]
fn several_kinds_that_were_asked_for_share_the_spares() {
    let _turn = stocked(2, &quiet().tenant("red"));
    quiet().tenant("blue").prepare_spares().unwrap();
    assert!(wait_for_spares(PATIENCE));
    assert_eq!(spares().ready, 2);
    let ((), from_spares) = taken(|| {
        for tenant in ["red", "blue"] {
            quiet().tenant(tenant).build().unwrap();
        }
    });
    assert_eq!(from_spares, 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_fenced_interpreter_comes_from_a_spare_with_its_own_permissions_only() {
    let sandboxed = || Interpreter::sandboxed().stdout(Output::Capture).env("GIVEN", "yes");
    let _turn = stocked(1, &sandboxed());
    let (open, from_spares) = taken(|| quiet().build().unwrap());
    assert_eq!(from_spares, 0, "no fenced thread for who has all permissions");
    assert!(open.exec("open('/etc/passwd').close()").is_ok());

    set_spares(0);
    set_spares(1);
    sandboxed().prepare_spares().unwrap();
    assert!(wait_for_spares(PATIENCE));
    let (py, from_spares) = taken(|| sandboxed().build().unwrap());
    assert_eq!(from_spares, 1);
    py.exec(
        "
import os, sys
for attempt in (lambda: open('/etc/passwd'), lambda: os.listdir('/'), lambda: os.system('true')):
    try:
        attempt()
    except PermissionError:
        pass
    else:
        raise AssertionError
assert dict(os.environ) == {'GIVEN': 'yes'}, os.environ
assert sys.orig_argv == sys.argv == [''] and sys.executable == ''
print('done')
",
    )
    .unwrap();
    assert_eq!(py.take_stdout(), b"done\n");
}

#[test]
fn the_memory_of_a_spare_is_charged_to_who_took_it() {
    let _turn = stocked(1, &quiet());
    let waiting = spares().memory.expect("it is counted");
    assert!(waiting > 1 << 20, "{waiting}");
    let (py, from_spares) = taken(|| quiet().limits(Limits::new().memory(50 << 20)).build().unwrap());
    assert_eq!(from_spares, 1);
    let memory = py.stats().memory.unwrap();
    assert!(memory > waiting / 2 && memory < waiting * 2, "{memory} {waiting}");
    // Also what grows of that which the spare brought along.
    let error = py
        .exec("import sys\nwhile True: sys.path.extend([''] * 10_000)")
        .unwrap_err();
    let refused = error
        .as_exception()
        .is_some_and(|exception| exception.is_instance("MemoryError"));
    assert!(refused || error.as_limit().is_some(), "{error}");
    py.exec("sys.path.clear()").unwrap();
    let after = py.stats().memory.unwrap();
    assert!(after < memory + (8 << 20), "{memory} {after}");
}

#[test]
fn the_memory_of_a_childs_spare_is_its_starters() {
    let py = run_with_spares(
        quiet().limits(Limits::new().memory(200 << 20)),
        PROCESSES,
        "
def fill(connection):
    data = [bytes(1_000_000) for _ in range(40)]
    connection.send(len(data))
    connection.recv()
ours, theirs = Pipe()
child = Process(target=fill, args=(theirs,))
child.start()
assert ours.recv() == 40
",
    );
    let with_child = py.stats().memory.unwrap();
    assert!(with_child > 40_000_000, "{with_child}");
    py.exec("ours.send(None); child.join(); assert child.exitcode == 0")
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while py.stats().memory.unwrap() > with_child - 35_000_000 {
        assert!(Instant::now() < deadline, "{} {with_child}", py.stats().memory.unwrap());
        std::thread::yield_now();
    }
}

#[test]
fn a_process_from_a_spare_knows_who_it_is() {
    run_with_spares(
        quiet().env("INHERITED", "1"),
        PROCESSES,
        "
def report(queue):
    import posix
    queue.put((os.getpid(), posix.getpid(), os.getppid(), current_process().name, parent_process().pid,
               os.environ.get('INHERITED'), os.environ.get('LATER'), os.getcwd(), sys.argv, sys.path, __name__,
               sys.stdin.read(), os.getenv('LATER')))

os.environ['LATER'] = '2'
sys.argv, sys.path = ['changed', 'x'], ['/some', '/where']
os.chdir('/')
queue = Queue()
child = Process(target=report, args=(queue,), name='Fritz')
child.start()
seen = queue.get()
child.join()
assert child.exitcode == 0
assert seen == (child.pid, child.pid, os.getpid(), 'Fritz', os.getpid(), '1', '2', '/', ['changed', 'x'],
                ['/some', '/where'], '__main__', '', '2'), seen

def leave():
    os._exit(5)
def refuse():
    try:
        os.kill(os.getppid(), 9)
    except PermissionError:
        sys.exit(6)
for target, status in ((leave, 5), (refuse, 6)):
    child = Process(target=target)
    child.start()
    child.join()
    assert child.exitcode == status, child
",
    );
}

#[test]
fn when_a_process_is_joined_its_exit_functions_and_finalizers_have_run() {
    let py = run_with_spares(
        quiet(),
        PROCESSES,
        "
class Noisy:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print('finalized', self.name)

def work(connection):
    global plain, cyclic, held
    plain, cyclic, held = Noisy('plain'), Noisy('cyclic'), connection
    cyclic.itself = cyclic
    atexit.register(print, 'at exit')
    sys.stdout.write('unfinished line')

ours, theirs = Pipe()
child = Process(target=work, args=(theirs,))
child.start()
del theirs
child.join()
assert child.exitcode == 0
try:
    ours.recv()
except EOFError:
    pass
else:
    raise AssertionError
",
    );
    let printed = String::from_utf8(py.take_stdout()).unwrap();
    let (start, rest) = printed.split_at("unfinished line".len());
    assert_eq!(start, "unfinished line");
    let mut lines: Vec<_> = rest.lines().collect();
    assert_eq!(lines.remove(0), "at exit", "{printed}");
    lines.sort_unstable();
    assert_eq!(lines, ["finalized cyclic", "finalized plain"], "{printed}");
}

#[test]
fn a_lock_that_a_thread_held_is_free_when_it_is_joined() {
    run_with_spares(
        quiet(),
        "import threading\nfrom multiprocessing import Lock\nthreading.Thread(target=print).start()",
        "
lock = threading.Lock()
thread = threading.Thread(target=lock.acquire)
thread.start()
thread.join()
assert lock.acquire(timeout=0)
",
    );
}

#[test]
fn garbage_of_a_child_is_collected_as_ever() {
    run_with_spares(
        quiet(),
        PROCESSES,
        "
def cycles(queue):
    import gc, weakref
    class Node: pass
    node = Node()
    node.itself = node
    seen = weakref.ref(node)
    del node
    gc.collect()
    queue.put(seen() is None)
queue = Queue()
child = Process(target=cycles, args=(queue,))
child.start()
assert queue.get()
child.join()
",
    );
}

#[test]
fn more_children_at_once_than_spares_all_come_and_go() {
    run_with_spares(
        quiet(),
        PROCESSES,
        "
queue = Queue()
for _ in range(3):
    children = [Process(target=lambda n=n: queue.put(n)) for n in range(12)]
    for child in children:
        child.start()
    assert sorted(queue.get() for _ in children) == list(range(12))
    for child in children:
        child.join()
        assert child.exitcode == 0
",
    );
}

#[test]
fn isolates_executors_and_threads_take_spares() {
    run_with_spares(
        quiet(),
        "
from concurrent import interpreters
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
interpreters.create().close()
",
        "
made = interpreters.create()
assert made.call(lambda: 6 * 7) == 42
made.exec('import os; assert os.getpid()')
made.close()
",
    );
}

#[test]
fn when_none_are_wanted_those_that_wait_end() {
    let _turn = stocked(2, &quiet());
    set_spares(0);
    assert_eq!((spares().ready, spares().wanted), (0, 0));
    let (py, from_spares) = taken(|| quiet().build().unwrap());
    assert_eq!(from_spares, 0);
    assert_eq!(py.eval::<i64>("1").unwrap(), 1);
    assert!(wait_for_spares(Duration::ZERO));
}
