//! Running Python: expressions, statements, files, functions, modules, scripts, and what surrounds them.

use std::{collections::HashMap, fs, path::PathBuf};

use serde::{Deserialize, Serialize};
use ungil::{
    Error, Interpreter, Script, Task, Value,
    value::{Date, DateTime, Time, TimeDelta, TimeZone},
};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ungil-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn what_statements_define_stays_in_main() {
    let py = Interpreter::new().unwrap();
    py.exec("import math\nradius = 2\ndef area(r): return math.pi * r ** 2")
        .unwrap();
    assert_eq!(py.eval::<f64>("area(radius)").unwrap(), std::f64::consts::PI * 4.0);
    assert_eq!(py.get::<i64>("radius").unwrap(), 2);
    py.set("radius", 3).unwrap();
    assert_eq!(py.eval::<i64>("radius").unwrap(), 3);
    assert_eq!(py.eval::<String>("__name__").unwrap(), "__main__");
}

#[test]
fn functions_are_found_in_main_in_modules_and_among_the_builtins() {
    let py = Interpreter::new().unwrap();
    py.exec("class Shop:\n    @staticmethod\n    def open(): return 'open'")
        .unwrap();
    assert_eq!(py.call::<i64>("len", ("four",)).unwrap(), 4);
    assert_eq!(py.call::<f64>("math.sqrt", (9.0,)).unwrap(), 3.0);
    assert_eq!(py.call::<String>("os.path.join", ("a", "b")).unwrap(), "a/b");
    assert_eq!(py.call::<String>("Shop.open", ()).unwrap(), "open");
    assert_eq!(
        py.call::<HashMap<String, i64>>("json.loads", ("{\"a\": 1}",)).unwrap()["a"],
        1
    );
    py.import("xml.etree.ElementTree").unwrap();
    assert!(py.eval::<bool>("hasattr(xml.etree, 'ElementTree')").unwrap());
}

#[test]
fn a_namespace_of_its_own_leaves_nothing_behind() {
    let py = Interpreter::new().unwrap();
    let task = Task::exec("y = x + 1").with("x", 41);
    py.spawn::<()>(task).wait().unwrap();
    assert!(py.get::<i64>("y").is_err());
    let task = Task::eval("[i for i in range(n)]").with("n", 3);
    assert_eq!(py.spawn::<Vec<i64>>(task).wait().unwrap(), [0, 1, 2]);
}

