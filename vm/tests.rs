//! What the patches promise, on the VM alone. Each test fails or crashes on `rustpython-vm` 0.6.0 as it is in the
//! registry, except `many_interpreters`, which needs luck or a sanitizer for that.

mod behaviour;
mod syntax;

use rustpython_vm::allocation::{Request, set_allocation_gate};
use rustpython_vm::signal::{UserSignalSender, user_signal_channel};
use rustpython_vm::vm::thread::with_current_vm;
use rustpython_vm::{Interpreter, Settings, VirtualMachine, compiler::Mode};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

fn interpreter(install_signal_handlers: bool) -> (Interpreter, UserSignalSender) {
    let (sender, receiver) = user_signal_channel();
    let mut settings = Settings::default();
    settings.install_signal_handlers = install_signal_handlers;
    settings.ignore_environment = true;
    settings.import_site = false;
    let builder = Interpreter::builder(settings);
    let modules = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
    let mut receiver = Some(receiver);
    let interpreter = builder
        .add_native_modules(&modules)
        .add_frozen_modules(rustpython_pylib::FROZEN_STDLIB)
        .init_hook(move |vm| vm.set_user_signal_channel(receiver.take().expect("a hook runs once")))
        .build();
    (interpreter, sender)
}

/// The error is the traceback.
fn run(vm: &VirtualMachine, source: &str) -> Result<(), String> {
    let code = vm
        .compile(source, Mode::Exec, "<test>")
        .map_err(|error| error.to_string())?;
    vm.run_code_obj(code, vm.new_scope_with_builtins())
        .map(drop)
        .map_err(|exception| {
            let mut text = String::new();
            vm.write_exception(&mut text, &exception)
                .expect("a string takes any text");
            text
        })
}

fn check(vm: &VirtualMachine, source: &str) {
    if let Err(error) = run(vm, source) {
        panic!("{error}");
    }
}

fn interrupt(sender: &UserSignalSender) {
    let closure = |vm: &VirtualMachine| Err(vm.new_runtime_error("interrupted"));
    sender.send(Box::new(closure)).expect("the interpreter lives");
}

/// 0003: an interrupt reaches its interpreter, and no other, while all are busy.
#[test]
fn interrupts_find_their_interpreter() {
    const INTERPRETERS: usize = 4;
    const ROUNDS: usize = 50;
    let (senders, started) = mpsc::channel();
    let (stopped, stops) = mpsc::channel();
    for number in 0..INTERPRETERS {
        let (senders, stopped) = (senders.clone(), stopped.clone());
        thread::spawn(move || {
            let (interpreter, sender) = interpreter(false);
            senders.send((number, sender)).unwrap();
            interpreter.enter(|vm| {
                for _ in 0..ROUNDS {
                    let error = run(vm, "while True: pass").unwrap_err();
                    assert!(error.contains("interrupted"), "{error}");
                    stopped.send(number).unwrap();
                }
            });
        });
    }
    let mut senders: Vec<_> = started.iter().take(INTERPRETERS).collect();
    senders.sort_by_key(|(number, _)| *number);
    for _ in 0..ROUNDS {
        for (number, sender) in &senders {
            interrupt(sender);
            let reached = stops
                .recv_timeout(Duration::from_secs(20))
                .expect("an interrupt is not lost");
            assert_eq!(reached, *number);
        }
    }
}

/// 0003: a closure that raises does not take those behind it along.
#[test]
fn closures_behind_one_that_raises_run() {
    let (interpreter, sender) = interpreter(false);
    interpreter.enter(|vm| {
        (0..5).for_each(|_| interrupt(&sender));
        let raised = (0..8)
            .filter(|_| run(vm, "for i in range(10000): pass").is_err())
            .count();
        assert_eq!(raised, 5);
    });
}

/// 0003: signals of the operating system go to the interpreter that handles them, whoever else runs; a closure stops a
/// Python handler that does not end, and a signal that came meanwhile is handled.
#[cfg(unix)]
#[test]
fn process_signals_find_their_interpreter() {
    let done = Arc::new(AtomicBool::new(false));
    let other = thread::spawn({
        let done = done.clone();
        move || {
            let (interpreter, _sender) = interpreter(false);
            interpreter.enter(|vm| {
                while !done.load(Ordering::Relaxed) {
                    check(vm, "for i in range(10000): pass");
                }
            });
        }
    });
    let (interpreter, sender) = interpreter(true);
    interpreter.enter(|vm| {
        check(
            vm,
            "
import os, signal
hits = 0
for _ in range(20):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        for i in range(10 ** 9): pass
    except KeyboardInterrupt:
        hits += 1
assert hits == 20
",
        );
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            interrupt(&sender);
        });
        check(
            vm,
            "
log = []
def handler(number, frame):
    log.append('handler')
    if len(log) == 1:
        os.kill(os.getpid(), signal.SIGUSR1)
        while True: pass
import os, signal, time
signal.signal(signal.SIGUSR1, handler)
until = time.monotonic() + 30
try:
    os.kill(os.getpid(), signal.SIGUSR1)
    # Another thread of the process may be the one that gets the signal, a while later.
    while time.monotonic() < until: pass
except RuntimeError as error:
    log.append(str(error))
assert log == ['handler', 'handler', 'interrupted'], log
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_DFL)
",
        );
    });
    done.store(true, Ordering::Relaxed);
    other.join().unwrap();
}

