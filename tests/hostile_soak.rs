//! A day in small: friendly and hostile tasks at random through one pool. Nothing is lost, and the process does not grow.
//!
//! `SOAK_TASKS` sets how many; the ignored test runs 20,000.

use std::{
    alloc::System,
    collections::HashMap,
    thread,
    time::{Duration, Instant},
};

use ungil::{Error, Interpreter, Job, LimitKind, Limits, Output, Pool, Task, Value, alloc::Accounting};

#[global_allocator]
static ALLOCATOR: Accounting<System> = Accounting::new(System);

const TIME: Duration = Duration::from_millis(150);
/// A host function that does not listen takes so long: it is given up before that, and comes back.
const ABSENCE: Duration = Duration::from_secs(3);
/// Of tasks that wait for their answer at once.
const WINDOW: usize = 64;

/// A kind of task: how many of a thousand, and how one may end.
struct Kind {
    name: &'static str,
    share: u64,
    source: &'static str,
    may_end: fn(&Result<Value, Error>) -> bool,
}

fn is_limit(result: &Result<Value, Error>, kind: LimitKind) -> bool {
    matches!(result, Err(Error::Limit(limit)) if limit.kind() == kind)
}

fn raises(result: &Result<Value, Error>, class: &str) -> bool {
    matches!(result, Err(Error::Exception(exception)) if exception.type_name() == class)
}

/// Time can be over for any of them before its own limit is.
fn is_stopped(result: &Result<Value, Error>, kind: LimitKind) -> bool {
    is_limit(result, kind) || is_limit(result, LimitKind::WallTime)
}

const KINDS: &[Kind] = &[
    Kind {
        name: "friendly",
        share: 700,
        source: "work.friendly(seed)",
        may_end: |result| matches!(result, Ok(Value::Int(_))) || is_limit(result, LimitKind::WallTime),
    },
    Kind {
        name: "raises",
        share: 150,
        source: "work.raises(seed)",
        may_end: |result| raises(result, "KeyError") || is_limit(result, LimitKind::WallTime),
    },
    Kind {
        name: "recursion",
        share: 40,
        source: "work.recursion(seed)",
        may_end: |result| raises(result, "RecursionError") || is_limit(result, LimitKind::WallTime),
    },
    Kind {
        name: "endless",
        share: 40,
        source: "work.endless()",
        may_end: |result| is_limit(result, LimitKind::WallTime),
    },
    Kind {
        name: "stubborn",
        share: 20,
        source: "work.stubborn()",
        may_end: |result| is_limit(result, LimitKind::WallTime),
    },
    Kind {
        name: "sleeper",
        share: 20,
        source: "work.sleeper()",
        may_end: |result| is_limit(result, LimitKind::WallTime),
    },
    Kind {
        name: "glutton",
        share: 15,
        source: "work.glutton()",
        may_end: |result| is_stopped(result, LimitKind::Memory) || matches!(result, Err(Error::Unresponsive { .. })),
    },
    Kind {
        name: "flood",
        share: 12,
        source: "work.flood()",
        may_end: |result| is_stopped(result, LimitKind::Output),
    },
    Kind {
        name: "absent",
        share: 3,
        source: "absent()",
        may_end: |result| {
            is_limit(result, LimitKind::WallTime)
                || matches!(result, Err(Error::Unresponsive { .. } | Error::CircuitOpen { .. }))
        },
    },
];

const WORK: &str = "
import time

def friendly(seed):
    return sum(i * i for i in range(seed % 1000))

def raises(seed):
    return {}[seed]

def recursion(seed):
    return recursion(seed + 1)

def endless():
    while True:
        pass

def stubborn():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

def sleeper():
    time.sleep(600)

def glutton():
    grow = []
    while True:
        grow.append(bytes(10_000))

def flood():
    while True:
        print('flood' * 100)
