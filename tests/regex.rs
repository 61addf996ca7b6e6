//! A search of `re` that would take for ever ends with the script's time, and the interpreter goes on.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use ungil::{Error, Interpreter, Job, LimitKind, Limits, Output, Task, Value};

/// Enough for a busy machine to have begun the search.
const LIMIT: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);

/// Each takes minutes at least.
const SEARCHES: &[(&str, &str)] = &[
    ("a group of groups", "re.match('(a+)+$', 'a' * 60 + 'b')"),
    ("all of it", "re.fullmatch('(a|a)*', 'a' * 60 + 'b')"),
    ("as little as possible", "re.match('(a+?)+?$', 'a' * 60 + 'b')"),
    ("bytes", "re.match(b'(a+)+$', b'a' * 60 + b'b')"),
    (
        "bytes that can change",
        "re.match(b'(a+)+$', bytearray(b'a' * 60 + b'b'))",
    ),
    ("other letters than ASCII", "re.match('(é+)+$', 'é' * 60 + 'b')"),
    ("from every place", "re.search('x*x*x*y', 'x' * 20_000)"),
    ("one after another", "re.findall('(a+)+$', 'a' * 60 + 'b')"),
    ("in place of", "re.sub('(a+)+$', '', 'a' * 60 + 'b')"),
    ("between", "re.split('(a+)+$', 'a' * 60 + 'b')"),
    ("as asked for", "list(re.finditer('(a+)+$', 'a' * 60 + 'b'))"),
    (
        "what was found before",
        "re.match(r'(a*)(a*)(a*)(a*)(a*)(a*)\\1\\2\\3\\4\\5\\6b', 'a' * 400)",
    ),
    (
        "nothing, many times",
        "re.match('(?:(?:(?:(?:|x){999}){999}){999}){999}y', '')",
    ),
];

fn limited() -> Interpreter {
    let py = Interpreter::builder()
        .stderr(Output::Discard)
        .limits(Limits::new().give_up_after(PATIENCE))
        .build()
        .unwrap();
    py.exec("import re").unwrap();
    py
}

#[test]
fn searches_without_end_are_stopped_by_their_limit() {
    let py = limited();
    for (name, source) in SEARCHES {
        let task = Task::eval(*source).limits(Limits::new().wall_time(LIMIT).give_up_after(PATIENCE));
        let start = Instant::now();
        let error = py.spawn::<Value>(task).wait().unwrap_err();
        let took = start.elapsed();
        let limit = error.as_limit().unwrap_or_else(|| panic!("{name}: {error:?}"));
        assert_eq!(limit.kind(), LimitKind::WallTime, "{name}");
        assert!(took < PATIENCE, "{name} took {took:?}");
        assert!(
            py.eval::<bool>("re.fullmatch('(a+)+', 'aaa') is not None").unwrap(),
            "{name}"
        );
    }
}

#[test]
fn a_script_that_catches_the_stop_sees_no_result() {
    let py = limited();
    py.exec(
        "seen = []\ndef attack():\n    found = 'nothing'\n    try:\n        found = re.sub('(a+)+$', lambda match: 'b', 'a' * 60 + 'b')\n    \
         finally:\n        seen.append(found)",
    )
    .unwrap();
    let job: Job<()> = py.spawn(Task::call("attack").limits(Limits::new().wall_time(LIMIT).give_up_after(PATIENCE)));
    assert!(matches!(job.wait(), Err(Error::Limit(_))));
    assert_eq!(py.get::<Vec<String>>("seen").unwrap(), ["nothing"]);
}

#[test]
fn a_search_in_a_function_that_a_search_calls_is_stopped_alone() {
    let py = limited();
    py.exec(
        "def inner(match):\n    try:\n        re.match('(a+)+$', 'a' * 60 + 'b')\n    except BaseException as error:\n        \
         return type(error).__name__\n",
    )
    .unwrap();
    let task = Task::eval("re.sub('x', inner, '-x-')").limits(Limits::new().wall_time(LIMIT).give_up_after(PATIENCE));
    let result = py.spawn::<String>(task).wait();
    // Caught, and not raised again if the script ends within its grace.
    assert!(
        matches!(&result, Ok(text) if text == "-DeadlineExceeded-") || matches!(&result, Err(Error::Limit(_))),
        "{result:?}"
    );
}

#[test]
fn the_stack_of_a_script_that_searches_can_be_seen_and_the_search_goes_on() {
    let (tx, begun) = mpsc::channel();
    let py = Interpreter::builder()
        .function("begun", move || tx.send(()).unwrap())
        .limits(Limits::new().give_up_after(PATIENCE))
        .build()
        .unwrap();
    let job: Job<()> = py.spawn(Task::exec(
        "import re\ndef look():\n    begun()\n    re.match('(a+)+$', 'a' * 60 + 'b')\nlook()",
    ));
    begun.recv_timeout(PATIENCE).unwrap();
    let start = Instant::now();
    while !py.stack().unwrap().iter().any(|frame| frame.function == "look") {
        assert!(start.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(1));
    }
    assert!(!job.is_finished());
    job.cancel();
    assert!(matches!(job.wait(), Err(Error::Cancelled)));
    assert_eq!(py.eval::<i64>("6 * 7").unwrap(), 42);
}