/// 0011: without the setting a handler is recorded, and the process keeps its disposition.
#[test]
fn embedded_signal_handlers_are_recorded() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| {
        check(
            vm,
            "
import signal
got = []
def handler(number, frame): got.append(number)
signal.signal(signal.SIGTERM, handler)
assert signal.getsignal(signal.SIGTERM) is handler
signal.raise_signal(signal.SIGTERM)
assert got == [signal.SIGTERM]
",
        );
    });
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
        assert_eq!(caught & (1 << (15 - 1)), 0);
    }
}

/// 0004
#[test]
fn a_function_without_a_name() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| {
        check(
            vm,
            "
import types
def f(): return 3
g = types.FunctionType(f.__code__, {}, None, None, None)
assert g() == 3 and g.__name__ == 'f'
assert types.FunctionType(f.__code__, {}, name='h').__name__ == 'h'
try:
    types.FunctionType(f.__code__, {}, 3)
except TypeError as error:
    assert 'arg 3' in str(error)
else:
    assert False
",
        );
    });
}

/// 0005 and 0009: nothing of an interpreter is found by the next one on the thread.
#[test]
fn interpreters_one_after_the_other() {
    for _ in 0..3 {
        let (interpreter, _sender) = interpreter(false);
        interpreter.enter(|vm| {
            check(
                vm,
                r"
import _pycodecs
assert not hasattr(_pycodecs, 'mark')
_pycodecs.mark = 1
assert b'\x80'.decode('cp1252') == '\u20ac'
assert '\u20ac'.encode('cp1252') == b'\x80'

import ast, contextvars, itertools, os, sys
for native in type(None), contextvars.ContextVar, itertools.count, os.stat_result, type(sys.version_info), zip, int:
    try:
        native.mark = 1
    except TypeError:
        pass
    else:
        assert False, native
assert contextvars.Token.MISSING is not None
class Derived(int): pass
Derived.mark = 1
ast.AST.mark = 1
del ast.AST.mark

from array import array
from collections import deque
for sequence in deque([1, 2]), array('i', [1, 2]):
    match sequence:
        case [1, 2]: pass
        case _: assert False, sequence
",
            );
        });
        interpreter.finalize(None);
    }
}

/// 0010
#[test]
fn interpreters_of_different_threads_have_different_numbers() {
    let numbers: Vec<_> = (0..3)
        .map(|_| thread::spawn(|| interpreter(false).0.id()).join().unwrap())
        .collect();
    assert!(numbers[0] != numbers[1] && numbers[1] != numbers[2] && numbers[0] != numbers[2]);
}

/// 0001, 0002, 0006: what shares something by mistake goes wrong here in the long run.
#[test]
fn many_interpreters() {
    let until = Instant::now() + Duration::from_secs(3);
    let finished = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while Instant::now() < until {
                    let (interpreter, _sender) = interpreter(false);
                    interpreter.enter(|vm| {
                        check(
                            vm,
                            "
import gc, time
def make(number):
    class Base:
        shared = [number]
        def get(self): return self.shared
        @property
        def me(self): return self
    class Derived(Base):
        def get_more(self): return self.get()
    Derived.cycle = Derived
    return Derived
for round in range(10):
    for number in range(20):
        kind = make(number)
        one = kind()
        for _ in range(20):
            one.get(); one.get_more(); one.me; str(one); hash(one); getattr(one, 'missing', None)
            assert one.shared == [number]
        kind.other = number
    try:
        raise MemoryError(one, [kind])
    except MemoryError as error:
        kept = error
    many = [MemoryError(number, one) for number in range(20)]
    del many
    for _ in range(20): time.localtime()
    if round % 3 == 0: gc.collect()
",
                        );
                    });
                    interpreter.finalize(None);
                    finished.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert!(finished.load(Ordering::Relaxed) >= 8);
}

/// 0019 to 0021: the fast paths answer as the general ones do, at the edges too, and observe what changes under them.
#[test]
fn fast_paths_agree_with_the_general_ones() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| check(vm, include_str!("fast_paths.py")));
}

/// 0022: an interrupt gets into loops of native code over iterators that never end.
#[test]
fn native_loops_are_interrupted() {
    const LOOPS: [&str; 8] = [
        "list(iter(int, 1))",
        "[].extend(iter(int, 1))",
        "import itertools; sum(itertools.count())",
        "import itertools; 1 in itertools.repeat(0)",
        "import itertools; any(itertools.repeat(0))",
        "import itertools, collections; collections.deque(itertools.count(), maxlen=0)",
        "import itertools; next(itertools.filterfalse(lambda x: True, itertools.count()))",
        "import itertools; set().update(itertools.repeat(0))",
    ];
    let (senders, started) = mpsc::channel();
    let (stopped, stops) = mpsc::channel();
    thread::spawn(move || {
        let (interpreter, sender) = interpreter(false);
        senders.send(sender).unwrap();
        interpreter.enter(|vm| {
            for source in LOOPS {
                let error = run(vm, source).unwrap_err();
                assert!(error.contains("interrupted"), "{source}: {error}");
                stopped.send(source).unwrap();
            }
        });
    });
    let sender = started.recv().unwrap();
    for source in LOOPS {
        // The interrupt may also arrive before the loop has begun; that ends it just as well.
        interrupt(&sender);
        let ended = stops.recv_timeout(Duration::from_secs(20));
        assert_eq!(ended, Ok(source), "not interrupted");
    }
}

