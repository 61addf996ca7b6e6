//! Each limit ends what it should, says which it was, and leaves the interpreter usable.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use ungil::{Allowance, Error, Interpreter, LimitExceeded, LimitKind, Limits, Output, Pool, Task, stop_token};

/// Short, so that tests are; what is limited would take far longer.
const LIMIT: Duration = Duration::from_millis(40);
/// For scripts that must have begun before it is over, on a busy machine too.
const AMPLE: Duration = Duration::from_secs(2);
/// Far above what a stop takes on a busy machine, far below what the scripts would take.
const PATIENCE: Duration = Duration::from_secs(60);

fn limited(limits: Limits) -> Interpreter {
    let builder = Interpreter::builder().stderr(Output::Discard).stdout(Output::Discard);
    builder.limits(limits.give_up_after(PATIENCE)).build().unwrap()
}

/// A task that is not under the interpreter's own limit of time.
fn patient(task: Task) -> Task {
    task.limits(Limits::new().wall_time(PATIENCE))
}

fn hit(result: Result<(), Error>) -> LimitExceeded {
    match result {
        Err(Error::Limit(limit)) => *limit,
        other => panic!("{other:?}"),
    }
}

/// Runs `source` under a limit of wall time: it is stopped, not before its time, and the interpreter goes on.
fn deadline_ends(source: &str) -> Interpreter {
    let py = limited(Limits::new().wall_time(LIMIT));
    let start = Instant::now();
    let limit = hit(py.exec(source));
    let took = start.elapsed();
    assert_eq!(
        (limit.kind(), limit.allowed()),
        (LimitKind::WallTime, Allowance::Time(LIMIT))
    );
    assert!(took >= LIMIT && took < PATIENCE, "{took:?}");
    let next = py.spawn::<i64>(patient(Task::eval("6 * 7")));
    assert_eq!(next.wait().unwrap(), 42, "the interpreter goes on");
    py
}

#[test]
fn a_deadline_ends_a_loop() {
    let py = deadline_ends("while True: pass");
    assert!(!py.is_closed());
}

#[test]
fn a_deadline_ends_a_sleep() {
    deadline_ends("import time\ntime.sleep(600)");
}

#[test]
fn a_deadline_ends_a_blocked_channel() {
    deadline_ends("import ungil\nsender, receiver = ungil.channel(1)\nreceiver.recv()");
    deadline_ends("import ungil\nsender, receiver = ungil.channel(1)\nwhile True: sender.send(1)");
}

#[test]
fn a_deadline_ends_a_wait_for_a_socket() {
    deadline_ends("import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\ns.accept()");
}

#[test]
fn a_deadline_ends_a_wait_for_a_file() {
    deadline_ends("import os\nr, w = os.pipe()\nos.read(r, 1)");
    deadline_ends("import os\nr, w = os.pipe()\nopen(r, 'rb').read()");
}

#[test]
fn a_deadline_ends_a_select() {
    deadline_ends("import os, select\nr, w = os.pipe()\nselect.select([r], [], [])");
}

#[test]
fn a_deadline_ends_an_event_loop() {
    deadline_ends("import asyncio\nasync def main():\n    await asyncio.sleep(600)\nasyncio.run(main())");
}

#[test]
fn a_deadline_ends_what_swallows_everything() {
    deadline_ends("while True:\n    try:\n        while True: pass\n    except BaseException: pass");
    deadline_ends("while True:\n    try:\n        pass\n    finally:\n        continue");
}

#[test]
fn a_deadline_leaves_a_moment_for_finally_and_is_seen_by_the_script() {
    let py = limited(Limits::new());
    py.exec("import ungil\nseen = None").unwrap();
    let source = "try:\n    while True: pass\nexcept ungil.DeadlineExceeded as e:\n    seen = str(e)\n    raise";
    hit(py
        .spawn(Task::exec(source).limits(Limits::new().wall_time(AMPLE)))
        .wait());
    assert_eq!(py.get::<String>("seen").unwrap(), "more than 2s of wall time");
    assert!(
        py.eval::<bool>("issubclass(ungil.DeadlineExceeded, ungil.LimitExceeded)")
            .unwrap()
    );
    assert!(
        py.eval::<bool>("not issubclass(ungil.LimitExceeded, Exception)")
            .unwrap()
    );
}

