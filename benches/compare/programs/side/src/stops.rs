//! How long a stop takes, from `cancel()` to the answer, beside busy interpreters: milliseconds.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use ungil::{Error, Interpreter, Job, Result, Task};

const TRIES: usize = 200;

pub(crate) fn report(busy: usize) -> Result<()> {
    let others: Vec<Interpreter> = (0..busy).map(|_| Interpreter::new()).collect::<Result<_>>()?;
    let noise: Vec<Job<()>> = others
        .iter()
        .map(|py| py.spawn(Task::exec("while True: pass")))
        .collect();
    let (tell, started) = mpsc::channel();
    let py = Interpreter::builder()
        .function("started", move || tell.send(()).is_ok())
        .build()?;
    let mut times: Vec<f64> = (0..TRIES)
        .map(|n| {
            let job: Job<()> = py.spawn(Task::exec("started()\nwhile True: pass"));
            started.recv().expect("the script starts");
            // Not always at the same point of the script.
            thread::sleep(Duration::from_micros(n as u64 * 13 % 2000));
            let begun = Instant::now();
            job.cancel();
            assert!(matches!(job.wait(), Err(Error::Cancelled)));
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    noise.iter().for_each(Job::cancel);
    times.sort_by(f64::total_cmp);
    let (p50, p99, max) = (times[TRIES / 2], times[TRIES * 99 / 100 - 1], times[TRIES - 1]);
    println!("{}", json!({ "p50": p50, "p99": p99, "max": max }));
    Ok(())
}
