//! Interpreters on many threads that create types, look attributes up, collect, import, raise, send each other data and
//! end, over and over: `vm-stress INTERPRETERS SECONDS`. The system's allocator, so that a sanitizer sees every block.
//!
//! `vm-stress INTERPRETERS SECONDS counts` looks attributes up instead, and tells lost reference counts: what the process's
//! one method cache does to interpreters on the unpatched VM, with a sanitizer and without.
//!
//! `vm-stress INTERPRETERS SECONDS SCRIPT.py` runs that script instead.

mod counts;

use rustpython_vm::{Interpreter, PyObjectRef, Settings, VirtualMachine, compiler::Mode};
use std::alloc::System;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Barrier, atomic::AtomicU64};
use std::thread;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: System = System;

const EVERYTHING: &str = include_str!("stress.py");
/// Instrumented frames are large.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.iter().find(|argument| argument.ends_with(".py"));
    let script = match file.map(std::fs::read_to_string) {
        Some(Ok(script)) => script,
        Some(Err(error)) => {
            eprintln!("{}: {error}", file.map_or("", String::as_str));
            return ExitCode::from(2);
        }
        None => EVERYTHING.to_owned(),
    };
    let script = script.as_str();
    let mut numbers = arguments.iter().filter_map(|text| text.parse::<usize>().ok());
    let interpreters = numbers.next().unwrap_or(8);
    let time = Duration::from_secs(numbers.next().unwrap_or(20) as u64);
    let fine = first_life(script) && {
        if arguments.iter().any(|argument| argument == "counts") {
            look_up(interpreters, time)
        } else {
            live(script, interpreters, time)
        }
    };
    ExitCode::from(u8::from(!fine))
}

/// One interpreter before all others: what is made once for the process is there when the threads begin. Its making is safe
/// anyway, by `Once` of the standard library, which is not instrumented: a sanitizer would not see that it is.
fn first_life(script: &str) -> bool {
    thread::scope(|scope| {
        let life = || {
            let (sender, receiver) = channel();
            one_life(script, usize::MAX >> 1, &sender, &receiver)
        };
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, life);
        match thread.expect("a thread").join() {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                eprintln!("the first interpreter: {error}");
                false
            }
            Err(_) => false,
        }
    })
}

fn look_up(interpreters: usize, time: Duration) -> bool {
    let together = Barrier::new(interpreters);
    let [lookups, lost, strangers] = [(); 3].map(|()| AtomicU64::new(0));
    thread::scope(|scope| {
        let start = |_| {
            let work = || {
                let interpreter = interpreter();
                let counts = interpreter
                    .enter(|vm| counts::look_up(vm, &together, time))
                    .unwrap_or_else(|error| {
                        eprintln!("{error}");
                        // The others would wait for this thread.
                        std::process::exit(2)
                    });
                lookups.fetch_add(counts.lookups, Ordering::Relaxed);
                lost.fetch_add(counts.lost, Ordering::Relaxed);
                strangers.fetch_add(counts.strangers, Ordering::Relaxed);
            };
            thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, work)
                .expect("a thread")
        };
        let running: Vec<_> = (0..interpreters).map(start).collect();
        // A sanitizer sees this, and not what a scope does at its end.
        running
            .into_iter()
            .for_each(|thread| thread.join().expect("a thread that ends"));
    });
    let [lookups, lost, strangers] = [lookups, lost, strangers].map(AtomicU64::into_inner);
    println!("{interpreters} threads, {lookups} lookups, {lost} counts wrong, {strangers} found what is another's");
    lost == 0 && strangers == 0
}

fn live(script: &str, interpreters: usize, time: Duration) -> bool {
    let until = Instant::now() + time;
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
                let lives = move || {
                    while Instant::now() < until {
                        if let Err(error) = one_life(script, number, &sender, &receiver) {
                            eprintln!("interpreter {number}: {error}");
                            return false;
                        }
                        rounds.fetch_add(1, Ordering::Relaxed);
                    }
                    true
                };
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, lives)
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
    failed == 0
}

fn interpreter() -> Interpreter {
    let mut settings = Settings::default();
    settings.install_signal_handlers = false;
    settings.ignore_environment = true;
    settings.import_site = false;
    let builder = Interpreter::builder(settings);
    let modules = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
    builder
        .add_native_modules(&modules)
        .add_frozen_modules(rustpython_pylib::FROZEN_STDLIB)
        .build()
}

/// Builds an interpreter, runs the script in it, passes on what it made, reads what came, and ends it.
fn one_life(script: &str, number: usize, sender: &Sender<String>, receiver: &Receiver<String>) -> Result<(), String> {
    let interpreter = interpreter();
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
