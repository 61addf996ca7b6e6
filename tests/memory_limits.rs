//! Memory is counted for each interpreter, and limited without harm to the others.

use std::{
    alloc::System,
    sync::mpsc,
    time::{Duration, Instant},
};

use ungil::{Allowance, Error, Interpreter, LimitKind, Limits, Output, Task, alloc::Accounting, channel};

#[global_allocator]
static ALLOCATOR: Accounting<System> = Accounting::new(System);

const MB: u64 = 1 << 20;
/// Room enough for an interpreter and some data.
const LIMIT: u64 = 100 * MB;
const PATIENCE: Duration = Duration::from_secs(30);

fn limited(soft: u64) -> Interpreter {
    Interpreter::builder()
        .stderr(Output::Discard)
        .limits(Limits::new().memory(soft))
        .build()
        .unwrap()
}

fn memory(py: &Interpreter) -> u64 {
    py.stats().memory.expect("it is counted")
}

/// The script ends with an error that names the limit, and the interpreter can be used again.
fn is_stopped_for_memory(source: &str) {
    let py = limited(LIMIT);
    let error = py.exec(source).unwrap_err();
    let limit = error.as_limit().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(
        (limit.kind(), limit.allowed()),
        (LimitKind::Memory, Allowance::Bytes(LIMIT))
    );
    assert!(error.interpreter_usable());
    py.exec("for name in list(globals()):\n    if not name.startswith('_') and name != 'name': del globals()[name]")
        .unwrap();
    assert_eq!(py.eval::<i64>("6 * 7").unwrap(), 42);
    assert!(memory(&py) < LIMIT, "{}", memory(&py));
}

#[test]
fn the_allocator_is_known_to_be_there() {
    assert!(ungil::alloc::is_installed());
}

#[test]
fn an_interpreter_is_charged_for_its_objects_and_credited_when_they_go() {
    let py = Interpreter::new().unwrap();
    let before = memory(&py);
    assert!(before > MB, "{before}");
    py.exec("data = [bytes(1000) for _ in range(20_000)]").unwrap();
    let with_data = memory(&py);
    assert!(with_data > before + 20 * MB, "{before} {with_data}");
    py.exec("data = None").unwrap();
    let after = memory(&py);
    assert!(after < before + 2 * MB, "{before} {after}");
}

#[test]
fn what_the_host_allocates_is_nobodys() {
    let py = Interpreter::new().unwrap();
    let before = memory(&py);
    let held = vec![1_u8; 64 << 20];
    assert!(memory(&py) < before + MB);
    drop(held);
}

#[test]
fn an_interpreter_that_is_closed_leaves_little_in_its_account() {
    let py = Interpreter::new().unwrap();
    py.exec("import asyncio, json\ndata = [str(n) for n in range(100_000)]")
        .unwrap();
    let before = memory(&py);
    py.close().unwrap();
    let after = memory(&py);
    assert!(after < before / 4, "{before} {after}");
}

#[test]
fn lists_that_grow_are_stopped() {
    is_stopped_for_memory("grow = []\nwhile True: grow.append(bytes(10_000))");
    is_stopped_for_memory("grow = []\nwhile True: grow.append([])");
}

#[test]
fn text_that_doubles_is_stopped() {
    is_stopped_for_memory("text = 'x'\nwhile True: text += text");
    is_stopped_for_memory("text = 'x'\nwhile True: text = f'{text}{text}'");
    is_stopped_for_memory("text = 'x'\nwhile True: text = ''.join([text, text])");
    is_stopped_for_memory("text = 'x'\nwhile True: text = text.replace('x', 'xx')");
    is_stopped_for_memory("text = b'x'\nwhile True: text += text");
}

#[test]
fn dicts_and_sets_that_grow_are_stopped() {
    is_stopped_for_memory("grow = {}\nn = 0\nwhile True:\n    n += 1\n    grow[n] = str(n)");
    is_stopped_for_memory("grow = set()\nn = 0\nwhile True:\n    n += 1\n    grow.add(n)");
}

