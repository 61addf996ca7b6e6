//! The small things, one by one: `cargo bench --ignore-rust-version` in this folder.

use divan::{Bencher, black_box};
use ungil::{Interpreter, Script, Task};

fn main() {
    divan::main();
}

fn interpreter() -> Interpreter {
    let py = Interpreter::builder()
        .function("two", |a: i64, b: i64| a + b)
        .build()
        .expect("an interpreter");
    py.exec(
        "
import ungil
def add(a, b): return a + b
def call_two(): return two(1, 2)
small = {'id': 17, 'name': 'seventeen', 'price': 17.5}
large = [{'id': n, 'name': f'item {n}', 'price': n / 4} for n in range(1000)]
packed = ungil.pack(large)
",
    )
    .expect("it runs");
    py
}

#[divan::bench]
fn a_call_and_its_result(bencher: Bencher) {
    let py = interpreter();
    bencher.bench_local(|| py.call::<i64>("add", black_box((1, 2))).expect("it runs"));
}

#[divan::bench]
fn a_call_that_calls_back(bencher: Bencher) {
    let py = interpreter();
    bencher.bench_local(|| py.call::<i64>("call_two", ()).expect("it runs"));
}

#[divan::bench]
fn a_compiled_expression(bencher: Bencher) {
    let py = interpreter();
    let script = Script::expression("price * 1.2", "tax.py").expect("it compiles");
    bencher.bench_local(|| {
        let task = Task::script(&script).with("price", black_box(10.0));
        py.spawn::<f64>(task).wait().expect("it runs")
    });
}

#[divan::bench(args = ["small", "large"])]
fn a_parcel_packed(bencher: Bencher, what: &str) {
    let py = interpreter();
    py.exec(format!("def pack_it(): ungil.pack({what})")).expect("it runs");
    bencher.bench_local(|| py.call::<()>("pack_it", ()).expect("it runs"));
}

#[divan::bench]
fn a_parcel_opened(bencher: Bencher) {
    let py = interpreter();
    py.exec("def open_it(): packed.open()").expect("it runs");
    bencher.bench_local(|| py.call::<()>("open_it", ()).expect("it runs"));
}
