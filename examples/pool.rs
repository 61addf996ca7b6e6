//! A pool over a file: two thousand lines, typed by people, go through a Python parser on all cores. Each line has its
//! own result, a line that makes no sense fails alone, and the order is that of the file.
//!
//! `cargo run --ignore-rust-version --example pool`

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use ungil::{Interpreter, Task};

const SCORING: &str = r#"
import csv, datetime, decimal

COLUMNS = ["id", "day", "region", "product", "quantity", "price", "discount"]

def score(line):
    """An order as a dict, with its value in cents and how urgent it is."""
    fields = next(csv.reader([line]))
    if len(fields) != len(COLUMNS):
        raise ValueError(f"{len(fields)} columns instead of {len(COLUMNS)}")
    row = dict(zip(COLUMNS, fields))
    day = datetime.date.fromisoformat(row["day"])
    quantity, price = int(row["quantity"]), decimal.Decimal(row["price"])
    if quantity <= 0:
        raise ValueError(f"a quantity of {quantity}")
    cents = quantity * price * (100 - int(row["discount"]))
    return {
        "id": int(row["id"]),
        "region": row["region"],
        "cents": int(cents.to_integral_value(decimal.ROUND_HALF_UP)),
        "urgency": quantity // 5 + (2 if day.weekday() >= 5 else 0),
    }
"#;

#[derive(Debug, Deserialize)]
struct Scored {
    id: u64,
    region: String,
    cents: u64,
    urgency: u32,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/orders.csv");
    let text = fs::read_to_string(file)?;
    let lines: Vec<&str> = text.lines().skip(1).collect();

    let pool = Interpreter::builder()
        .name("scoring")
        .source("scoring", SCORING)
        .pool()
        .build()?;
    // On each interpreter once, so that no line pays for the imports.
    for loaded in pool.broadcast::<()>(Task::import("scoring")) {
        loaded?;
    }

    let (mut regions, mut most_urgent) = (BTreeMap::<String, u64>::new(), None);
    let mut failed = Vec::new();
    for (line, result) in lines.iter().zip(pool.map::<Scored>("scoring.score", &lines)) {
        match result {
            Ok(order) => {
                assert!(
                    line.starts_with(&order.id.to_string()),
                    "the results are in the order of the lines"
                );
                *regions.entry(order.region.clone()).or_default() += order.cents;
                if most_urgent
                    .as_ref()
                    .is_none_or(|other: &Scored| order.urgency > other.urgency)
                {
                    most_urgent = Some(order);
                }
            }
            Err(error) => {
                let exception = error.as_exception().expect("only Python fails here");
                println!("{line:50} {}: {}", exception.full_name(), exception.message());
                failed.push(line.split(',').next().unwrap_or_default());
            }
        }
    }

    println!();
    for (region, cents) in &regions {
        println!("{region:6} {:9.2}", *cents as f64 / 100.0);
    }
    println!("most urgent: {:?}\n", most_urgent.expect("there are orders"));
    let stats = pool.stats();
    for (interpreter, stats) in pool.interpreters().iter().zip(&stats.interpreters) {
        println!("{}: {:.0?} in Python", interpreter.name(), stats.time_in_python);
    }
    println!(
        "{} lines in {} tasks, {} lines failed",
        lines.len(),
        stats.done,
        failed.len()
    );

    assert_eq!(failed, ["10187", "10455", "10902", "11333", "11700"]);
    let sums = lines
        .iter()
        .filter(|line| !failed.contains(&&line[..5]))
        .map(|line| cents_of(line));
    assert_eq!(
        regions.values().sum::<u64>(),
        sums.sum::<u64>(),
        "Python's sum is Rust's"
    );
    Ok(())
}

/// The value of an order whose line is in order.
fn cents_of(line: &str) -> u64 {
    let fields: Vec<&str> = line.split(',').collect();
    let number = |field: &str| field.replace('.', "").parse::<u64>().expect("only digits");
    (number(fields[4]) * number(fields[5]) * (100 - number(fields[6])) + 50) / 100
}
