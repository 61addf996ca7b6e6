//! The smallest program: a Rust function that Python calls, and a Python function that Rust calls.
//!
//! `cargo run --ignore-rust-version --example hello`

use ungil::Interpreter;

fn main() -> ungil::Result<()> {
    let py = Interpreter::builder().function("tax", |net: f64| net * 0.2).build()?;
    py.exec("def gross(net): return net + tax(net)")?;
    let gross: f64 = py.call("gross", (50.0,))?;
    println!("gross: {gross}");
    assert_eq!(gross, 60.0);
    Ok(())
}
