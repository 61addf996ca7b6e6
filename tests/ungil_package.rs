//! The `ungil` package, as scripts use it.

mod scripts;

scripts! { "tests/ungil_package":
    names
    pool
    progress
    tasks
    waiting_for_several
}
