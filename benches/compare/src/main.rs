//! `cargo compare`: measures ungil against what people would use instead, all in one run.
//!
//! Whatever takes part is run in turns, several times, and its median counts. A table is printed, a report with plots is
//! written, and where a goal is missed the exit status says so.

mod cases;
mod figures;
mod goals;
mod machine;
mod measure;
mod peers;
mod report;
mod table;

use std::{fs, path::PathBuf, process::ExitCode, time::Instant};

use measure::{Measured, Options};
use peers::Peers;

const USAGE: &str = "cargo compare [--quick] [--only CASE]... [--rounds N] [--report FILE] [--write] [--list]
  --quick        3 rounds of less work: for a first look, not for figures
  --only CASE    only cases whose name begins so
  --rounds N     how often each is run; 5 by default
  --report FILE  where the report goes; benches/compare/target/report.html by default
  --write        put the tables of these cases into docs/benchmarks.md
  --list         say what would be measured, and with whom";

struct Arguments {
    options: Options,
    report: PathBuf,
    write: bool,
    list: bool,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let begun = Instant::now();
    let cases = cases::all();
    let cases: Vec<_> = cases
        .into_iter()
        .filter(|case| arguments.options.wants(case.name))
        .collect();
    if cases.is_empty() {
        eprintln!("no case has such a name\n\n{USAGE}");
        return ExitCode::from(2);
    }
    let peers = Peers::find();
    if arguments.list {
        for case in &cases {
            println!("{:<14}{}", case.name, case.title);
        }
        println!("\n{}", peers.describe());
        return ExitCode::SUCCESS;
    }
    let machine = machine::describe();
    let load = machine::load();
    println!("{machine}, load {load}\n{}", peers.describe());
    let measured: Vec<Measured> = cases
        .into_iter()
        .map(|case| {
            let measured = measure::run(case, &peers, &arguments.options);
            println!("\n{}", table::plain(&measured));
            measured
        })
        .collect();
    let missed: Vec<_> = measured.iter().flat_map(|case| case.missed()).collect();
    let took = begun.elapsed().as_secs();
    println!("\ntook {took} s");
    let page = report::html(&measured, &format!("{machine}, load {load} at the start"), &peers);
    if let Err(error) = fs::write(&arguments.report, page) {
        eprintln!("{}: {error}", arguments.report.display());
        return ExitCode::FAILURE;
    }
    println!("report: {}", arguments.report.display());
    if arguments.write
        && let Err(error) = table::write(&measured, &machine, &peers)
    {
        eprintln!("docs/benchmarks.md: {error}");
        return ExitCode::FAILURE;
    }
    if missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nMISSED:");
    for goal in missed {
        println!("  {goal}");
    }
    ExitCode::FAILURE
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments {
        options: Options::default(),
        report: peers::folder().join("target/report.html"),
        write: false,
        list: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--quick" => arguments.options.make_quick(),
            "--only" => arguments.options.only.push(value()?),
            "--rounds" => {
                let rounds = value()?;
                arguments.options.rounds = rounds.parse().map_err(|_| format!("{rounds} is no number"))?;
            }
            "--report" => arguments.report = value()?.into(),
            "--write" => arguments.write = true,
            "--list" => arguments.list = true,
            _ => return Err(format!("unknown: {word}")),
        }
    }
    if arguments.write && !arguments.options.is_thorough() {
        return Err("figures are written from thorough runs only: without --quick, 5 rounds or more".into());
    }
    Ok(arguments)
}
