//! Calls between Rust and Python, and data across: nanoseconds for each.

use std::{hint::black_box, time::Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use ungil::{
    Interpreter, Result, Script, Task,
    vm::{PyObjectRef, VirtualMachine},
};

const TIMES: u32 = 20_000;
const ROUNDS: usize = 5;

/// What goes there and back through serde.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub(crate) struct Order {
    id: u64,
    customer: Customer,
    lines: Vec<Line>,
    paid: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
struct Customer {
    name: String,
    tags: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
struct Line {
    article: String,
    count: u32,
    price: f64,
}

impl Order {
    pub(crate) fn example() -> Self {
        let line = |n: u32| Line {
            article: format!("article {n}"),
            count: n,
            price: f64::from(n) * 1.25,
        };
        Self {
            id: 4711,
            customer: Customer {
                name: "Ada".into(),
                tags: vec!["new".into(), "export".into()],
            },
            lines: (0..5).map(line).collect(),
            paid: true,
        }
    }
}

/// The median of several rounds of `body`, which does something `TIMES` times; in nanoseconds for each time.
pub(crate) fn nanos(mut body: impl FnMut(u32)) -> f64 {
    body(TIMES / 10);
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            body(TIMES);
            begun.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

pub(crate) fn report() -> Result<()> {
    let py = Interpreter::builder()
        .function("zero", || 1_i64)
        .function("one", |a: i64| a + 1)
        .function("two", |a: i64, b: i64| a + b)
        .function("three", |a: i64, b: i64, c: i64| a + b + c)
        .build()?;
    py.exec(
        "
def loop(n):
    for _ in range(n): pass
def call0(n):
    for _ in range(n): zero()
def call1(n):
    for _ in range(n): one(1)
def call2(n):
    for _ in range(n): two(1, 2)
def call3(n):
    for _ in range(n): three(1, 2, 3)
def add0(): return 1
def add1(a): return a + 1
def add2(a, b): return a + b
def add3(a, b, c): return a + b + c
def back(order): return order
",
    )?;
    let mut figures = Map::new();
    let mut note = |name: String, nanos: f64| figures.insert(name, Json::from(nanos));
    let empty = nanos(|times| py.call("loop", (times,)).expect("it runs"));
    for count in 0..=3 {
        let name = format!("call{count}");
        let took = nanos(|times| py.call(&name, (times,)).expect("it runs"));
        note(format!("python_to_rust_{count}"), took - empty);
        let name = format!("add{count}");
        let took = py.with(move |vm| rust_to_python(vm, &name, count))?;
        note(format!("rust_to_python_{count}"), took);
    }
    note(
        "job_with_two".into(),
        nanos(|times| {
            for _ in 0..times {
                let sum: i64 = py.call("add2", (1, 2)).expect("it runs");
                black_box(sum);
            }
        }),
    );
    let script = Script::expression("price * 1.2", "tax.py")?;
    note(
        "compiled_expression".into(),
        nanos(|times| {
            for _ in 0..times {
                let task = Task::script(&script).with("price", 10.0);
                black_box(py.spawn::<f64>(task).wait().expect("it runs"));
            }
        }),
    );
    let order = Order::example();
    let same: Order = py.call("back", (&order,))?;
    assert_eq!(same, order);
    note(
        "nested_struct".into(),
        nanos(|times| {
            for _ in 0..times {
                black_box(py.call::<Order>("back", (&order,)).expect("it runs"));
            }
        }),
    );
    println!("{}", Json::Object(figures));
    Ok(())
}

/// From code that is on the interpreter's thread already, as mlua's is.
fn rust_to_python(vm: &VirtualMachine, name: &str, count: i64) -> f64 {
    let main = vm.main_namespace().expect("there is one");
    let function = main.get_item(name, vm).expect("it is defined");
    nanos(|times| {
        for _ in 0..times {
            let args: Vec<PyObjectRef> = (0..count).map(|n| vm.ctx.new_int(n).into()).collect();
            let result = function.call(args, vm).expect("it runs");
            black_box(result.try_into_value::<i64>(vm).expect("an int"));
        }
    })
}
