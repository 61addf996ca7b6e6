//! The job of `scripts/compute.py` on several interpreters of the unpatched VM, built with its feature `threading`.
//!
//! `vm-with-threading job=JOB size=SIZE copies=COPIES` prints how many milliseconds all copies took together.

use std::{
    env, process,
    str::FromStr,
    sync::{Arc, Barrier},
    thread,
    time::Instant,
};

use rustpython_vm::{Interpreter, compiler::Mode};

const JOBS: &str = include_str!("../../../scripts/jobs.py");
/// In bytes: what Python's recursion limit may need.
const STACK: usize = 16 << 20;

fn main() {
    let (job, size, copies): (String, u64, usize) = (word("job"), word("size"), word("copies"));
    // The first one of a process is built alone.
    drop(interpreter());
    let barrier = Arc::new(Barrier::new(copies + 1));
    let threads: Vec<_> = (0..copies)
        .map(|_| {
            let (barrier, call) = (barrier.clone(), format!("JOBS[{job:?}]({size})"));
            let body = move || work(&call, &barrier);
            thread::Builder::new().stack_size(STACK).spawn(body).expect("a thread")
        })
        .collect();
    barrier.wait();
    let begun = Instant::now();
    barrier.wait();
    println!("{{\"value\": {}}}", begun.elapsed().as_secs_f64() * 1e3);
    for thread in threads {
        thread.join().expect("the interpreter ends");
    }
}

/// What the command line says behind `name=`.
fn word<T: FromStr>(name: &str) -> T {
    let value = env::args().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    value.unwrap_or_else(|| panic!("{name}=... is missing, or makes no sense"))
}

fn interpreter() -> Interpreter {
    let builder = Interpreter::builder(Default::default());
    let modules = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
    builder
        .add_native_modules(&modules)
        .add_frozen_modules(rustpython_pylib::FROZEN_STDLIB)
        .build()
}

fn work(call: &str, barrier: &Barrier) {
    interpreter().enter(|vm| {
        let scope = vm.new_scope_with_builtins();
        let run = |source: &str| {
            let code = vm.compile(source, Mode::Exec, "<job>").expect("it compiles");
            if let Err(exception) = vm.run_code_obj(code, scope.clone()) {
                vm.print_exception(&exception);
                // Not a panic: the others would wait for this thread for ever.
                process::exit(1);
            }
        };
        run(JOBS);
        barrier.wait();
        run(call);
        // What it takes to free the interpreter is not part of the job.
        barrier.wait();
    });
}
