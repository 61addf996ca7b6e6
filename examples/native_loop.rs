//! One loop in Python, in Rust and in C, called from scripts on one interpreter and on two.
//!
//! It counts the steps of the Collatz sequences of many numbers. Nobody holds a lock in it, whatever the language: two
//! interpreters count in half the time of one, if the machine has two processors to spare.
//!
//! `cargo run --ignore-rust-version --example native_loop`

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, Command},
    time::{Duration, Instant},
};

use ungil::{Interpreter, Module, Pool};

/// In how many pieces each range is counted.
const PIECES: u64 = 16;

const IN_PYTHON: &str = "
def python(first, last):
    steps = 0
    for start in range(first, last):
        n = start
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
    return steps

def rust(first, last):
    import collatz
    return collatz.steps(first, last)

_library = None

def c(first, last):
    global _library
    if _library is None:
        import ctypes
        _library = ctypes.CDLL(LIBRARY)
        _library.steps.argtypes = [ctypes.c_uint64, ctypes.c_uint64]
        _library.steps.restype = ctypes.c_uint64
    return _library.steps(first, last)
";

const IN_C: &str = "
#include <stdint.h>

uint64_t steps(uint64_t first, uint64_t last) {
    uint64_t steps = 0;
    for (uint64_t start = first; start < last; start++)
        for (uint64_t n = start; n != 1; steps++)
            n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    return steps;
}
";

fn in_rust(first: u64, last: u64) -> u64 {
    let mut steps = 0;
    for start in first..last {
        let mut n = start;
        while n != 1 {
            n = if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 };
            steps += 1;
        }
    }
    steps
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = env::temp_dir().join(format!("ungil-native-loop-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let library = compile(&folder);
    let result = compare(library.as_deref());
    fs::remove_dir_all(&folder)?;
    result
}

/// The library, if there is a compiler.
fn compile(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("steps.c"), folder.join("libsteps.so"));
    fs::write(&source, IN_C).ok()?;
    let compiled = Command::new("cc")
        .args(["-O2", "-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    compiled.is_ok_and(|status| status.success()).then_some(library)
}

fn compare(library: Option<&Path>) -> Result<(), Box<dyn std::error::Error>> {
    let builder = Interpreter::builder()
        .module(Module::new("collatz").function("steps", in_rust))
        .constant("LIBRARY", library.and_then(Path::to_str))
        .source("loops", IN_PYTHON);
    println!("language  numbers   1 interpreter  2 interpreters   million steps a second");
    for (language, numbers) in [("python", 12_000), ("rust", 3_000_000), ("c", 3_000_000)] {
        if language == "c" && library.is_none() {
            println!("c         there is no compiler called cc here");
            continue;
        }
        let mut taken = Vec::new();
        let mut steps = 0;
        for interpreters in [1, 2] {
            let pool = builder.clone().pool().size(interpreters).build()?;
            let time;
            (steps, time) = count(&pool, language, numbers)?;
            // Whoever counts, and on however many interpreters, it is the same number.
            assert_eq!(steps, in_rust(1, numbers));
            taken.push(time.as_secs_f64());
        }
        println!(
            "{language:8}  {numbers:7}  {:11.3} s  {:12.3} s  {:9.1} and {:.1}",
            taken[0],
            taken[1],
            steps as f64 / taken[0] / 1e6,
            steps as f64 / taken[1] / 1e6
        );
    }
    Ok(())
}

/// The steps of all numbers from 1, and the time that they took.
fn count(pool: &Pool, language: &str, numbers: u64) -> ungil::Result<(u64, Duration)> {
    // Everybody has what they need before the clock runs.
    for ready in pool.broadcast::<u64>(ungil::Task::call(format!("loops.{language}")).args((1, 2))) {
        ready?;
    }
    let pieces: Vec<(u64, u64)> = (0..PIECES)
        .map(|piece| {
            (
                1 + piece * (numbers - 1) / PIECES,
                1 + (piece + 1) * (numbers - 1) / PIECES,
            )
        })
        .collect();
    let start = Instant::now();
    let steps: ungil::Result<Vec<u64>> = pool.starmap(&format!("loops.{language}"), &pieces).collect();
    Ok((steps?.iter().sum(), start.elapsed()))
}
