//! Calling hooks: all plugins, the first that answers, one after the other; on threads and as futures.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use ungil::{
    Error,
    plugin::{Answer, ApiVersion, CallError, Hook, Offer},
};

use super::workshop::{SPIN, Workshop};

#[derive(Serialize)]
struct Order {
    total: f64,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Decision {
    accept: bool,
}

fn of<'a, T>(answers: &'a [Answer<T>], plugin: &str) -> &'a Result<T, CallError> {
    &answers.iter().find(|answer| *answer.plugin == *plugin).unwrap().result
}

#[test]
fn each_plugin_has_its_own_answer_or_error() {
    let workshop = Workshop::new(&[
        (
            "credit.py",
            "def on_order(order):\n    return {'accept': order['total'] < 100}",
        ),
        ("broken.py", "def on_order(order):\n    return order['customer']"),
        ("wrong.py", "def on_order(order):\n    return 'yes'"),
        ("silent.py", "def on_something_else(): pass"),
        ("spinning.py", &format!("def on_order(order):\n    {SPIN}")),
        ("spinning.toml", "[limits]\nwall_time = 2"),
    ]);
    let host = workshop.host();
    let answers = host
        .hook::<(Order,), Decision>("on_order")
        .all(&(Order { total: 20.0 },))
        .unwrap();
    let names: Vec<&str> = answers.iter().map(|answer| &*answer.plugin).collect();
    assert_eq!(names, ["broken", "credit", "spinning", "wrong"]);
    assert_eq!(of(&answers, "credit").as_ref().unwrap(), &Decision { accept: true });

    let raised = of(&answers, "broken").as_ref().unwrap_err().error().unwrap();
    let exception = raised.as_exception().unwrap();
    assert_eq!(exception.type_name(), "KeyError");
    let frame = &exception.frames()[0];
    assert_eq!((frame.line, frame.function.as_str()), (2, "on_order"));
    assert_eq!(frame.source_line.as_deref(), Some("return order['customer']"));
    assert!(frame.file.ends_with("broken.py"), "{}", frame.file);

    let wrong = of(&answers, "wrong").as_ref().unwrap_err();
    assert!(matches!(wrong.error(), Some(Error::Conversion(_))), "{wrong:?}");
    let spinning = of(&answers, "spinning").as_ref().unwrap_err().error().unwrap();
    assert!(spinning.as_limit().is_some(), "{spinning:?}");
    assert_eq!(
        spinning.as_exception().unwrap().frames()[0].line,
        2,
        "where it was is told"
    );
}

#[test]
fn a_chain_goes_by_priority_and_passes_over_who_fails() {
    let workshop = Workshop::new(&[
        (
            "a_last.py",
            "from host import hook\n@hook('price', priority=-5)\ndef f(n): return n + 1",
        ),
        (
            "b_first.py",
            "from host import hook\n@hook('price', priority=10)\ndef f(n): return n * 10",
        ),
        ("c_raises.py", "def price(n): raise ValueError(n)"),
        ("d_silent.py", "def price(n): pass"),
        ("e_wrong.py", "def price(n): return 'dear'"),
        ("f_doubles.py", "async def price(n): return n * 2"),
    ]);
    let host = workshop.host();
    let price = host.hook::<(i64,), i64>("price");
    let order: Vec<String> = price.plugins().iter().map(ToString::to_string).collect();
    assert_eq!(
        order,
        ["b_first", "c_raises", "d_silent", "e_wrong", "f_doubles", "a_last"]
    );
    let chained = price.chain(&(3,)).unwrap();
    assert_eq!(chained.value, 61);
    let changed: Vec<Option<bool>> = chained
        .steps
        .iter()
        .map(|step| step.result.as_ref().ok().copied())
        .collect();
    assert_eq!(changed, [Some(true), None, Some(false), None, Some(true), Some(true)]);
}

#[test]
fn the_first_answer_is_the_first_that_is_something() {
    let workshop = Workshop::new(&[
        ("nothing.py", "def route(path): return None"),
        ("raises.py", "def route(path): raise LookupError(path)"),
        (
            "spins.py",
            &format!("def route(path):\n    if path == '/x':\n        {SPIN}"),
        ),
        (
            "found.py",
            "def route(path): return 'page ' + path if path != '/none' else None",
        ),
    ]);
    let host = workshop.host();
    let route = host.hook::<(String,), String>("route");
    let first = route.first(&("/x".to_owned(),)).unwrap();
    assert_eq!(first.answer, Some(("found".into(), "page /x".to_owned())));
    let none = route.first(&("/none".to_owned(),)).unwrap();
    assert_eq!(none.answer, None);
    assert_eq!(none.errors.len(), 1);
    assert_eq!(&*none.errors[0].0, "raises");
}

