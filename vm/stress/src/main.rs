//! Interpreters on many threads that create types, look attributes up, collect, import, raise, send each other data and
//! end, over and over: `vm-stress INTERPRETERS SECONDS`. The system's allocator, so that a sanitizer sees every block.
//!
//! `vm-stress INTERPRETERS SECONDS counts` looks attributes up instead, and tells lost reference counts: what the process's
//! one method cache does to interpreters on the unpatched VM, without a sanitizer.
//!
//! `vm-stress INTERPRETERS SECONDS SCRIPT.py` runs that script instead.

use rustpython_vm::{Interpreter, PyObjectRef, Settings, VirtualMachine, compiler::Mode};
use std::alloc::System;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: System = System;

const EVERYTHING: &str = include_str!("stress.py");
const COUNTS: &str = include_str!("counts.py");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.iter().find(|argument| argument.ends_with(".py"));
    let script = match file.map(std::fs::read_to_string) {
        Some(Ok(script)) => script,
        Some(Err(error)) => {
            eprintln!("{}: {error}", file.map_or("", String::as_str));
            return ExitCode::from(2);
        }
        None if arguments.iter().any(|argument| argument == "counts") => COUNTS.to_owned(),
        None => EVERYTHING.to_owned(),
    };
    let script = script.as_str();
    let mut numbers = arguments.iter().filter_map(|text| text.parse::<usize>().ok());
    let interpreters = numbers.next().unwrap_or(8);
    let until = Instant::now() + Duration::from_secs(numbers.next().unwrap_or(20) as u64);
    let rounds = AtomicUsize::new(0);
    // A ring: each sends to the next one, which has another interpreter.
    let (senders, receivers): (Vec<Sender<String>>, Vec<Receiver<String>>) =
        (0..interpreters).map(|_| channel()).unzip();
    let failed = thread::scope(|scope| {
        let running: Vec<_> = receivers
            .into_iter()
            .enumerate()
            .map(|(number, receiver)| {
                let sender = senders[(number + 1) % interpreters].clone();
                let rounds = &rounds;
                let live = move || {
                    while Instant::now() < until {
                        if let Err(error) = one_life(script, number, &sender, &receiver) {
                            eprintln!("interpreter {number}: {error}");
                            return false;
                        }
                        rounds.fetch_add(1, Ordering::Relaxed);
                    }
                    true
                };
                // Instrumented frames are large.
                thread::Builder::new()
                    .stack_size(256 << 20)
                    .spawn_scoped(scope, live)
                    .expect("a thread")
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join())
            .filter(|end| !matches!(end, Ok(true)))
            .count()
    });
    println!(
        "{interpreters} threads, {} interpreters, {failed} failed",
        rounds.into_inner()
    );
    ExitCode::from(u8::from(failed != 0))
}

/// Builds an interpreter, runs the script in it, passes on what it made, reads what came, and ends it.
fn one_life(script: &str, number: usize, sender: &Sender<String>, receiver: &Receiver<String>) -> Result<(), String> {
    let mut settings = Settings::default();
    settings.install_signal_handlers = false;
    settings.ignore_environment = true;
    settings.import_site = false;
    let builder = Interpreter::builder(settings);
    let modules = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
    let interpreter = builder
        .add_native_modules(&modules)
        .add_frozen_modules(rustpython_pylib::FROZEN_STDLIB)
        .build();
    let result = interpreter.enter(|vm| {
        let received: Vec<String> = receiver.try_iter().collect();
        let sent = run(vm, script, number, received)?;
        for text in sent {
            // The other thread may have ended.
            let _ = sender.send(text);
        }
        Ok(())
    });
    interpreter.finalize(None);
    result
}

fn run(vm: &VirtualMachine, script: &str, number: usize, received: Vec<String>) -> Result<Vec<String>, String> {
    let attempt = || {
        let code = vm
            .compile(script, Mode::Exec, "<stress>")
            .map_err(|error| vm.new_value_error(error.to_string()))?;
        let scope = vm.new_scope_with_builtins();
        let received: Vec<PyObjectRef> = received.into_iter().map(|text| vm.ctx.new_str(text).into()).collect();
        scope.globals.set_item("number", vm.ctx.new_int(number).into(), vm)?;
        scope
            .globals
            .set_item("received", vm.ctx.new_list(received).into(), vm)?;
        scope.globals.set_item("sent", vm.ctx.new_list(Vec::new()).into(), vm)?;
        vm.run_code_obj(code, scope.clone())?;
        let sent = scope.globals.get_item("sent", vm)?;
        vm.extract_elements_with(&sent, |item| item.str(vm).map(|text| text.as_wtf8().to_string()))
    };
    attempt().map_err(|exception| {
        let mut text = String::new();
        vm.write_exception(&mut text, &exception)
            .expect("a string takes any text");
        text
    })
}
