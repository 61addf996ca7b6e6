//! How long an interpreter takes from being asked for to its first line of Python, cold and warm, and what one costs.
//!
//! `cargo starts` runs it. Cold is a thread that had no interpreter before, warm is a thread that had: threads are kept
//! and used again. A spare was built ahead, as `ungil::set_spares` wants it.

use std::time::{Duration, Instant};

use ungil::Interpreter;

const TRIES: usize = 60;
/// More than enough to build a spare.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the median of the warm ones has to stay below.
const GOAL: Duration = Duration::from_millis(5);

fn main() -> std::process::ExitCode {
    let first = start();
    // All alive at once, so that each needs a thread of its own.
    let mut cold = Vec::new();
    let mut alive = Vec::new();
    for _ in 0..12 {
        let begun = Instant::now();
        let py = Interpreter::new().expect("an interpreter");
        py.exec("pass").expect("it runs");
        cold.push(begun.elapsed());
        alive.push(py);
    }
    drop(alive);
    let warm: Vec<Duration> = (0..TRIES).map(|_| start()).collect();

    ungil::set_spares(1);
    // Says of what kind they are to be.
    start();
    let spare: Vec<Duration> = (0..TRIES).map(|_| start_from_spare()).collect();
    ungil::set_spares(0);

    println!("start of an interpreter, in ms");
    println!("{:<24}{:>8.2}", "the first of the process", millis(first));
    let cold = show("cold, a new thread", cold);
    let warm = show("warm, a used thread", warm);
    show("from a spare", spare);
    println!("{:<24}{:>8.2}", "cold to warm", millis(cold) / millis(warm));
    if warm > GOAL {
        println!("MISSED: the median of the warm starts is above {GOAL:?}");
        return std::process::ExitCode::FAILURE;
    }
    std::process::ExitCode::SUCCESS
}

/// From nothing to the first line that ran; the end of the interpreter is not counted.
fn start() -> Duration {
    let begun = Instant::now();
    let py = Interpreter::new().expect("an interpreter");
    py.exec("pass").expect("it runs");
    let took = begun.elapsed();
    drop(py);
    took
}

fn start_from_spare() -> Duration {
    assert!(ungil::wait_for_spares(PATIENCE), "no spare was built");
    start()
}

fn show(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort();
    let median = times[times.len() / 2];
    let worst = times[times.len() - 1];
    println!("{what:<24}{:>8.2} median{:>8.2} worst", millis(median), millis(worst));
    median
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
