//! A module in Rust that scripts import: `myModule.add(3, 5)`, and one function that computes over memory of the script's.
//!
//! `cargo run --ignore-rust-version --example native_module`

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use ungil::{BufferInUse, HostError, Interpreter, Module, SharedBuffer};

/// How often any interpreter has called `add`: there is one module for all of them.
static ADDITIONS: AtomicU64 = AtomicU64::new(0);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let module = Module::new("myModule")
        .doc("Functions in Rust.")
        .function("add", |a: i64, b: i64| {
            ADDITIONS.fetch_add(1, Ordering::Relaxed);
            a.checked_add(b)
                .ok_or_else(|| HostError::new("OverflowError", "the sum does not fit into 64 bits"))
        })
        .function("smooth", smooth);

    let py = Interpreter::builder().module(module.clone()).build()?;
    py.exec(
        "
import myModule
print('add(3, 5) =', myModule.add(3, 5))
try:
    myModule.add(2**63 - 1, 1)
except OverflowError as error:
    print('OverflowError:', error)

# Python fills the memory, Rust smooths it where it is.
import array, ungil
curve = ungil.SharedBuffer(array.array('d', [0, 0, 9, 0, 0, 0, 3, 0]))
myModule.smooth(curve, 2)
with curve.view() as view:
    print('smoothed:', [round(value, 2) for value in view.cast('d')])
",
    )?;

    // Four interpreters in parallel, each with a part of one million numbers; none of them is copied.
    let memory = SharedBuffer::new(8_000_000).ok_or("no memory")?;
    memory.write(|bytes| {
        for (index, number) in bytes.chunks_exact_mut(8).enumerate() {
            number.copy_from_slice(&((index % 100) as f64).to_ne_bytes());
        }
    })?;
    thread::scope(|scope| {
        let workers: Vec<_> = memory
            .split(4)
            .into_iter()
            .map(|part| {
                let module = module.clone();
                scope.spawn(move || -> ungil::Result<()> {
                    let worker = Interpreter::builder().module(module).build()?;
                    worker.set("part", part)?;
                    worker.exec("import myModule\nmyModule.smooth(part, 10)\nassert myModule.add(1, 1) == 2")
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("no worker panics"))
    })?;
    let sum: f64 = memory.read(|bytes| numbers(bytes).sum())?;
    println!("a million numbers, smoothed by four interpreters: their sum is still {sum:.0}");
    println!("additions in all: {}", ADDITIONS.load(Ordering::Relaxed));
    Ok(())
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = f64> {
    bytes.chunks_exact(8).map(number)
}

fn number(bytes: &[u8]) -> f64 {
    f64::from_ne_bytes(bytes.try_into().expect("eight bytes"))
}

/// Replaces each number by the average of itself and its neighbours, round after round, the ends being neighbours. This is
/// done where the numbers are.
fn smooth(curve: SharedBuffer, rounds: usize) -> Result<(), BufferInUse> {
    curve.write(|bytes| {
        let (curve, _) = bytes.as_chunks_mut::<8>();
        for _ in 0..rounds {
            let (Some(first), Some(last)) = (curve.first().copied(), curve.last()) else {
                return;
            };
            let mut left = number(last);
            for index in 0..curve.len() {
                let here = number(&curve[index]);
                let right = number(curve.get(index + 1).unwrap_or(&first));
                curve[index] = ((left + here + right) / 3.0).to_ne_bytes();
                left = here;
            }
        }
    })
}