#[test]
fn the_error_says_where_the_script_was() {
    let py = limited(Limits::new().wall_time(AMPLE));
    let source = Task::exec("def spin():\n    while True: pass\nspin()").filename("spin.py");
    let limit = hit(py.spawn(source).wait());
    let frames = limit.exception().unwrap().frames();
    assert_eq!(frames.last().unwrap().function, "spin");
    assert_eq!(limit.interpreter(), py.name());
    assert!(limit.to_string().contains("2s of wall time"), "{limit}");
}

#[test]
fn a_task_that_is_in_time_is_left_alone_and_each_has_its_own_time() {
    let py = limited(Limits::new().wall_time(AMPLE * 2));
    for _ in 0..3 {
        py.exec("import time\ntime.sleep(1.5)").unwrap();
    }
}

#[test]
fn a_task_brings_limits_of_its_own() {
    let py = limited(Limits::new());
    let endless = || Task::exec("while True: pass").limits(Limits::new().wall_time(LIMIT));
    assert_eq!(hit(py.spawn(endless()).wait()).kind(), LimitKind::WallTime);
    py.exec("import time\ntime.sleep(0.1)").unwrap();

    let strict = limited(Limits::new().wall_time(Duration::from_millis(1)));
    let slow = patient(Task::exec("import time\ntime.sleep(0.1)"));
    strict.spawn::<()>(slow).wait().unwrap();
}

#[test]
fn processor_time_does_not_pass_while_a_script_sleeps() {
    let py = limited(Limits::new().cpu_time(LIMIT));
    py.exec("import time\ntime.sleep(0.2)").unwrap();
    let limit = hit(py.exec("while True: pass"));
    assert_eq!(limit.kind(), LimitKind::CpuTime);
}

#[test]
fn script_time_does_not_pass_in_host_functions() {
    let py = Interpreter::builder()
        .function("rest", || thread::sleep(AMPLE + LIMIT))
        .async_function("later", || async { thread::sleep(AMPLE + LIMIT) })
        .limits(Limits::new().script_time(AMPLE).give_up_after(PATIENCE))
        .build()
        .unwrap();
    py.exec("rest()").unwrap();
    py.exec("later().wait()").unwrap();
    let limit = hit(py.exec("rest()\nwhile True: pass"));
    assert_eq!(limit.kind(), LimitKind::ScriptTime);
}

#[test]
fn a_host_function_that_looks_at_its_token_ends() {
    let (tx, seen) = mpsc::channel();
    let py = Interpreter::builder()
        .function("work", move || {
            let token = stop_token();
            while !token.is_stopped() {
                thread::yield_now();
            }
            tx.send(()).unwrap();
        })
        .limits(Limits::new().wall_time(AMPLE).give_up_after(PATIENCE))
        .build()
        .unwrap();
    assert_eq!(hit(py.exec("work()")).kind(), LimitKind::WallTime);
    seen.try_recv().expect("the function saw it");
    assert!(!stop_token().is_stopped(), "elsewhere nothing stops");
}

#[test]
fn a_host_function_that_waits_with_its_token_ends_when_the_job_is_cancelled() {
    let (tx, started) = mpsc::channel();
    let py = Interpreter::builder()
        .function("work", move || {
            tx.send(()).unwrap();
            stop_token().wait(PATIENCE * 10)
        })
        .build()
        .unwrap();
    let job = py.spawn::<()>(Task::exec("work()"));
    started.recv_timeout(PATIENCE).unwrap();
    job.cancel();
    assert!(matches!(job.wait(), Err(Error::Cancelled)));
}

