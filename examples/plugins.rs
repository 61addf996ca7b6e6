//! A host with plugins, of which some are broken: one raises, one never ends, one is not Python, one calls `sys.exit`.
//! Each has an interpreter of its own and half a second. The host goes on whatever they do, and says what happened.
//!
//! `cargo run --ignore-rust-version --example plugins`

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::Serialize;
use ungil::{Error, Interpreter, Job, Output, Task, Value};

/// For loading a plugin, and for each call of it.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Serialize)]
struct Order {
    customer: &'static str,
    day: &'static str,
    currency: &'static str,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    count: u32,
    cents: u32,
}

/// Runs the plugin's file in an interpreter made for it.
fn load(path: &Path) -> Result<Interpreter, Error> {
    let name = name_of(path);
    let py = Interpreter::builder()
        .name(&name)
        .stdout(Output::callback(move |bytes| show_output(&name, bytes)))
        .build()?;
    in_time(py.spawn::<()>(Task::file(path)))?;
    Ok(py)
}

fn handle(plugin: &Interpreter, order: &Order) -> Result<Value, Error> {
    in_time(plugin.spawn(Task::call("handle").args((order,))))
}

/// Waits for a job as long as the host is willing to, then stops it.
fn in_time<T>(mut job: Job<T>) -> Result<T, Error> {
    if let Some(result) = job.wait_timeout(PATIENCE) {
        return result;
    }
    let start = Instant::now();
    job.cancel();
    let result = job.wait();
    println!("    (out of patience; it took {:.1?} to stop it)", start.elapsed());
    result
}

/// The plugin's lines with its name in front; it may write them in any pieces.
fn show_output(name: &str, bytes: &[u8]) {
    for line in String::from_utf8_lossy(bytes).lines().filter(|line| !line.is_empty()) {
        println!("    {name} prints: {line}");
    }
}

fn name_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn plugin_files() -> io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/plugins");
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    files.sort();
    Ok(files)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (assam, sencha, cups) = ([4, 620], [1, 1130], [6, 625]);
    let order = |customer, day, currency, items: &[[u32; 2]]| Order {
        customer,
        day,
        currency,
        items: items.iter().map(|&[count, cents]| Item { count, cents }).collect(),
    };
    let orders = [
        order("Ada", "2025-05-01", "EUR", &[assam]),
        order("Grace", "2025-05-02", "USD", &[sencha, cups]),
    ];

    let mut plugins = Vec::new();
    let mut not_loaded = BTreeMap::new();
    for path in plugin_files()? {
        match load(&path) {
            Ok(plugin) => plugins.push(plugin),
            Err(error) => {
                println!("{} is not loaded:\n{error}", name_of(&path));
                not_loaded.insert(name_of(&path), error);
            }
        }
    }
    let mut results = BTreeMap::<&str, Vec<Result<Value, Error>>>::new();
    for order in &orders {
        println!("\norder of {}", order.customer);
        for plugin in &plugins {
            let result = handle(plugin, order);
            match &result {
                Ok(answer) => println!("  {} answers {answer}", plugin.name()),
                Err(error) => println!("  {} fails:\n{error}", plugin.name()),
            }
            results.entry(plugin.name()).or_default().push(result);
        }
    }

    let answer = |name: &str, key: &str| results[name][0].as_ref().ok()?.get(key).cloned();
    assert_eq!(answer("bundle_discount", "discount"), Some(Value::from(248)));
    let card = "Dear Ada, enjoy your 1 parcels from us. 01 May";
    assert_eq!(answer("gift_note", "card"), Some(Value::from(card)));
    assert!(
        not_loaded["customs"]
            .as_exception()
            .is_some_and(|e| e.is_instance("SyntaxError"))
    );
    // One that failed is asked again for the next order, and so is one that had to be stopped.
    let raised = |result: &Result<Value, Error>, class| {
        let error = result.as_ref().err();
        error
            .and_then(Error::as_exception)
            .is_some_and(|e| e.is_instance(class))
    };
    assert_eq!(answer("currency", "total"), Some(Value::from(2480)));
    assert!(raised(&results["currency"][1], "KeyError"));
    assert!(
        results["loyalty"]
            .iter()
            .all(|result| matches!(result, Err(Error::Cancelled)))
    );
    assert!(
        results["opening_hours"]
            .iter()
            .all(|result| matches!(result, Err(Error::Exit { code: 1, .. })))
    );
    for plugin in &plugins {
        assert_eq!(
            plugin.eval::<i64>("6 * 7")?,
            42,
            "every plugin's interpreter still works"
        );
    }
    Ok(())
}