#[test]
fn a_file_runs_as_main_and_finds_its_neighbours() {
    let folder = folder("run-file");
    fs::write(folder.join("neighbour.py"), "answer = 42").unwrap();
    let file = folder.join("script.py");
    fs::write(
        &file,
        "import neighbour, sys\nresult = (neighbour.answer, __name__, __file__, sys.argv)",
    )
    .unwrap();
    let py = Interpreter::builder().argv(["script.py", "--fast"]).build().unwrap();
    py.run_file(&file).unwrap();
    let result: (i64, String, String, Vec<String>) = py.get("result").unwrap();
    let expected = (
        42,
        "__main__".into(),
        file.to_str().unwrap().into(),
        vec!["script.py".into(), "--fast".into()],
    );
    assert_eq!(result, expected);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn modules_come_from_folders_and_from_memory() {
    let folder = folder("search-path");
    fs::write(folder.join("on_disk.py"), "where = 'disk'").unwrap();
    let py = Interpreter::builder()
        .search_path(&folder)
        .package("shop", "name = 'tea shop'")
        .source("shop.prices", "from shop import name\ntea = 3")
        .source("alone.inside", "deep = True")
        .build()
        .unwrap();
    py.exec("import on_disk, shop.prices, alone.inside").unwrap();
    assert_eq!(py.eval::<String>("on_disk.where").unwrap(), "disk");
    assert_eq!(
        py.eval::<(String, i64)>("(shop.prices.name, shop.prices.tea)").unwrap(),
        ("tea shop".into(), 3)
    );
    assert!(py.eval::<bool>("alone.inside.deep").unwrap());
    assert!(py.exec("import not_there").is_err());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_interpreter_imports_from_nowhere_unless_told() {
    let py = Interpreter::new().unwrap();
    py.exec("import sys").unwrap();
    assert!(py.eval::<Vec<String>>("sys.path").unwrap().is_empty());
    py.exec("import json, asyncio, decimal, dataclasses").unwrap();
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    lines: Vec<(String, f64)>,
    note: Option<String>,
    state: State,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Open,
    Shipped { parcels: u8 },
}

#[test]
fn structs_go_in_and_come_out() {
    let py = Interpreter::new().unwrap();
    py.exec("def ship(order):\n    order['state'] = {'Shipped': {'parcels': len(order['lines'])}}\n    return order")
        .unwrap();
    let order = |state| Order {
        id: u64::MAX,
        lines: vec![("tea".into(), 2.5), ("rice".into(), 1.0)],
        note: None,
        state,
    };
    let shipped: Order = py.call("ship", (order(State::Open),)).unwrap();
    assert_eq!(shipped, order(State::Shipped { parcels: 2 }));
}

#[test]
fn every_kind_of_value_comes_back_as_it_went() {
    let zone = TimeZone::from_seconds(5400).unwrap();
    let time = Time::new(23, 59, 58)
        .unwrap()
        .with_microsecond(7)
        .unwrap()
        .with_time_zone(zone);
    let date = Date::new(2024, 2, 29).unwrap();
    let values = [
        Value::None,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::from(u128::MAX),
        Value::Float(-0.5),
        Value::Str("grüße \u{1F980}".into()),
        Value::Bytes(vec![0, 255]),
        Value::list([1, 2]),
        Value::Tuple(vec![Value::Int(1), Value::None]),
        Value::dict([(1, "one"), (2, "two")]),
        Value::set([1, 2, 3]),
        Value::frozenset(["a"]),
        Value::Date(date),
        Value::Time(time.clone()),
        Value::DateTime(DateTime::new(date, time)),
        Value::TimeDelta(TimeDelta::new(-1, 5, 9).unwrap()),
    ];
    let py = Interpreter::new().unwrap();
    py.exec("def same(x): return x\ndef kind(x): return type(x).__name__")
        .unwrap();
    for value in values {
        assert_eq!(py.call::<Value>("same", (&value,)).unwrap(), value);
        assert_eq!(py.call::<String>("kind", (&value,)).unwrap(), value.type_name());
    }
    assert!(py.call::<f64>("same", (f64::NAN,)).unwrap().is_nan());
}

#[test]
fn a_script_is_compiled_once_and_runs_in_many_interpreters() {
    let script = Script::expression("[n * factor for n in range(3)]", "rules/scale.py").unwrap();
    let statements = Script::compile(
        "def helper():\n    raise ValueError('from a script')\nhelper()",
        "rules/fail.py",
    )
    .unwrap();
    std::thread::scope(|scope| {
        for factor in 1..4 {
            let (script, statements) = (script.clone(), statements.clone());
            scope.spawn(move || {
                let py = Interpreter::new().unwrap();
                for _ in 0..3 {
                    let scaled: Vec<i64> = py.spawn(Task::script(&script).with("factor", factor)).wait().unwrap();
                    assert_eq!(scaled, [0, factor, 2 * factor]);
                }
                let error = py.spawn::<()>(Task::script(&statements)).wait().unwrap_err();
                let frame = error.as_exception().unwrap().frames().last().unwrap().clone();
                assert_eq!((frame.file.as_str(), frame.line), ("rules/fail.py", 2));
                assert_eq!(frame.source_line.as_deref(), Some("raise ValueError('from a script')"));
            });
        }
    });
}

#[test]
fn coroutines_are_awaited_when_asked_for() {
    let py = Interpreter::new().unwrap();
    py.exec(
        "import asyncio\nasync def double(n):\n    await asyncio.sleep(0)\n    return n * 2\ndef plain(n): return n",
    )
    .unwrap();
    assert_eq!(py.call_async::<i64>("double", (21,)).unwrap(), 42);
    assert_eq!(py.call_async::<i64>("plain", (1,)).unwrap(), 1);
    assert!(matches!(py.call::<i64>("double", (21,)), Err(Error::Conversion(_))));
}

#[test]
fn closing_runs_what_was_queued_then_atexit_and_refuses_what_comes_later() {
    let (sender, receiver) = ungil::channel::<String>(8);
    let py = Interpreter::new().unwrap();
    py.set("tell", sender).unwrap();
    py.exec("import atexit\natexit.register(lambda: tell.send('atexit'))")
        .unwrap();
    let queued = py.spawn::<()>(Task::exec("tell.send('queued')"));
    py.close().unwrap();
    queued.wait().unwrap();
    let told: Vec<String> = receiver.iter().map(Result::unwrap).collect();
    assert_eq!(told, ["queued", "atexit"]);
    assert!(py.is_closed());
    assert!(matches!(py.eval::<i64>("1"), Err(Error::Closed { .. })));
    py.close().unwrap();
}

#[test]
fn dropping_the_last_handle_ends_the_interpreter_after_its_jobs() {
    let (sender, receiver) = ungil::channel::<i64>(8);
    let py = Interpreter::new().unwrap();
    py.set("out", sender).unwrap();
    let job = py.spawn::<()>(Task::exec("for n in range(3): out.send(n)"));
    drop(py);
    let numbers: Vec<i64> = receiver.iter().map(Result::unwrap).collect();
    assert_eq!(numbers, [0, 1, 2]);
    job.wait().unwrap();
}

#[test]
fn the_vm_itself_is_within_reach() {
    let py = Interpreter::new().unwrap();
    py.exec("x = [1, 2, 3]").unwrap();
    let length = py
        .with(|vm| {
            let globals = vm.main_namespace().unwrap();
            globals.get_item("x", vm).unwrap().length(vm).unwrap()
        })
        .unwrap();
    assert_eq!(length, 3);
}