#[test]
fn a_large_request_is_refused_before_it_is_made() {
    let py = limited(LIMIT);
    for source in [
        "n = 1\nwhile True: n <<= 10_000_000",
        "bytes(1_000_000_000)",
        "'a' * 10**9",
    ] {
        let error = py.exec(source).unwrap_err();
        assert_eq!(error.as_exception().unwrap().type_name(), "MemoryError", "{source}");
        assert_eq!(
            error.as_limit().expect("it is the limit's").kind(),
            LimitKind::Memory,
            "{source}"
        );
        py.exec("n = None").unwrap();
    }
    assert!(memory(&py) < LIMIT);
}

/// The collector would need as much memory as the list has elements.
#[test]
fn a_long_list_of_nothing_is_stopped_too_and_the_collector_works_again_when_it_is_gone() {
    let py = limited(LIMIT);
    let error = py.exec("import gc\nx = []\nwhile True: x.append(None)").unwrap_err();
    assert_eq!(error.as_limit().expect("a limit").kind(), LimitKind::Memory);
    py.exec("x = None").unwrap();
    assert!(py.eval::<bool>("gc.isenabled()").unwrap());
    py.close().unwrap();
}

#[test]
fn who_swallows_memory_errors_is_stopped_all_the_same() {
    is_stopped_for_memory(
        "grow = []\nwhile True:\n    try:\n        while True: grow.append(bytes(10_000))\n    except BaseException: pass",
    );
}

#[test]
fn a_script_can_recover_from_a_memory_error() {
    let py = limited(LIMIT);
    py.exec(
        "grow = []\ntry:\n    while True: grow.append(bytes(100_000))\nexcept MemoryError as e:\n    count = len(grow)\n    grow = None\n    seen = str(e)",
    )
    .unwrap();
    assert!(py.get::<u64>("count").unwrap() * 100_000 < LIMIT);
    assert!(py.get::<String>("seen").unwrap().contains("bytes of memory"));
    py.exec("more = [bytes(100_000) for _ in range(300)]").unwrap();
}

#[test]
fn garbage_in_cycles_is_no_reason_for_an_error() {
    let py = limited(LIMIT);
    py.exec("import gc\ngc.disable()\nfor _ in range(3000):\n    a = [bytes(100_000)]\n    a.append(a)")
        .unwrap();
}

#[test]
fn large_garbage_in_cycles_is_no_reason_for_an_error_either() {
    let py = limited(LIMIT);
    for buffer in [
        "bytes(40_000_000)",
        "'a' * 40_000_000",
        "[None] * 1_200_000",
        "f'{text}{text}'",
        "text + text",
    ] {
        py.exec(format!(
            "import gc\ngc.disable()\ntext = 'a' * 10_000_000\nclass Cyclic: pass\nfor _ in range(20):\n    \
             one = Cyclic()\n    one.me, one.buffer = one, {buffer}\none = None\ngc.collect()"
        ))
        .unwrap();
    }
}

#[test]
fn a_native_loop_over_an_iterator_gets_a_memory_error() {
    let py = limited(LIMIT);
    let error = py.exec("list(iter(int, 1))").unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "MemoryError");
    py.exec("more = [bytes(100_000) for _ in range(300)]").unwrap();
}

#[test]
fn a_native_loop_that_asks_nobody_is_held_and_its_interpreter_lost() {
    let (tx, started) = mpsc::channel();
    let py = Interpreter::builder()
        .function("started", move || tx.send(()).unwrap())
        .limits(Limits::new().memory(LIMIT))
        .build()
        .unwrap();
    let other = Interpreter::new().unwrap();
    py.exec("import json\ntext = '[' + '1,' * (2 * 10**7) + '1]'").unwrap();
    let job = py.spawn::<()>(Task::exec("started()\njson.loads(text)"));
    started.recv_timeout(PATIENCE).unwrap();
    let error = job.wait().unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Unresponsive {
                limit: Some(LimitKind::Memory),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!error.interpreter_usable());
    assert!(py.is_closed());
    assert!(matches!(py.exec("pass"), Err(Error::Closed { .. })));
    py.close().unwrap();
    assert!(memory(&py) < LIMIT * 4, "it does not grow on: {}", memory(&py));
    assert_eq!(other.eval::<i64>("6 * 7").unwrap(), 42);
}