#[test]
fn an_async_host_function_can_await_its_token() {
    let stopped = Arc::new(AtomicBool::new(false));
    let (tx, ended) = mpsc::channel();
    let note = stopped.clone();
    let py = Interpreter::builder()
        .async_function("work", move || {
            let (note, tx) = (note.clone(), tx.clone());
            async move {
                stop_token().stopped().await;
                note.store(true, Ordering::SeqCst);
                tx.send(()).unwrap();
            }
        })
        .limits(Limits::new().wall_time(AMPLE).give_up_after(PATIENCE))
        .build()
        .unwrap();
    assert_eq!(
        hit(py.exec("running = work()\nrunning.wait()")).kind(),
        LimitKind::WallTime
    );
    ended.recv_timeout(PATIENCE).unwrap();
    assert!(stopped.load(Ordering::SeqCst));
}

#[test]
fn output_is_limited_for_each_job() {
    let py = Interpreter::builder()
        .stdout(Output::Capture)
        .stderr(Output::Capture)
        .limits(Limits::new().output(1000).give_up_after(PATIENCE))
        .build()
        .unwrap();
    py.exec("print('x' * 900)").unwrap();
    py.exec("print('x' * 90)").unwrap();
    let limit = hit(py.exec(
        "import sys\nwhile True:\n    try:\n        print('flood', file=sys.stderr)\n    except Exception: pass",
    ));
    assert_eq!(
        (limit.kind(), limit.allowed()),
        (LimitKind::Output, Allowance::Bytes(1000))
    );
    assert!(py.take_stderr().len() <= 1000);
    assert_eq!(py.take_stdout().len(), 992);
    assert_eq!(py.eval::<i64>("6 * 7").unwrap(), 42);
}

#[test]
fn output_that_cannot_be_counted_is_an_error_and_not_ignored() {
    let py = Interpreter::new().unwrap();
    let error = py
        .spawn::<()>(Task::exec("pass").limits(Limits::new().output(10)))
        .wait()
        .unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
}

#[test]
fn a_result_that_is_too_large_is_refused_before_it_is_made() {
    let py = limited(Limits::new().message_size(10_000));
    assert_eq!(py.eval::<Vec<i64>>("list(range(20))").unwrap().len(), 20);
    let source = "x = [0] * 100\nfor _ in range(6): x = [x] * 100";
    py.exec(source).unwrap();
    let error = py.eval::<ungil::Value>("x").unwrap_err();
    assert_eq!(
        error.as_limit().map(LimitExceeded::kind),
        Some(LimitKind::MessageSize),
        "{error}"
    );
    let error = py.eval::<String>("'x' * 20000").unwrap_err();
    assert_eq!(error.as_limit().unwrap().allowed(), Allowance::Bytes(10_000));
    assert!(error.interpreter_usable());
    let error = py
        .exec("import ungil\ns, r = ungil.channel()\ns.send('x' * 20000)")
        .unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "ConversionError");
}

#[test]
fn recursion_is_limited_and_scripts_cannot_raise_the_limit() {
    let py = limited(Limits::new().recursion(200));
    py.exec("def f(n): return n and f(n - 1)").unwrap();
    assert_eq!(py.call::<i64>("f", (100,)).unwrap(), 0);
    let error = py.call::<i64>("f", (300,)).unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "RecursionError");
    let error = py.exec("import sys\nsys.setrecursionlimit(10**6)").unwrap_err();
    assert_eq!(error.as_exception().unwrap().type_name(), "ValueError");

    let free = limited(Limits::new());
    free.exec("def f(n): return n and f(n - 1)").unwrap();
    let shallow = Task::call("f").args((300,)).limits(Limits::new().recursion(200));
    assert!(free.spawn::<i64>(shallow).wait().is_err());
    assert_eq!(free.call::<i64>("f", (300,)).unwrap(), 0, "for that task alone");
}

