//! What the `ungil` command does, seen from a shell: each test runs the real binary.

#[path = "command/harness.rs"]
mod harness;

#[path = "command/arguments.rs"]
mod arguments;
#[path = "command/at_the_end.rs"]
mod at_the_end;
#[path = "command/exit_status.rs"]
mod exit_status;
#[cfg(unix)]
#[path = "command/interrupts.rs"]
mod interrupts;
#[path = "command/limits.rs"]
mod limits;
#[path = "command/lines_from_a_pipe.rs"]
mod lines_from_a_pipe;
#[cfg(target_os = "linux")]
#[path = "command/sandbox.rs"]
mod sandbox;
#[path = "command/search_path.rs"]
mod search_path;
#[cfg(target_os = "linux")]
#[path = "command/terminal.rs"]
mod terminal;
#[path = "command/tracebacks.rs"]
mod tracebacks;
#[path = "command/virtual_environment.rs"]
mod virtual_environment;
#[path = "command/what_is_run.rs"]
mod what_is_run;

/// The last line of what was printed to stderr.
fn last_error(outcome: &harness::Outcome) -> &str {
    outcome.stderr.lines().last().unwrap_or_default()
}