#[test]
fn a_limit_of_one_interpreter_is_no_limit_for_another() {
    let strict = limited(40 * MB);
    let free = Interpreter::new().unwrap();
    free.exec("data = [bytes(100_000) for _ in range(1000)]").unwrap();
    assert!(strict.exec("data = [bytes(100_000) for _ in range(1000)]").is_err());
    assert!(memory(&free) > 95 * MB);
}

#[test]
fn a_task_brings_a_limit_of_memory() {
    let py = Interpreter::new().unwrap();
    let grow = || Task::eval("len([bytes(100_000) for _ in range(1000)])");
    let error = py
        .spawn::<u64>(grow().limits(Limits::new().memory(60 * MB)))
        .wait()
        .unwrap_err();
    assert_eq!(error.as_limit().unwrap().kind(), LimitKind::Memory);
    assert_eq!(py.spawn::<u64>(grow()).wait().unwrap(), 1000);
}

/// 10 GB in pieces of 4 MB, as many as a channel of 4 and the two ends hold at once.
#[test]
fn ten_gigabytes_are_streamed_between_interpreters_of_a_hundred_megabytes() {
    const PIECE: u64 = 4 * MB;
    const PIECES: u64 = 10_000 * MB / PIECE;
    let (producer, consumer) = (limited(LIMIT), limited(LIMIT));
    let (sender, receiver) = channel::<ungil::Value>(4);
    let start = Instant::now();
    let send = producer.spawn::<()>(
        Task::exec(format!(
            "for n in range({PIECES}):\n    to.send(bytes({PIECE}))\nto.close()"
        ))
        .with("to", sender),
    );
    let receive = consumer.spawn::<()>(
        Task::exec("total = 0\nkept = []\nfor piece in source:\n    total += len(piece)\n    kept = kept[-7:] + [piece]\nassert total == expected, total")
            .with("source", receiver)
            .with("expected", PIECES * PIECE),
    );
    send.wait().unwrap();
    receive.wait().unwrap();
    println!(
        "10 GB in {:?}; {} and {} bytes after",
        start.elapsed(),
        memory(&producer),
        memory(&consumer)
    );
    assert!(memory(&producer) < LIMIT && memory(&consumer) < LIMIT);
}

/// What a receiver keeps is charged to it, not to who sent it.
#[test]
fn what_was_received_is_the_receivers() {
    let (producer, consumer) = (limited(LIMIT), Interpreter::new().unwrap());
    let (sender, receiver) = channel::<ungil::Value>(2);
    let before = memory(&consumer);
    let send = producer
        .spawn::<()>(Task::exec("for n in range(200): to.send(bytes(1_000_000))\nto.close()").with("to", sender));
    consumer.set("source", receiver).unwrap();
    consumer.exec("kept = list(source)").unwrap();
    send.wait().unwrap();
    assert!(
        memory(&consumer) > before + 190 * MB,
        "{} {}",
        before,
        memory(&consumer)
    );
    assert!(memory(&producer) < LIMIT, "{}", memory(&producer));
}

#[test]
fn a_pool_says_what_those_hold_that_were_given_up() {
    let (begun, begins) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let pool = Interpreter::builder()
        .function("away", move || {
            let _ = begun.send(());
            let _ = released.lock().unwrap().recv();
        })
        .limits(Limits::new().give_up_after(Duration::from_millis(5)))
        .pool()
        .size(1)
        .build()
        .unwrap();
    let job = pool.submit::<()>(Task::exec("held = bytes(64 << 20)\naway()")).unwrap();
    begins.recv_timeout(PATIENCE).unwrap();
    job.cancel();
    assert!(matches!(job.wait(), Err(Error::Unresponsive { .. })));
    let eventually = |what: &str, check: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !check() {
            assert!(start.elapsed() < PATIENCE, "{what}: {:?}", pool.stats());
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    eventually("it is given up", &|| pool.stats().stuck == 1);
    assert!(pool.stats().stuck_memory.unwrap() > 64 * MB, "{:?}", pool.stats());
    drop(release);
    eventually("it ends", &|| pool.stats().stuck == 0);
    assert_eq!(pool.stats().stuck_memory, Some(0));
    pool.shutdown().unwrap();
}
