//! The `ungil` command: runs Python scripts, modules and lines typed by hand, on one of this crate's interpreters.

mod cli;

fn main() {
    cli::main();
}
