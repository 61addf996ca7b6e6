//! Whatever a script does, it can be stopped, and the interpreter goes on.
//!
//! Each test waits until the script has really started; the latency itself is measured by a benchmark.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use ungil::{Error, Interpreter, Job, Output, Task, channel};

/// Far above what a stop takes, far below what the scripts would take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `source` until it has called `started()`, then cancels it.
fn cancelled_after_start(py: &Interpreter, started: &mpsc::Receiver<()>, source: &str) -> Duration {
    let job: Job<()> = py.spawn(Task::exec(source));
    started.recv_timeout(PATIENCE).expect("the script starts");
    let at = Instant::now();
    job.cancel();
    let result = job.wait();
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    at.elapsed()
}

fn with_start_signal() -> (Interpreter, mpsc::Receiver<()>) {
    let (tx, rx) = mpsc::channel();
    let py = Interpreter::builder()
        .stderr(Output::Discard)
        .function("started", move || tx.send(()).unwrap())
        .build()
        .unwrap();
    (py, rx)
}

fn ends_in_time(source: &str) {
    let (py, started) = with_start_signal();
    let busy: Vec<_> = (0..3).map(|_| Interpreter::new().unwrap()).collect();
    let noise: Vec<Job<()>> = busy.iter().map(|py| py.spawn(Task::exec("while True: pass"))).collect();
    let took = cancelled_after_start(&py, &started, source);
    assert!(took < PATIENCE, "{took:?}");
    assert_eq!(py.eval::<i64>("6 * 7").unwrap(), 42, "the interpreter goes on");
    for job in &noise {
        assert!(!job.is_finished(), "a stop reaches only its own interpreter");
        job.cancel();
    }
    for job in noise {
        assert!(matches!(job.wait(), Err(Error::Cancelled)));
    }
}

#[test]
fn a_loop_that_spins() {
    ends_in_time("started()\nwhile True: pass");
}

#[test]
fn a_sleep() {
    ends_in_time("import time\nstarted()\ntime.sleep(600)");
}

#[test]
fn a_blocked_receive() {
    ends_in_time("import ungil\nsender, receiver = ungil.channel(1)\nstarted()\nreceiver.recv()");
}

#[test]
fn a_blocked_send() {
    ends_in_time("import ungil\nsender, receiver = ungil.channel(1)\nsender.send(1)\nstarted()\nsender.send(2)");
}

#[test]
fn a_loop_that_swallows_everything() {
    ends_in_time(
        "started()\nimport time\nwhile True:\n    try:\n        while True: time.sleep(0.001)\n    except BaseException:\n        pass",
    );
}

#[test]
fn a_generator_that_swallows_everything() {
    ends_in_time(
        "def stubborn():\n    while True:\n        try:\n            yield 1\n        except BaseException:\n            pass\n\
         started()\nfor _ in stubborn():\n    try: pass\n    except BaseException: pass",
    );
}

#[test]
fn a_loop_in_a_finally_block() {
    ends_in_time("started()\ntry:\n    while True: pass\nfinally:\n    while True: pass");
}

#[test]
fn a_wait_for_a_socket() {
    ends_in_time(
        "import socket\nserver = socket.socket()\nserver.bind(('127.0.0.1', 0))\nserver.listen()\nstarted()\nserver.accept()",
    );
}

#[test]
fn an_event_loop() {
    ends_in_time("import asyncio\nasync def main():\n    started()\n    await asyncio.sleep(600)\nasyncio.run(main())");
}

#[test]
fn a_finally_block_has_a_moment_to_clean_up() {
    let (py, started) = with_start_signal();
    cancelled_after_start(
        &py,
        &started,
        "cleaned = False\ntry:\n    started()\n    while True: pass\nfinally:\n    cleaned = True",
    );
    assert!(py.get::<bool>("cleaned").unwrap());
}

