//! Who cannot be stopped is given up: everyone who waits hears of it, and nothing else is harmed.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use ungil::{Error, Interpreter, Job, LimitKind, Limits, Output, Task, channel};

/// Enough for a busy machine to have begun what is not interruptible.
const LIMIT: Duration = Duration::from_secs(1);
/// Who is given up runs when nobody else wants to, and so may be long in coming back.
const PATIENCE: Duration = Duration::from_secs(600);

/// Each is one native operation that would take for ever, or nearly so. `docs/limits.md` lists them.
const NOT_INTERRUPTIBLE: &[(&str, &str)] = &[
    (
        "a factorial of a large number",
        "__import__('math').factorial(4 * 10**6) > 0",
    ),
    ("an int of a huge text", "int('9' * 10**7) > 0"),
    ("text of a huge int", "len(str(1 << 10**8))"),
    (
        "a key from a password",
        "__import__('hashlib').pbkdf2_hmac('sha256', b'', b'', 10**8) != b''",
    ),
    (
        "a long query in SQLite",
        "__import__('sqlite3').connect(':memory:').execute('with recursive n(x) as (select 1 union all select x + 1 from n) \
         select count(*) from n').fetchone()",
    ),
];

/// One that takes minutes.
const FOREVER: &str = "__import__('math').factorial(10**7)";

fn limited() -> Interpreter {
    Interpreter::builder()
        .stderr(Output::Discard)
        .limits(Limits::new().wall_time(LIMIT))
        .build()
        .unwrap()
}

