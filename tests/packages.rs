//! Real packages, from the package index.
//!
//! The only tests that need a network, and only the first time: `cargo test --ignore-rust-version --test packages`. They
//! do not run with the others. Each is a script in `tests/packages`, which checks itself.

#[allow(dead_code)]
#[path = "command/harness.rs"]
mod command;
#[allow(dead_code)]
#[path = "packages/harness.rs"]
mod harness;
#[path = "packages/table.rs"]
mod table;

/// joblib has no dependencies but one; what else it names is optional.
const JOBLIB: &[&str] = &["joblib==1.6.0", "cloudpickle==3.1.2"];

#[test]
fn cloudpickle_takes_functions_along() {
    harness::passes("tests/packages/cloudpickle_functions.py", &[harness::site(JOBLIB)]);
}
