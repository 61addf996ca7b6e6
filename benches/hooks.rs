//! `cargo hooks`: what a hook call costs through one plugin and through ten, and how many a second all cores make, beside the
//! same handlers in PyO3 and in mlua. Those are built by a package of their own; whoever cannot be built is named.

mod hook_order;

use std::{error::Error, path::Path, process::Command, time::Duration};

use hook_order::{Decision, Order, PYTHON, check, each, order, report, throughput};
use ungil::plugin::{Hook, PluginHost};

const PLUGINS: usize = 10;

fn ours() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    for number in 0..PLUGINS {
        std::fs::write(folder.path().join(format!("plugin{number}.py")), PYTHON)?;
    }
    let host = PluginHost::builder()
        .folder(folder.path())
        .deadline(Duration::from_secs(60))
        .build()?;
    let on_order: Hook<(Order,), Decision> = host.hook("on_order");
    let args = (order(),);
    let call = |plugin: &str| {
        let answer = on_order.call(plugin, &args).unwrap().expect("the plugin is there");
        check(&answer.result.unwrap());
    };
    let one = each(|| call("plugin0"));
    let ten = each(|| {
        let answers = on_order.all(&args).unwrap();
        assert_eq!(answers.len(), PLUGINS);
        answers.into_iter().for_each(|answer| check(&answer.result.unwrap()));
    });
    let all = throughput(|number| {
        let name = format!("plugin{}", number % PLUGINS);
        move || call(&name)
    });
    report("ungil (sandboxed plugins)", one, ten, all);
    host.shutdown();
    Ok(())
}

/// Builds and runs a peer; says so if that cannot be done here.
fn peer(feature: &str) -> std::io::Result<()> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/hook_peers/Cargo.toml");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let status = cargo
        .args(["run", "--quiet", "--release", "--features", feature, "--manifest-path"])
        .arg(manifest)
        .status()?;
    if !status.success() {
        println!("{feature}: not measured, it could not be built or run here (above is why)");
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "{:<28} {:>12} {:>12} {:>14}",
        "handlers of", "1 handler", "10 handlers", "calls/s, cores"
    );
    ours()?;
    for feature in ["python", "lua"] {
        peer(feature)?;
    }
    Ok(())
}