fn eventually(what: &str, check: impl Fn() -> bool) {
    let start = Instant::now();
    while !check() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Something that is not interruptible and comes back after a while.
fn long_but_finite() -> Task {
    Task::exec("started()\nfactorial(700_000)")
}

#[test]
fn what_is_not_interruptible_is_given_up() {
    for (name, source) in NOT_INTERRUPTIBLE {
        let py = Interpreter::new().unwrap();
        // What takes time is to be the operation and not an import.
        py.exec("import hashlib, math, re, sqlite3, sys\nsys.set_int_max_str_digits(0)")
            .unwrap();
        let start = Instant::now();
        let task = Task::eval(*source).limits(Limits::new().wall_time(LIMIT));
        let error = py.spawn::<ungil::Value>(task).wait().unwrap_err();
        assert!(
            matches!(&error, Error::Unresponsive { interpreter, limit: Some(LimitKind::WallTime) } if interpreter == py.name()),
            "{name}: {error:?}; shorten the list in docs/limits.md"
        );
        assert!(!error.interpreter_usable());
        assert!(start.elapsed() < PATIENCE, "{name}");
    }
}

#[test]
fn the_published_list_is_the_tested_one() {
    let published = include_str!("../docs/limits.md");
    let listed: Vec<&str> = published
        .lines()
        .skip_while(|line| !line.starts_with("| What"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(listed.len(), NOT_INTERRUPTIBLE.len());
    for ((name, source), line) in NOT_INTERRUPTIBLE.iter().zip(listed) {
        assert!(line.contains(name) && line.contains(source), "{name}: {line}");
    }
}

#[test]
fn a_lost_interpreter_answers_everyone_who_waits_and_takes_no_more_work() {
    let (tx, started) = mpsc::channel();
    let py = Interpreter::builder()
        .function("started", move || tx.send(()).unwrap())
        .limits(Limits::new().wall_time(LIMIT))
        .build()
        .unwrap();
    let lost: Job<()> = py.spawn(Task::exec(format!("import re\nstarted()\n{FOREVER}")));
    started.recv_timeout(PATIENCE).unwrap();
    let behind: Job<i64> = py.spawn(Task::eval("1"));
    let closing = {
        let py = py.clone();
        thread::spawn(move || py.close())
    };
    assert!(matches!(lost.wait(), Err(Error::Unresponsive { .. })));
    assert!(matches!(behind.wait(), Err(Error::Closed { .. })));
    closing.join().unwrap().unwrap();
    assert!(py.is_closed());
    assert!(matches!(py.eval::<i64>("1"), Err(Error::Closed { .. })));
    assert!(matches!(py.stack(), Err(Error::Closed { .. })));
    assert_eq!(Interpreter::new().unwrap().eval::<i64>("6 * 7").unwrap(), 42);
}

#[test]
fn a_cancel_gives_up_too_where_the_host_said_after_how_long() {
    let (tx, started) = mpsc::channel();
    let py = Interpreter::builder()
        .function("started", move || tx.send(()).unwrap())
        .limits(Limits::new().give_up_after(LIMIT / 20))
        .build()
        .unwrap();
    let job: Job<()> = py.spawn(Task::exec(format!("import re\nstarted()\n{FOREVER}")));
    started.recv_timeout(PATIENCE).unwrap();
    let used = || py.stats().cpu_time.unwrap();
    let before = used();
    eventually("it is busy with the expression", || used() > before + LIMIT / 20);
    job.cancel();
    let result = job.wait();
    assert!(
        matches!(result, Err(Error::Unresponsive { limit: None, .. })),
        "{result:?}"
    );
}

#[test]
fn ends_of_channels_that_a_lost_interpreter_holds_are_revoked() {
    let py = limited();
    let (to_rust, answers) = channel::<i64>(1);
    let (questions, to_python) = channel::<i64>(1);
    py.set("to_rust", to_rust).unwrap();
    py.set("to_python", to_python).unwrap();
    py.exec("to_rust.send(1)").unwrap();
    py.exec("import re").unwrap();
    assert!(py.eval::<ungil::Value>(FOREVER).is_err());
    assert_eq!(answers.recv().unwrap(), 1, "what was sent is there");
    answers.recv().unwrap_err();
    eventually("the receiver is gone", || questions.is_closed());
}

#[test]
fn a_host_function_that_does_not_end_is_given_up() {
    let (stuck, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let py = Interpreter::builder()
        .function("stuck", move || {
            let _ = held.lock().unwrap().recv();
        })
        .limits(Limits::new().wall_time(LIMIT).give_up_after(LIMIT / 20))
        .build()
        .unwrap();
    let error = py.exec("stuck()").unwrap_err();
    assert!(matches!(error, Error::Unresponsive { .. }), "{error:?}");
    drop(stuck);
}

/// The scheduling classes of this process's threads, as Linux numbers them.
#[cfg(target_os = "linux")]
fn idle_class_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let class = |stat: String| stat.rsplit(')').next()?.split_whitespace().nth(38)?.parse::<i32>().ok();
    let stats = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok());
    stats.filter(|stat| class(stat.clone()) == Some(5)).count()
}

#[test]
fn a_lost_thread_gets_the_lowest_class_and_ends_when_it_comes_back() {
    let (tx, started) = mpsc::channel();
    let pool = Interpreter::builder()
        .function("started", move || tx.send(()).unwrap())
        .pool()
        .size(1)
        .limits(Limits::new().give_up_after(Duration::from_millis(20)))
        .build()
        .unwrap();
    let ready = Task::exec("from math import factorial");
    pool.broadcast::<()>(ready).into_iter().for_each(|ready| ready.unwrap());
    let job = pool.submit::<()>(long_but_finite()).unwrap();
    started.recv_timeout(PATIENCE).unwrap();
    let used = || pool.stats().interpreters[0].cpu_time.unwrap();
    let before = used();
    eventually("it computes", || used() > before + LIMIT / 20);
    job.cancel();
    let error = job.wait().unwrap_err();
    assert!(matches!(error, Error::Unresponsive { .. }), "{error:?}");
    #[cfg(target_os = "linux")]
    assert!(pool.stats().stuck == 0 || idle_class_threads() > 0);
    eventually("it comes back and ends", || {
        pool.stats().stuck == 0 && pool.stats().lost == 1
    });
    pool.shutdown().unwrap();
}