#[test]
fn cancelled_is_not_an_exception_that_except_exception_catches() {
    let (py, started) = with_start_signal();
    cancelled_after_start(
        &py,
        &started,
        "caught = None\ntry:\n    started()\n    while True: pass\nexcept Exception as e:\n    caught = e",
    );
    assert!(py.eval::<bool>("caught is None").unwrap());
}

#[test]
fn a_job_that_waits_in_the_mailbox_never_starts() {
    let (py, started) = with_start_signal();
    let first: Job<()> = py.spawn(Task::exec("started()\nwhile True: pass"));
    let second: Job<()> = py.spawn(Task::exec("ran = True"));
    started.recv_timeout(PATIENCE).unwrap();
    second.cancel();
    first.cancel();
    assert!(matches!(first.wait(), Err(Error::Cancelled)));
    assert!(matches!(second.wait(), Err(Error::Cancelled)));
    assert!(py.eval::<bool>("'ran' not in globals()").unwrap());
}

#[test]
fn cancelling_a_finished_job_disturbs_nobody() {
    let py = Interpreter::new().unwrap();
    let mut job: Job<i64> = py.spawn(Task::eval("1"));
    assert_eq!(job.wait_timeout(PATIENCE).unwrap().unwrap(), 1);
    job.cancel();
    assert_eq!(py.eval::<i64>("sum(range(100000))").unwrap(), 4_999_950_000);
}

#[test]
fn a_host_function_that_waits_for_a_channel_ends_too() {
    let (sender, receiver) = channel::<i64>(1);
    let (tx, started) = mpsc::channel();
    let py = Interpreter::builder()
        .function("wait_for_order", move || {
            tx.send(()).unwrap();
            receiver.recv().map_err(|error| error.to_string())
        })
        .build()
        .unwrap();
    cancelled_after_start(&py, &started, "wait_for_order()");
    drop(sender);
}

#[test]
fn the_stack_of_a_hanging_script_shows_where_it_hangs() {
    let (py, started) = with_start_signal();
    let job: Job<()> = py.spawn(
        Task::exec("def inner():\n    started()\n    while True: pass\ndef outer():\n    inner()\nouter()")
            .filename("hang.py"),
    );
    started.recv_timeout(PATIENCE).unwrap();
    let stack = py.stack().unwrap();
    let functions: Vec<_> = stack.iter().map(|frame| frame.function.as_str()).collect();
    assert_eq!(functions, ["<module>", "outer", "inner"]);
    assert_eq!(stack[2].file, "hang.py");
    assert!([2, 3].contains(&stack[2].line), "{:?}", stack[2]);
    assert_eq!(stack[1].source_line.as_deref(), Some("inner()"));
    assert!(!job.is_finished(), "looking does not disturb");
    job.cancel();
    assert!(job.wait().is_err());
    assert!(py.stack().unwrap().is_empty(), "nothing runs any more");
}

#[test]
fn the_stack_of_a_sleeping_script_can_be_read() {
    let (py, started) = with_start_signal();
    let job: Job<()> = py.spawn(Task::exec(
        "import time\ndef nap():\n    started()\n    time.sleep(600)\nnap()",
    ));
    started.recv_timeout(PATIENCE).unwrap();
    let stack = py.stack().unwrap();
    assert_eq!(stack.last().unwrap().function, "nap");
    job.cancel();
    assert!(matches!(job.wait(), Err(Error::Cancelled)));
}

#[test]
fn one_cancel_among_many_busy_interpreters_hits_the_right_one() {
    let (py, started) = with_start_signal();
    let others: Vec<_> = (0..8).map(|_| Interpreter::new().unwrap()).collect();
    let jobs: Vec<Job<()>> = others
        .iter()
        .map(|py| py.spawn(Task::exec("while True: pass")))
        .collect();
    for _ in 0..20 {
        cancelled_after_start(&py, &started, "started()\nwhile True: pass");
    }
    assert!(jobs.iter().all(|job| !job.is_finished()));
    thread::scope(|scope| {
        for job in jobs {
            scope.spawn(move || {
                job.cancel();
                assert!(matches!(job.wait(), Err(Error::Cancelled)));
            });
        }
    });
}
