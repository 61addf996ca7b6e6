//! From the command line to the exit status.
//!
//! Three threads matter: the interpreter's own, which runs the script and gets the signals; the process's main thread,
//! which waits for it, or edits lines for it; and one that wakes the interpreter when a signal came (see `signals`).

mod args;
mod limits;
mod paths;
#[cfg(feature = "plugins")]
mod plugin;
mod repl;
mod run;
mod sandbox;
#[cfg(unix)]
mod signals;
#[cfg(not(unix))]
#[path = "no_signals.rs"]
mod signals;

use std::{
    io::{self, IsTerminal},
    num::NonZero,
    path::{Path, PathBuf},
    process,
};

use ungil::{Builder, Error, Interpreter};

use args::Arguments;
use run::{Ending, Program};

/// The exit status for a file that is not there, as Python's.
const STATUS_USAGE: i32 = 2;
/// The exit status of a script that failed, as Python's.
const STATUS_FAILED: i32 = 1;
/// The exit status when the VM itself failed, as that of a Rust program that panics.
const STATUS_BROKEN: i32 = 101;
/// In bytes. Pages of it that are not used cost nothing; scripts that raise Python's recursion limit need them.
const STACK: usize = 64 << 20;

/// Runs the command and ends the process.
pub fn main() -> ! {
    #[cfg(feature = "plugins")]
    if let Some(status) = plugin::run(std::env::args_os()) {
        process::exit(status);
    }
    // Before anything can start a thread, because threads inherit which signals are blocked.
    // Reading the command line starts none.
    let arguments = Arguments::parse();
    if arguments.grants.sandbox {
        // A guest gets no signals, so that an interrupt ends the process.
        process::exit(sandbox::run(&arguments));
    }
    signals::prepare_process();
    let ending = match carry_out(arguments) {
        Ok(ending) => ending,
        Err(error) => {
            report(&error);
            Ending::Status(status_of(&error))
        }
    };
    match ending {
        Ending::Status(status) => process::exit(status),
        Ending::Interrupted => signals::end_as_interrupted(),
    }
}

fn carry_out(arguments: Arguments) -> Result<Ending, Error> {
    let program = match arguments.program() {
        Ok(program) => program,
        Err(message) => {
            eprintln!("ungil: {message}");
            return Ok(Ending::Status(STATUS_USAGE));
        }
    };
    let environment = (!arguments.isolated()).then(|| find_environment(&program)).flatten();
    let interpreter = build(&arguments, environment.as_deref())?;
    signals::attach(&interpreter)?;
    // From here on, so that they are for what the program starts.
    ungil::set_spares(most_spares());

    let setup = run::Setup::new(&arguments, &program, environment);
    let started = program.clone();
    let inspect = arguments.interactive;
    let mut ending = interpreter.with(move |vm| {
        let ending = run::start(vm, &setup, &started, inspect);
        run::leave_forked_child(vm, ending)
    })?;
    if matches!(program, Program::Repl) || inspect {
        ending = repl::run(&interpreter, &program, arguments.quiet)?;
        signals::count_interrupts();
    }
    ending = interpreter.with(move |vm| run::wind_down(vm, ending))?;
    interpreter.close()?;
    Ok(ending)
}

/// Says on standard error why the program was ended: with a traceback, if the script was somewhere.
fn report(error: &Error) {
    match error.as_exception() {
        Some(exception) => eprintln!("{exception}"),
        None => eprintln!("ungil: {error}"),
    }
}

/// The exit status for it: Python's own, if it is the script's fault.
fn status_of(error: &Error) -> i32 {
    match error {
        Error::Exception(_) | Error::Limit(_) | Error::Unresponsive { .. } => STATUS_FAILED,
        Error::Config { .. } => STATUS_USAGE,
        _ => STATUS_BROKEN,
    }
}

/// The virtual environment whose packages the program finds, if there are any in it.
fn find_environment(program: &Program) -> Option<PathBuf> {
    let beside = match program {
        Program::File(path) | Program::Container(path) => Some(args::script_folder(path)),
        _ => None,
    };
    paths::virtual_environment(beside.as_deref())
}

/// How many interpreters are built ahead once the program has started a first one.
fn most_spares() -> usize {
    const MOST: usize = 4;
    threads_of_machine().min(MOST)
}

/// How many threads the machine runs at once.
fn threads_of_machine() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn build(arguments: &Arguments, environment: Option<&Path>) -> Result<Interpreter, Error> {
    let builder = Builder::new().name("main").stack_size(STACK).process_main();
    let mut builder = builder
        .limits(arguments.limits())
        .bytecode_cache(arguments.writes_bytecode());
    if let Some(folder) = environment {
        builder = builder.site_packages(folder);
    }
    for folder in arguments.search_paths() {
        builder = builder.search_path(folder);
    }
    for filter in arguments.warning_filters() {
        builder = builder.warning_filter(filter);
    }
    builder.build()
}

/// Whether somebody types at us.
fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}
