//! The `ungil` command: runs Python scripts, modules and lines typed by hand, on one of this crate's interpreters.

mod cli;

use mimalloc::MiMalloc;
use ungil::alloc::Accounting;

/// Knows what each interpreter takes, so that it can be limited.
#[global_allocator]
static ALLOCATOR: Accounting<MiMalloc> = Accounting::new(MiMalloc);

fn main() {
    cli::main();
}
