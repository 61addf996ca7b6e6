//! The demo: one statistical job in plain Python, first on one interpreter, then on one for each core.
//!
//! It asks how sure one can be of the average order of each region, from the two thousand orders in `data/orders.csv`:
//! the bootstrap draws thousands of samples from the orders of a region and looks at how their averages scatter. There
//! is nothing to wait for in it, only Python to run, so threads under a global lock would gain nothing.
//!
//! `cargo demo`

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use ungil::{Interpreter, Task};

/// Samples drawn for each region.
const SAMPLES: u32 = 6_000;
/// Of how many samples one task is.
const BATCH: u32 = 100;
/// The sum of all samples of all regions, in cents: what CPython 3.11 gives for the same code and data.
const EXPECTED: i64 = 31_517_262_782;

const BOOTSTRAP: &str = r#"
import random

def draw(region, seed, count):
    """The sums of `count` samples of the region's orders, each as large as the region has orders."""
    orders = ORDERS[region]
    dice = random.Random(seed)
    return [sum(dice.choices(orders, k=len(orders))) for _ in range(count)]
"#;

/// The orders' values in cents, for each region.
type Orders = BTreeMap<String, Vec<i64>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (orders, skipped) = read_orders()?;
    let count: usize = orders.values().map(Vec::len).sum();
    println!(
        "{count} orders of {} regions; {skipped} lines make no sense",
        orders.len()
    );

    let cores = thread::available_parallelism()?.get();
    let tasks = orders.len() * (SAMPLES / BATCH) as usize;
    println!("{SAMPLES} samples for each region, drawn in Python in {tasks} tasks\n");

    println!("                 time  of the processors");
    let one = run(&orders, 1)?;
    println!("{}", one.line());
    let all = run(&orders, cores)?;
    let speedup = one.time.as_secs_f64() / all.time.as_secs_f64();
    println!("{}, {speedup:.2} times as fast\n", all.line());

    println!("region  orders  average  19 times out of 20 between");
    for (region, sums) in &one.sums {
        let values = &orders[region];
        let euros = |sum: i64| sum as f64 / values.len() as f64 / 100.0;
        let mut sorted = sums.clone();
        sorted.sort_unstable();
        let low = euros(sorted[sorted.len() / 40]);
        let high = euros(sorted[sorted.len() - 1 - sorted.len() / 40]);
        let average = euros(values.iter().sum());
        println!("{region:6}  {:6}  {average:7.2}  {low:.2} and {high:.2}", values.len());
        assert!(low < average && average < high);
    }

    assert!(
        one.sums == all.sums,
        "the number of interpreters must not change the result"
    );
    assert_eq!(one.sums.values().flatten().sum::<i64>(), EXPECTED);
    println!("\nchecked: both runs drew the same samples, and so does CPython");
    Ok(())
}

struct Run {
    interpreters: usize,
    /// Of the samples, by region.
    sums: Orders,
    time: Duration,
    /// Where the machine has other things to do, this tells how much work it was.
    processors: Duration,
}

impl Run {
    fn line(&self) -> String {
        let plural = if self.interpreters == 1 { " " } else { "s" };
        let (time, processors) = (self.time.as_secs_f64(), self.processors.as_secs_f64());
        format!(
            "{:2} interpreter{plural} {time:5.2} s     {processors:5.2} s",
            self.interpreters
        )
    }
}

/// Draws all samples on that many interpreters. The time is that of the work; the interpreters are there before it.
fn run(orders: &Orders, interpreters: usize) -> ungil::Result<Run> {
    let builder = Interpreter::builder()
        .source("bootstrap", BOOTSTRAP)
        .constant("ORDERS", orders);
    let pool = builder.pool().size(interpreters).build()?;
    for imported in pool.broadcast::<()>(Task::import("bootstrap")) {
        imported?;
    }
    let processors = || -> Duration { pool.stats().interpreters.iter().filter_map(|one| one.cpu_time).sum() };

    let (start, before) = (Instant::now(), processors());
    let regions = orders.keys();
    let tasks: Vec<(&str, u32, u32)> = regions
        .flat_map(|region| (0..SAMPLES / BATCH).map(move |seed| (region.as_str(), seed, BATCH)))
        .collect();
    let mut sums = Orders::new();
    for ((region, ..), drawn) in tasks.iter().zip(pool.starmap::<Vec<i64>>("bootstrap.draw", &tasks)) {
        sums.entry((*region).to_owned()).or_default().extend(drawn?);
    }
    Ok(Run {
        interpreters,
        sums,
        time: start.elapsed(),
        processors: processors() - before,
    })
}

/// The values of the orders that make sense, and how many do not.
fn read_orders() -> std::io::Result<(Orders, usize)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/orders.csv");
    let (mut orders, mut skipped) = (Orders::new(), 0);
    for line in fs::read_to_string(file)?.lines().skip(1) {
        match order(line) {
            Some((region, cents)) => orders.entry(region).or_default().push(cents),
            None => skipped += 1,
        }
    }
    Ok((orders, skipped))
}

fn order(line: &str) -> Option<(String, i64)> {
    let fields: Vec<&str> = line.split(',').collect();
    let [_, _, region, _, quantity, price, discount] = fields[..] else {
        return None;
    };
    let quantity: i64 = quantity.parse().ok().filter(|&quantity| quantity > 0)?;
    let cents: i64 = price.replace('.', "").parse().ok()?;
    let discount: i64 = discount.parse().ok()?;
    Some((region.to_owned(), (quantity * cents * (100 - discount) + 50) / 100))
}
