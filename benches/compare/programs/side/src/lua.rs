//! The same with Lua 5.4 through mlua, on one thread.

use std::hint::black_box;

use mlua::{Function, Lua, LuaSerdeExt};
use serde_json::{Map, Value as Json};

use super::calls::{Order, nanos};

pub(crate) fn report() {
    let lua = Lua::new();
    let globals = lua.globals();
    let define = |name: &str, function: Function| globals.set(name, function).expect("a global");
    define("zero", lua.create_function(|_, ()| Ok(1_i64)).expect("a function"));
    define("one", lua.create_function(|_, a: i64| Ok(a + 1)).expect("a function"));
    define(
        "two",
        lua.create_function(|_, (a, b): (i64, i64)| Ok(a + b))
            .expect("a function"),
    );
    let three = lua.create_function(|_, (a, b, c): (i64, i64, i64)| Ok(a + b + c));
    define("three", three.expect("a function"));
    lua.load(
        "
function loop(n) for _ = 1, n do end end
function call0(n) for _ = 1, n do zero() end end
function call1(n) for _ = 1, n do one(1) end end
function call2(n) for _ = 1, n do two(1, 2) end end
function call3(n) for _ = 1, n do three(1, 2, 3) end end
function add0() return 1 end
function add1(a) return a + 1 end
function add2(a, b) return a + b end
function add3(a, b, c) return a + b + c end
function back(order) return order end
",
    )
    .exec()
    .expect("it runs");
    let find = |name: &str| globals.get::<Function>(name).expect("it is defined");
    let mut figures = Map::new();
    let mut note = |name: String, nanos: f64| figures.insert(name, Json::from(nanos));
    let run = |name: &str| {
        let function = find(name);
        nanos(|times| function.call::<()>(times).expect("it runs"))
    };
    let empty = run("loop");
    for count in 0..=3 {
        note(format!("python_to_rust_{count}"), run(&format!("call{count}")) - empty);
    }
    let [add0, add1, add2, add3] = [0, 1, 2, 3].map(|count| find(&format!("add{count}")));
    let repeat = |call: &dyn Fn() -> i64| {
        nanos(|times| {
            for _ in 0..times {
                black_box(call());
            }
        })
    };
    note("rust_to_python_0".into(), repeat(&|| add0.call(()).expect("it runs")));
    note("rust_to_python_1".into(), repeat(&|| add1.call(1).expect("it runs")));
    note(
        "rust_to_python_2".into(),
        repeat(&|| add2.call((1, 2)).expect("it runs")),
    );
    note(
        "rust_to_python_3".into(),
        repeat(&|| add3.call((1, 2, 3)).expect("it runs")),
    );
    let expression = lua.load("return price * 1.2").into_function().expect("it compiles");
    note(
        "compiled_expression".into(),
        nanos(|times| {
            for _ in 0..times {
                globals.set("price", 10.0).expect("a global");
                black_box(expression.call::<f64>(()).expect("it runs"));
            }
        }),
    );
    let (order, back) = (Order::example(), find("back"));
    note(
        "nested_struct".into(),
        nanos(|times| {
            for _ in 0..times {
                let argument = lua.to_value(&order).expect("it crosses");
                let result = back.call(argument).expect("it runs");
                black_box(lua.from_value::<Order>(result).expect("it crosses"));
            }
        }),
    );
    println!("{}", Json::Object(figures));
}
