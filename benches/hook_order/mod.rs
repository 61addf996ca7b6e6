//! What all who are measured are asked: an order of ten lines, and a decision.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize)]
pub struct Order {
    id: u64,
    customer: String,
    lines: Vec<f64>,
}

#[derive(Deserialize)]
pub struct Decision {
    accept: bool,
    total: f64,
}

#[allow(dead_code, reason = "each peer has its own language")]
pub const PYTHON: &str = "
def on_order(order):
    total = 0.0
    for line in order['lines']:
        total += line * 1.2
    return {'accept': total < 1000 and order['customer'] != 'Mallory', 'total': total}
";

pub fn order() -> Order {
    Order {
        id: 1,
        customer: "Ada".to_owned(),
        lines: (0..10).map(f64::from).collect(),
    }
}

pub fn check(decision: &Decision) {
    assert!(decision.accept && (decision.total - 54.0).abs() < 1e-9);
}

/// How long one call takes: the best of five runs of at least a fifth of a second.
pub fn each(mut call: impl FnMut()) -> Duration {
    call();
    let run = |call: &mut dyn FnMut()| {
        let (start, mut calls) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_millis(200) {
            call();
            calls += 1;
        }
        start.elapsed() / calls
    };
    (0..5).map(|_| run(&mut call)).min().unwrap_or_default()
}

/// Calls in a second by as many threads as there are cores, each with what `make` gives it on its own thread.
pub fn throughput<C: FnMut()>(make: impl Fn(usize) -> C + Sync) -> f64 {
    const TIME: Duration = Duration::from_secs(1);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let calls: u32 = thread::scope(|scope| {
        let make = &make;
        let work = |number: usize| {
            move || {
                let mut call = make(number);
                call();
                let (start, mut calls) = (Instant::now(), 0);
                while start.elapsed() < TIME {
                    call();
                    calls += 1;
                }
                calls
            }
        };
        let running: Vec<_> = (0..threads).map(|number| scope.spawn(work(number))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    f64::from(calls) / TIME.as_secs_f64()
}

/// A line of the table.
pub fn report(who: &str, one: Duration, ten: Duration, throughput: f64) {
    println!("{who:<28} {one:>12.1?} {ten:>12.1?} {throughput:>14.0}");
}
