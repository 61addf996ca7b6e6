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

const DASK: &[&str] = &[
    "dask==2026.8.0",
    "click==8.5.1",
    "cloudpickle==3.1.2",
    "fsspec==2026.9.0",
    "locket==1.0.0",
    "packaging==26.3",
    "partd==1.4.2",
    "pyyaml==6.0.3",
    "toolz==1.2.0",
];

/// A test for each script, with the packages that it needs.
macro_rules! scripts {
    ($($requirements:ident: $($name:ident)*;)*) => {
        $($(
            #[test]
            fn $name() {
                let script = concat!("tests/packages/", stringify!($name), ".py");
                harness::passes(script, &[harness::site($requirements)]);
            }
        )*)*
    };
}

scripts! {
    JOBLIB: cloudpickle_functions joblib_parallel joblib_batches joblib_failures joblib_nested joblib_memory;
    DASK: dask_delayed dask_bag dask_progress;
}