/// 0022, 0023: neither a sort nor a power holds an interrupt up for long.
#[test]
fn long_computations_are_interrupted() {
    const LONG: [&str; 2] = [
        "x = list(range(10**6, 0, -1)) * 2\nwhile True: sorted(x)",
        "while True: 3 ** 3_000_000",
    ];
    for source in LONG {
        let (senders, started) = mpsc::channel();
        let running = thread::spawn(move || {
            let (interpreter, sender) = interpreter(false);
            senders.send(sender).unwrap();
            interpreter.enter(|vm| run(vm, source).unwrap_err())
        });
        interrupt(&started.recv().unwrap());
        let error = running.join().unwrap();
        assert!(error.contains("interrupted"), "{error}");
    }
}

/// 0046: where the gate may run the collector, finalizers find nothing locked.
#[test]
fn the_gate_may_collect_where_it_is_told_so() {
    static COLLECTED: AtomicUsize = AtomicUsize::new(0);
    fn gate(request: Request) -> bool {
        if request.unlocked {
            COLLECTED.fetch_add(1, Ordering::Relaxed);
            with_current_vm(|vm| vm.state.gc.collect_force(2));
        }
        true
    }
    let (interpreter, _sender) = interpreter(false);
    set_allocation_gate(Some(gate));
    interpreter.enter(|vm| {
        check(
            vm,
            "
import gc
gc.disable()
class Cyclic:
    def __init__(self, mine):
        self.me = self
        self.mine = mine
    def __del__(self):
        gone.append(len(self.mine))
        self.mine[:] = self.mine[:1] if isinstance(self.mine, bytearray) else [0]
gone, made = [], 0
half = 'a' * (3 << 20)
for make in (
    lambda: half + half, lambda: half * 2, lambda: f'{half}{half}', lambda: bytes(2 << 20), lambda: bytearray(2 << 20),
    lambda: b'ab' * (2 << 20),
):
    Cyclic([1, 2])
    Cyclic(bytearray(3))
    assert len(make()) >= 2 << 20
    made += 1
assert sorted(gone) == [2] * made + [3] * made, gone
",
        );
    });
    set_allocation_gate(None);
    assert!(COLLECTED.load(Ordering::Relaxed) >= 6);
}

/// 0023 and 0046: large requests are asked about, small ones are not, and a refusal is a `MemoryError`.
#[test]
fn large_allocations_are_asked_about() {
    static LARGEST: AtomicUsize = AtomicUsize::new(0);
    fn gate(request: Request) -> bool {
        LARGEST.fetch_max(request.bytes, Ordering::Relaxed);
        request.bytes < 4 << 20
    }
    let (interpreter, _sender) = interpreter(false);
    set_allocation_gate(Some(gate));
    interpreter.enter(|vm| {
        check(
            vm,
            "
large = 8 << 20
assert len(bytes(1 << 10)) == 1 << 10
assert len('a' * (2 << 20)) == 2 << 20
half = 'a' * (3 << 20)
def add(a, b):
    return a + b
def learnt():
    for _ in range(1000):
        add('a', 'b')
    return add(half, half)
for make in (
    lambda: 'a' * large, lambda: half + half, lambda: b'a' * large, lambda: bytes(large), lambda: bytearray(large),
    lambda: [None] * large, lambda: (None,) * large, lambda: 1 << (8 * large), lambda: 3 ** (8 * large),
    lambda: 'a'.ljust(large), lambda: b'a'.center(large), lambda: list(range(large)), lambda: 'a'.zfill(large),
    lambda: (1 << 30_000_000) * (1 << 30_000_000), lambda: f'{half}{half}', lambda: ''.join([half, half]),
    lambda: half.replace('a', 'aa'), lambda: half.replace('', 'b'), lambda: (b'a' * len(half)).replace(b'a', b'aa'),
    lambda: (b'a' * len(half)).replace(b'', b'b'), learnt,
):
    try:
        made = make()
    except MemoryError:
        pass
    else:
        assert False, (make.__code__.co_consts, type(made))
assert len(half.replace('b', 'cc')) == len(half)
assert len(half.replace('a', 'bb', 9)) == len(half) + 9
assert len((b'a' * len(half)).replace(b'', b'b', 9)) == len(half) + 9
",
        );
    });
    assert!(LARGEST.load(Ordering::Relaxed) >= 8 << 20);
    set_allocation_gate(None);
    interpreter.enter(|vm| check(vm, "assert len('a' * (8 << 20)) == 8 << 20"));
}