";

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn kind(&mut self) -> &'static Kind {
        let mut left = self.roll() % 1000;
        for kind in KINDS {
            match left.checked_sub(kind.share) {
                Some(rest) => left = rest,
                None => return kind,
            }
        }
        &KINDS[0]
    }
}

/// Resident memory in megabytes, and the number of threads.
fn size_of_process() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let number = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    (number("VmRSS:").unwrap_or(0) >> 10, number("Threads:").unwrap_or(0))
}

fn pool() -> Pool {
    let limits = Limits::new().wall_time(TIME).memory(48 << 20).output(100_000);
    Interpreter::builder()
        .stdout(Output::Discard)
        .stderr(Output::Discard)
        .function("absent", || thread::sleep(ABSENCE))
        .source("work", WORK)
        .limits(limits.give_up_after(Duration::from_millis(400)))
        .pool()
        .size(4)
        .queue(WINDOW)
        .circuit_breaker(0, Duration::ZERO)
        .recycle_after(500)
        .max_lost(64)
        .build()
        .unwrap()
}

fn soak(tasks: usize) {
    let pool = pool();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut endings: HashMap<&str, (u64, u64)> = HashMap::new();
    let mut waiting: Vec<(&Kind, Job<Value>)> = Vec::new();
    let mut sizes = Vec::new();
    let start = Instant::now();
    let mut settle = |(kind, job): (&'static Kind, Job<Value>)| {
        let result = job.wait();
        assert!((kind.may_end)(&result), "{}: {result:?}", kind.name);
        let ending = endings.entry(kind.name).or_default();
        ending.0 += 1;
        ending.1 += u64::from(result.is_ok());
    };
    for n in 0..tasks {
        let kind = dice.kind();
        let task = Task::eval(kind.source.replace("work.", "__import__('work').")).with("seed", dice.roll() % 10_000);
        waiting.push((kind, pool.submit(task).unwrap()));
        if waiting.len() == WINDOW {
            waiting.drain(..WINDOW / 2).for_each(&mut settle);
        }
        if n % (tasks / 8) == tasks / 8 - 1 {
            let (stats, (megabytes, threads)) = (pool.stats(), size_of_process());
            println!(
                "{n}: {megabytes} MB, {threads} threads, {} lost ({} still running), {} recycled",
                stats.lost, stats.stuck, stats.recycled
            );
            sizes.push((megabytes, threads, stats.lost));
        }
    }
    waiting.into_iter().for_each(&mut settle);
    pool.shutdown().unwrap();
    let stats = pool.stats();
    println!("{tasks} tasks in {:?}: {endings:?}", start.elapsed());
    println!("{stats:?}");
    assert_eq!(stats.done + stats.failed, tasks as u64, "every task is counted");
    assert_eq!((stats.queued, stats.running), (0, 0));
    let (total, succeeded) = endings["friendly"];
    assert!(succeeded * 10 > total * 9, "{succeeded} of {total}");
    let patience = Instant::now();
    while pool.stats().stuck > 0 && patience.elapsed() < ABSENCE * 60 {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(pool.stats().stuck, 0, "who was away has come back and ended");
    // A thread that ends leaves a type context of some megabytes behind.
    let ((early, _, lost_early), (late, threads, lost_late)) = (sizes[3], sizes[7]);
    let allowed = early + early / 4 + 64 + (lost_late - lost_early) * 8;
    assert!(late <= allowed, "{early} MB grew to {late} MB");
    assert!(threads < 4 + 64 + 16, "{threads} threads");
}

#[test]
#[cfg(target_os = "linux")]
fn hostile_and_friendly_tasks_at_random_lose_nothing_and_leave_nothing() {
    let tasks = std::env::var("SOAK_TASKS").ok().and_then(|tasks| tasks.parse().ok());
    soak(tasks.unwrap_or(800));
}

#[test]
#[ignore = "takes several minutes: the whole day in small"]
#[cfg(target_os = "linux")]
fn twenty_thousand_hostile_and_friendly_tasks() {
    soak(20_000);
}