#[test]
fn one_that_spins_delays_nobody_beyond_the_deadline() {
    let workshop = Workshop::new(&[("spins.py", &format!("def go():\n    {SPIN}\ndef fine(): return 1"))]);
    let host = workshop.host();
    let go = host.hook::<(), i64>("go").with_deadline(Duration::from_millis(200));
    let error = go.all(&()).unwrap().remove(0).result.unwrap_err();
    let is_late = matches!(error, CallError::Deadline { .. }) || error.error().is_some_and(|e| e.as_limit().is_some());
    assert!(is_late, "{error:?}");
    assert_eq!(
        *host.hook::<(), i64>("fine").all(&()).unwrap()[0]
            .result
            .as_ref()
            .unwrap(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_has_an_async_form() {
    let workshop = Workshop::new(&[
        ("one.py", "def add(n): return n + 1"),
        (
            "two.py",
            &format!("def add(n):\n    if n < 0:\n        {SPIN}\n    return n + 2"),
        ),
    ]);
    let host = workshop.host();
    let add = host.hook::<(i64,), i64>("add");
    let (all, chain, first) = tokio::join!(add.all_async(&(1,)), add.chain_async(&(1,)), add.first_async(&(1,)));
    let all: Vec<i64> = all.unwrap().into_iter().map(|answer| answer.result.unwrap()).collect();
    assert_eq!(all, [2, 3]);
    assert_eq!(chain.unwrap().value, 4);
    assert!(first.unwrap().answer.is_some());
    assert_eq!(
        *add.call_async("two", &(5,))
            .await
            .unwrap()
            .unwrap()
            .result
            .as_ref()
            .unwrap(),
        7
    );
    assert!(add.call_async("three", &(5,)).await.unwrap().is_none());

    // Nobody answers in time, and the future is done all the same.
    let late = add
        .with_deadline(Duration::from_millis(200))
        .call_async("two", &(-1,))
        .await;
    assert!(late.unwrap().unwrap().result.is_err());
    // What is dropped is stopped: the plugin is there for the next call.
    let dropped = tokio::time::timeout(Duration::from_millis(50), add.call_async("two", &(-1,))).await;
    assert!(dropped.is_err());
    assert_eq!(*add.call("two", &(5,)).unwrap().unwrap().result.as_ref().unwrap(), 7);
}

#[test]
fn a_plugin_that_asks_the_host_to_call_itself_gets_an_error_and_no_deadlock() {
    let workshop = Workshop::new(&[
        (
            "asks.py",
            "from host import ask\ndef outer(): return ask()\ndef inner(): return 1",
        ),
        ("other.py", "def inner(): return 2"),
    ]);
    let hook: Arc<OnceLock<Hook<(), i64>>> = Arc::default();
    let known = hook.clone();
    let ask = move || -> (i64, usize) {
        let answers = known.get().unwrap().all(&()).unwrap();
        let reentrant = |answer: &&Answer<i64>| {
            let error = answer.result.as_ref().err().and_then(CallError::error);
            matches!(error, Some(Error::Reentrant { .. }))
        };
        let sum = answers.iter().filter_map(|answer| answer.result.as_ref().ok()).sum();
        (sum, answers.iter().filter(reentrant).count())
    };
    let offer = Offer::function("ask", ApiVersion::new(1, 0), ask);
    let host = workshop.builder().offer(offer).build().unwrap();
    assert!(hook.set(host.hook("inner")).is_ok());
    let answers = host.hook::<(), (i64, usize)>("outer").all(&()).unwrap();
    assert_eq!(answers[0].result.as_ref().unwrap(), &(2, 1));
}

#[test]
fn calls_are_counted_for_each_hook() {
    let workshop = Workshop::new(&[("counts.py", "def go(n):\n    return 100 // n\ndef stay(): pass")]);
    let host = workshop.host();
    let go = host.hook::<(i64,), i64>("go");
    for n in [1, 0, 2] {
        drop(go.all(&(n,)).unwrap());
    }
    let stats = host.stats("counts").unwrap();
    let hook = &stats.hooks["go"];
    assert_eq!((hook.calls, hook.errors, hook.timeouts), (3, 1, 0));
    assert_eq!((stats.calls, stats.errors), (3, 1));
    assert!(Duration::ZERO < hook.p50 && hook.p50 <= hook.p99, "{hook:?}");
    assert!(
        hook.cpu_time > Duration::ZERO && stats.cpu_time > Some(hook.cpu_time),
        "{stats:?}"
    );
    assert!(!stats.hooks.contains_key("stay"));
}

#[test]
fn fifty_plugins_live_in_one_host() {
    let workshop = Workshop::new(&[]);
    for n in 0..50 {
        workshop.write(
            &format!("p{n:02}.py"),
            &format!("import json\ndef number(): return json.loads('{n}')"),
        );
    }
    let host = workshop.host();
    let answers = host.hook::<(), i64>("number").all(&()).unwrap();
    let numbers: Vec<i64> = answers.into_iter().map(|answer| answer.result.unwrap()).collect();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
    host.shutdown();
    assert!(matches!(
        host.hook::<(), i64>("number").all(&()).unwrap().first(),
        None | Some(Answer { result: Err(_), .. })
    ));
}
