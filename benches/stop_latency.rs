//! How long a stop takes, from `cancel()` to the answer, while other interpreters keep the machine busy.
//!
//! `cargo stops` runs it; the number of busy interpreters (8 by default) can be given as an argument.

use std::{
    process::ExitCode,
    sync::mpsc,
    time::{Duration, Instant},
};

use ungil::{Error, Interpreter, Job, Task};

const TRIES: usize = 200;
/// What the 99th percentile has to stay below.
const GOAL: Duration = Duration::from_millis(100);

const SCRIPTS: [(&str, &str); 4] = [
    ("spins", "started()\nwhile True: pass"),
    ("sleeps", "import time\nstarted()\ntime.sleep(60)"),
    (
        "waits to receive",
        "import ungil\nsender, receiver = ungil.channel(1)\nstarted()\nreceiver.recv()",
    ),
    (
        "swallows everything",
        "def stubborn():\n    while True:\n        try:\n            while True: pass\n        \
         except BaseException:\n            pass\nstarted()\nstubborn()",
    ),
];

fn main() -> ExitCode {
    let busy = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(8);
    let others: Vec<Interpreter> = (0..busy).map(|_| Interpreter::new().expect("an interpreter")).collect();
    let noise: Vec<Job<()>> = others
        .iter()
        .map(|py| py.spawn(Task::exec("while True: pass")))
        .collect();

    println!("stop latency, {TRIES} tries each, {busy} other busy interpreters, in ms");
    println!("{:<22}{:>9}{:>9}{:>9}", "a script that", "p50", "p99", "max");
    let mut missed = false;
    for (name, script) in SCRIPTS {
        let mut times: Vec<Duration> = stop_often(script);
        times.sort();
        let [p50, p99, max] = [TRIES / 2, TRIES * 99 / 100 - 1, TRIES - 1].map(|index| times[index]);
        println!("{name:<22}{:>9.2}{:>9.2}{:>9.2}", millis(p50), millis(p99), millis(max));
        missed |= p99 > GOAL;
    }
    noise.iter().for_each(Job::cancel);
    if missed {
        println!("MISSED: a 99th percentile is above {GOAL:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn stop_often(script: &str) -> Vec<Duration> {
    let (tell, started) = mpsc::channel();
    let py = Interpreter::builder()
        .function("started", move || tell.send(()).is_ok())
        .build()
        .expect("an interpreter");
    (0..TRIES)
        .map(|n| {
            let job: Job<()> = py.spawn(Task::exec(script));
            started.recv().expect("the script starts");
            // Not always at the same point of the script.
            std::thread::sleep(Duration::from_micros(n as u64 * 13 % 2000));
            let at = Instant::now();
            job.cancel();
            assert!(matches!(job.wait(), Err(Error::Cancelled)));
            at.elapsed()
        })
        .collect()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
