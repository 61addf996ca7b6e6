//! Our side of the comparison, as one program: scripts as the `ungil` command runs them, and what is measured from Rust.
//! Also mlua's side of the latter. Each role prints one line of JSON.

mod calls;
mod lua;
mod stops;

use std::{env, process::ExitCode};

use mimalloc::MiMalloc;
use ungil::{Builder, Error, alloc::Accounting};

/// As the command has it.
#[global_allocator]
static ALLOCATOR: Accounting<MiMalloc> = Accounting::new(MiMalloc);

/// As the command has it.
const STACK: usize = 64 << 20;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["script", spares, ref argv @ ..] if !argv.is_empty() => script(spares, argv),
        ["calls"] => calls::report(),
        ["lua"] => {
            lua::report();
            Ok(())
        }
        ["stops", busy] => stops::report(busy.parse().expect("a number of busy interpreters")),
        _ => {
            eprintln!("side script SPARES FILE [WORD]... | side calls | side lua | side stops BUSY");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a script as the process's own program, with so many spares for what it starts.
fn script(spares: &str, argv: &[&str]) -> Result<(), Error> {
    let mut builder = Builder::new()
        .stack_size(STACK)
        .argv(argv.iter().copied())
        .process_main();
    if let Some(packages) = env::var_os("PYTHONPATH") {
        builder = builder.site_packages(packages);
    }
    let py = builder.build()?;
    ungil::set_spares(spares.parse().expect("a number of spares"));
    py.run_file(argv[0])?;
    py.close()
}
