//! A pipeline: one Rust producer, three Python workers, one Rust consumer, with a channel on either side of the workers.
//! The first channel holds four readings: a producer that is faster than the workers has to wait for them.
//!
//! `cargo run --ignore-rust-version --example channels`

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use ungil::{Interpreter, SendFailure, Sender, Task};

const WORKERS: usize = 3;
const READINGS: u32 = 300;
const CAPACITY: usize = 4;

const WORKER: &str = r#"
import statistics

def work(name, readings, summaries):
    """Summarizes readings until the producer is done. Returns how many it had."""
    count = 0
    for reading in readings:
        samples = reading["samples"]
        summaries.send({
            "sensor": reading["sensor"],
            "worker": name,
            "mean": statistics.fmean(samples),
            "outliers": outliers(samples),
        })
        count += 1
    return count

def outliers(samples):
    middle, spread = statistics.median(samples), statistics.pstdev(samples)
    return sum(abs(sample - middle) > 2 * spread for sample in samples)
"#;

#[derive(Clone, Serialize, Deserialize)]
struct Reading {
    sensor: u32,
    samples: Vec<f64>,
}

#[derive(Deserialize)]
struct Summary {
    sensor: u32,
    worker: String,
    mean: f64,
    outliers: usize,
}

/// A wave for each sensor, with a spike in every tenth.
fn reading(sensor: u32) -> Reading {
    let mut samples: Vec<f64> = (0..40)
        .map(|n| f64::from(sensor) + (f64::from(n) / 4.0).sin())
        .collect();
    if sensor.is_multiple_of(10) {
        samples[20] += 50.0;
    }
    Reading { sensor, samples }
}

struct Pressure {
    waited: u32,
    waiting: Duration,
    fullest: usize,
}

fn produce(readings: &Sender<Reading>) -> Pressure {
    let mut pressure = Pressure {
        waited: 0,
        waiting: Duration::ZERO,
        fullest: 0,
    };
    for sensor in 0..READINGS {
        // A refused send gives the value back, so there is no need to copy it before.
        if let Err(refused) = readings.try_send(reading(sensor)) {
            assert!(matches!(refused.cause(), SendFailure::Full));
            let start = Instant::now();
            readings.send(refused.into_value()).expect("the workers still receive");
            pressure.waited += 1;
            pressure.waiting += start.elapsed();
        }
        pressure.fullest = pressure.fullest.max(readings.len());
    }
    readings.close();
    pressure
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (readings, to_workers) = ungil::channel::<Reading>(CAPACITY);
    let (to_consumer, summaries) = ungil::channel::<Summary>(CAPACITY);

    let builder = Interpreter::builder().source("worker", WORKER);
    let workers: Vec<Interpreter> = (1..=WORKERS)
        .map(|n| builder.clone().name(format!("worker-{n}")).build())
        .collect::<Result<_, _>>()?;
    // A worker's ends live in its call's arguments and are gone when the call is over; no sender then means no more.
    let jobs: Vec<_> = workers
        .iter()
        .map(|py| py.spawn::<u32>(Task::call("worker.work").args((py.name(), &to_workers, &to_consumer))))
        .collect();
    drop((to_workers, to_consumer));

    let producer = thread::spawn(move || produce(&readings));

    let (mut received, mut spikes) = (vec![false; READINGS as usize], 0);
    let mut by_worker = BTreeMap::<String, u32>::new();
    for summary in &summaries {
        let summary = summary?;
        let samples = reading(summary.sensor).samples;
        let mean = samples.iter().sum::<f64>() / samples.len() as f64;
        assert!((summary.mean - mean).abs() < 1e-9, "Python and Rust agree");
        assert!(!received[summary.sensor as usize], "each reading is received once");
        received[summary.sensor as usize] = true;
        spikes += summary.outliers;
        *by_worker.entry(summary.worker).or_default() += 1;
    }

    let pressure = producer.join().expect("the producer ends");
    println!("{READINGS} readings, {spikes} spikes found");
    println!(
        "the producer waited for room {} times, {:.0?} in all; the channel never held more than {} readings",
        pressure.waited, pressure.waiting, pressure.fullest
    );
    let mut counted = 0;
    for (py, job) in workers.iter().zip(jobs) {
        let count = job.wait()?;
        println!("{}: {count} readings", py.name());
        assert_eq!(by_worker.get(py.name()).copied().unwrap_or(0), count);
        counted += count;
    }

    assert!(received.iter().all(|&here| here));
    assert_eq!(counted, READINGS);
    assert_eq!(spikes, READINGS as usize / 10);
    assert!(pressure.waited > 0 && pressure.fullest <= CAPACITY);
    Ok(())
}
