//! An order pipeline: each of two thousand orders goes through four plugins, one after the other. One of them raises for
//! some orders, one never ends, one asks for more than it gets. The pipeline goes on, and says what happened to each.
//!
//! `cargo run --ignore-rust-version --example plugins`

use std::{fs, path::Path, time::Duration};

use serde::{Deserialize, Serialize};
use ungil::{
    Limits,
    plugin::{Event, EventKind, Health, PluginHost, Policy, Quarantine},
};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    id: u32,
    region: String,
    product: String,
    quantity: u32,
    total: f64,
    /// Where the ledger has it, once it has been there.
    kept: Option<String>,
}

/// A line of the file; `None` if it is not as it should be.
fn parse(line: &str) -> Option<Order> {
    let fields: Vec<&str> = line.split(',').collect();
    let &[id, _day, region, product, quantity, price, discount] = fields.as_slice() else {
        return None;
    };
    let (quantity, price, discount): (u32, f64, f64) =
        (quantity.parse().ok()?, price.parse().ok()?, discount.parse().ok()?);
    Some(Order {
        id: id.parse().ok()?,
        region: region.to_owned(),
        product: product.to_owned(),
        quantity,
        total: f64::from(quantity) * price * (1.0 - discount / 100.0),
        kept: None,
    })
}

/// Shows the first event of each kind of each plugin: one that raises does so hundreds of times.
fn narrator() -> impl Fn(&Event) + Send + 'static {
    let shown = std::sync::Mutex::new(std::collections::HashSet::new());
    move |event| {
        let kind = std::mem::discriminant(&event.kind);
        if shown.lock().unwrap().insert((event.plugin.clone(), kind)) {
            let text = event.to_string();
            println!("  {}", text.trim_end().replace('\n', "\n      "));
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let policy = Policy::new()
        .limits(Limits::new().wall_time(Duration::from_secs(60)))
        .publish("ledger.*");
    // It is known for taking its time: a tenth of a second has to do.
    let short = Policy::new().limits(Limits::new().wall_time(Duration::from_millis(100)));
    println!("what happens:");
    let host = PluginHost::builder()
        .folder(root.join("plugins"))
        .policy(policy)
        .policy_for("points", short)
        // In a row: `freight` knows most regions, `points` fails whatever it gets.
        .quarantine(
            Quarantine::new()
                .after(20)
                .pause(Duration::from_secs(60), Duration::from_secs(600)),
        )
        .output(|plugin, bytes| print!("  {plugin} prints: {}", String::from_utf8_lossy(bytes)))
        .on_event(narrator())
        .build()?;
    let events = host.events();
    let large = host.subscribe("ledger.large", 4096);
    let on_order = host
        .hook::<(Order,), Order>("on_order")
        .with_deadline(Duration::from_secs(30));

    let text = fs::read_to_string(root.join("data/orders.csv"))?;
    let (mut done, mut unreadable, mut without_freight, mut total) = (0, Vec::new(), 0, 0.0);
    for line in text.lines().skip(1) {
        let Some(order) = parse(line) else {
            unreadable.push(line);
            continue;
        };
        let west = order.region == "west";
        let chained = on_order.chain(&(order,))?;
        for step in &chained.steps {
            if &*step.plugin == "freight" && step.result.is_err() {
                assert!(west, "{:?}", step.result);
                without_freight += 1;
            }
        }
        done += 1;
        total += chained.value.total;
        assert_eq!(chained.value.kept.as_deref(), Some("in memory"));
    }

    println!("\n{done} orders, {total:.2} in all; without freight: {without_freight}");
    println!("lines that are no orders: {unreadable:?}");
    println!("large ones that the ledger told of: {}", large.try_iter().count());
    println!(
        "\n{:<8} {:>6} {:>6} {:>9} {:>10} {:>10}  health",
        "plugin", "calls", "errors", "too late", "p50", "p99"
    );
    for plugin in host.plugins() {
        let stats = host.stats(&plugin.name)?;
        let hook = &stats.hooks["on_order"];
        let health = host.health(&plugin.name)?;
        println!(
            "{:<8} {:>6} {:>6} {:>9} {:>10.0?} {:>10.0?}  {health:?}",
            plugin.name, hook.calls, hook.errors, hook.timeouts, hook.p50, hook.p99
        );
        for refusal in &plugin.refused {
            println!("           not granted: {refusal}");
        }
        match &*plugin.name {
            "points" => assert!(matches!(health, Health::Quarantined { .. }) && hook.errors >= 20),
            "freight" => assert!(hook.errors == without_freight && health != Health::Lost),
            "ledger" => assert!(plugin.refused.len() >= 3 && hook.errors == 0),
            _ => assert!(health == Health::Ok && hook.errors == 0),
        }
    }
    assert!(std::iter::from_fn(|| events.try_recv()).any(|event| matches!(event.kind, EventKind::Quarantined { .. })));
    host.shutdown();
    Ok(())
}
