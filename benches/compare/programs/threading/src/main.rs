//! The job of `scripts/compute.py` on several interpreters of the unpatched VM, built with its feature `threading`.
//!
//! `vm-with-threading JOB SIZE COPIES` prints how many milliseconds all copies took together.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::Instant,
};

use rustpython_vm::{Interpreter, compiler::Mode};

const JOBS: &str = include_str!("../../../scripts/jobs.py");
/// In bytes: what Python's recursion limit may need.
const STACK: usize = 16 << 20;

fn main() {
    let [job, size, copies] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .expect("a job, its size, and how many copies");
    let copies: usize = copies.parse().expect("a number of copies");
    let size: u64 = size.parse().expect("a size");
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
    for thread in threads {
        thread.join().expect("the job is done");
    }
    println!("{{\"value\": {}}}", begun.elapsed().as_secs_f64() * 1e3);
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
                vm.print_exception(exception);
                panic!("the job raised an exception");
            }
        };
        run(JOBS);
        barrier.wait();
        run(call);
    });
}
