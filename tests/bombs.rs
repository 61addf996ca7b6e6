//! Scripts that would hang, flood or fill a host: each is stopped or given up in time, while others go on.
//!
//! A bomb is a file in `tests/bombs/`. Its first line says how it may end: `limit` (`Error::Limit`), `lost`
//! (`Error::Unresponsive`), `ok`, or `error` and the exception's class.

use std::{
    alloc::System,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ungil::{Error, Interpreter, Limits, Output, Task, alloc::Accounting};

#[global_allocator]
static ALLOCATOR: Accounting<System> = Accounting::new(System);

const TIME: Duration = Duration::from_millis(250);
const MEMORY: u64 = 64 << 20;
/// What a stop takes is a fraction of a second; a machine that runs other tests meanwhile is slow at times.
const PATIENCE: Duration = Duration::from_secs(60);

/// Another interpreter, which is asked all the time while a bomb goes off.
struct Witness {
    over: Arc<AtomicBool>,
    asking: thread::JoinHandle<Vec<Duration>>,
}

impl Witness {
    fn new() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ask = over.clone();
        let asking = thread::spawn(move || {
            let py = Interpreter::new().unwrap();
            let mut waits = Vec::new();
            while !ask.load(Ordering::SeqCst) {
                let start = Instant::now();
                assert_eq!(py.eval::<i64>("sum(range(100))").unwrap(), 4950);
                waits.push(start.elapsed());
                thread::sleep(Duration::from_millis(5));
            }
            waits.sort();
            waits
        });
        Self { over, asking }
    }

    fn waits(self) -> Vec<Duration> {
        self.over.store(true, Ordering::SeqCst);
        self.asking.join().expect("the witness answers")
    }
}

fn ending(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(Error::Limit(_)) => "limit".to_owned(),
        Err(Error::Unresponsive { .. }) => "lost".to_owned(),
        Err(Error::Exception(exception)) => format!("error {}", exception.type_name()),
        Err(error) => panic!("{error:?}"),
    }
}

/// Sets it off; returns how it ended and how long that took.
fn explode(source: &str) -> (String, Duration) {
    let limits = Limits::new()
        .wall_time(TIME)
        .memory(MEMORY)
        .output(100_000)
        .message_size(1 << 20);
    let py = Interpreter::builder()
        .stdout(Output::Discard)
        .stderr(Output::Discard)
        .limits(limits)
        .build()
        .unwrap();
    let start = Instant::now();
    let result = py.spawn::<()>(Task::exec(source).in_namespace()).wait();
    let took = start.elapsed();
    match &result {
        Err(error) if !error.interpreter_usable() => assert!(py.is_closed()),
        _ => {
            let next = Task::eval("6 * 7").limits(Limits::new().wall_time(PATIENCE));
            assert_eq!(py.spawn::<i64>(next).wait().unwrap(), 42, "the interpreter goes on");
        }
    }
    let start = Instant::now();
    py.close().unwrap();
    assert!(start.elapsed() < PATIENCE, "closing took {:?}", start.elapsed());
    (ending(&result), took)
}

#[test]
fn every_bomb_is_stopped_or_given_up_in_time_while_others_go_on() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bombs");
    let only = std::env::var("BOMB").ok();
    let mut bombs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    bombs.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    bombs.sort();
    assert!(bombs.len() >= 40, "{} bombs", bombs.len());
    let witness = Witness::new();
    let mut slowest = Vec::new();
    let mut wrong = Vec::new();
    for path in bombs {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let allowed = source
            .lines()
            .next()
            .unwrap()
            .strip_prefix("# ends: ")
            .expect("it says how it ends");
        println!("{name} …");
        let (ended, took) = explode(&source);
        println!("{name}: {ended} after {took:?}");
        // On a busy machine the time of any of them can be over first.
        let as_it_may = ended == "limit" || allowed.split(" | ").any(|allowed| allowed == ended);
        if !as_it_may || took > TIME + PATIENCE {
            wrong.push(format!("{name}: {ended} after {took:?}, may be {allowed}"));
        }
        slowest.push((took, name));
    }
    let waits = witness.waits();
    slowest.sort();
    slowest.reverse();
    println!("slowest: {:?}", &slowest[..slowest.len().min(5)]);
    println!(
        "another interpreter answered {} times: median {:?}, 99% {:?}, longest {:?}",
        waits.len(),
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
        waits[waits.len() - 1]
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(waits[waits.len() - 1] < PATIENCE);
    assert!(
        waits[waits.len() / 2] < Duration::from_millis(100),
        "{:?}",
        waits[waits.len() / 2]
    );
}