#[test]
fn a_pool_limits_each_task_and_each_item_of_a_map() {
    let pool = Interpreter::builder()
        .source("work", "import time\ndef nap(n):\n    time.sleep(n)\n    return n")
        .pool()
        .size(2)
        .limits(Limits::new().wall_time(AMPLE * 2).give_up_after(PATIENCE))
        .build()
        .unwrap();
    let naps: Vec<_> = pool.map::<f64>("work.nap", [0.0, 600.0, 0.0, 0.0]).collect();
    let in_time: Vec<_> = naps.iter().map(Result::is_ok).collect();
    assert_eq!(in_time, [true, false, true, true]);
    assert_eq!(
        naps[1].as_ref().unwrap_err().as_limit().unwrap().kind(),
        LimitKind::WallTime
    );
    assert_eq!(pool.stats().lost, 0);
}

#[test]
fn many_short_tasks_with_a_deadline_do_not_fill_the_watchdog() {
    let pool = Pool::builder()
        .size(2)
        .limits(Limits::new().wall_time(Duration::from_secs(3600)))
        .build()
        .unwrap();
    let jobs: Vec<_> = (0..500)
        .map(|n| pool.submit::<i64>(Task::eval(n.to_string())).unwrap())
        .collect();
    for (n, job) in jobs.into_iter().enumerate() {
        assert_eq!(job.wait().unwrap(), n as i64);
    }
}

#[test]
fn closing_an_interpreter_does_not_wait_for_an_endless_atexit_function() {
    let py = limited(Limits::new().wall_time(LIMIT));
    let register = Task::exec("import atexit\n@atexit.register\ndef forever():\n    while True: pass");
    py.spawn::<()>(patient(register)).wait().unwrap();
    let start = Instant::now();
    py.close().unwrap();
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn a_script_starts_only_so_many_interpreters_and_tasks() {
    let py = limited(Limits::new().interpreters(2).tasks(3));
    py.exec("import _ungil, time\ndef nap(seconds): time.sleep(seconds)\n")
        .unwrap();
    py.exec("children = [_ungil.start(nap, (600,)) for _ in range(2)]")
        .unwrap();
    let limit = hit(py.exec("_ungil.start(nap, (0,))"));
    assert_eq!(
        (limit.kind(), limit.allowed()),
        (LimitKind::Interpreters, Allowance::Count(2))
    );
    py.exec("for child in children:\n    child.kill()\n    child.join()")
        .unwrap();
    py.exec("_ungil.start(nap, (0,)).join()").unwrap();
    let limit = hit(py.exec("_ungil.start(nap, (0,))"));
    assert_eq!((limit.kind(), limit.allowed()), (LimitKind::Tasks, Allowance::Count(3)));
}

#[test]
fn what_a_script_starts_is_counted_with_it() {
    let py = limited(Limits::new().interpreters(2));
    py.exec(
        "import _ungil\ndef breed(left):\n    import _ungil, ungil\n    try:\n        child = _ungil.start(breed, (left - 1,))\n        child.join()\n        return child.outcome()[1].open() + 1\n    except ungil.LimitExceeded:\n        return 1\nchild = _ungil.start(breed, (10,))\nchild.join()\ncount = child.outcome()[1].open()",
    )
    .unwrap();
    assert_eq!(py.get::<i64>("count").unwrap(), 2);
}

#[test]
fn a_deadline_ends_a_blocked_lock_queue_and_child() {
    deadline_ends("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()");
    deadline_ends("import _ungil\nevent = _ungil.Event()\nevent.wait()");
    deadline_ends("import queue\nqueue.Queue().get()");
    deadline_ends(
        "import _ungil, time\ndef nap(): time.sleep(600)\nchild = _ungil.start(nap)\ntry:\n    child.join()\nfinally:\n    child.kill()",
    );
}
