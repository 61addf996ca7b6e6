//! What plugins may do: the lesser of what they ask for and what the host allows.

use std::time::Duration;

use ungil::{
    Class, HostRef, Limits, Permissions,
    plugin::{ApiVersion, EventKind, Offer, Policy},
};

use super::workshop::{Workshop, wait_for};

#[test]
fn a_plugin_that_asks_for_more_than_it_gets_lives_with_less_and_is_reported() {
    let data = Workshop::new(&[("prices.txt", "7"), ("more/prices.txt", "8")]);
    let manifest = format!(
        "[permissions]\nread = [{0:?}, '/etc']\nenv = ['HOME']\n[limits]\nwall_time = 3600\ntasks = 3",
        data.path().join("more")
    );
    let source = format!(
        "def read(path):\n    try:\n        return open(path).read()\n    except PermissionError:\n        return 'refused'\n\
         def go():\n    return [read({:?}), read({:?}), read('/etc/passwd')]",
        data.path().join("more/prices.txt"),
        data.path().join("prices.txt"),
    );
    let workshop = Workshop::new(&[("greedy.py", &source), ("greedy.toml", &manifest)]);
    let policy = Policy::new()
        .allow(Permissions::none().allow_read(data.path()))
        .limits(Limits::new().wall_time(Duration::from_secs(60)));
    let (send, events) = std::sync::mpsc::channel();
    let host = workshop
        .builder()
        .policy(policy)
        .on_event(move |event| drop(send.send(event.clone())))
        .build()
        .unwrap();
    let read = host.hook::<(), Vec<String>>("go").all(&()).unwrap().remove(0);
    assert_eq!(read.result.unwrap(), ["8", "refused", "refused"]);

    let loaded = events.recv_timeout(super::workshop::PATIENCE).unwrap();
    let EventKind::Loaded { refused } = loaded.kind else {
        panic!("{loaded}")
    };
    let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
    let wall = "wall_time 3600s of wall time (given: 60s of wall time)";
    assert_eq!(refused, ["read /etc", "env HOME", wall]);
    assert_eq!(host.plugin("greedy").unwrap().refused.len(), 3);
}

#[test]
fn one_plugin_can_have_a_policy_of_its_own() {
    let source = "import os\ndef go(): return bool(os.environ)";
    let workshop = Workshop::new(&[("plain.py", source), ("trusted.py", source)]);
    let host = workshop
        .builder()
        .policy_for("trusted", Policy::trusted())
        .build()
        .unwrap();
    let seen: Vec<bool> = host
        .hook::<(), bool>("go")
        .all(&())
        .unwrap()
        .into_iter()
        .map(|answer| answer.result.unwrap())
        .collect();
    assert_eq!(seen, [false, true]);
}

#[test]
fn functions_are_offered_by_name_and_version() {
    let (one, two) = (ApiVersion::new(1, 4), ApiVersion::new(2, 0));
    let source = "from host import stock\ndef go(): return stock('tea')";
    let workshop = Workshop::new(&[
        ("newest.py", source),
        ("old.py", source),
        ("old.toml", "uses = ['stock@1.2']"),
        (
            "future.py",
            "import host\ndef go(): return getattr(host, 'stock', lambda name: 'nothing')('tea')",
        ),
        ("future.toml", "uses = ['stock@1.5']"),
        ("other.py", "from host import secret\ndef go(): return secret()"),
    ]);
    let policy = Policy::new().offer("stock");
    let host = workshop
        .builder()
        .policy(policy)
        .offer(Offer::function("stock", one, |name: String| format!("old {name}")))
        .offer(Offer::function("stock", two, |name: String| format!("new {name}")))
        .offer(Offer::function("secret", one, || "secret"))
        .build()
        .unwrap();
    let answers = host.hook::<(), String>("go").all(&()).unwrap();
    let answers: Vec<String> = answers.into_iter().map(|answer| answer.result.unwrap()).collect();
    assert_eq!(answers, ["nothing", "new tea", "old tea"]);
    let refused = &host.plugin("future").unwrap().refused;
    assert_eq!(
        refused[0].to_string(),
        "stock version 1.5 (given: nothing; there is 1.4, 2.0)"
    );
    let other = &host.refused()[0].1.to_string();
    assert!(other.contains("ImportError") && other.contains("secret"), "{other}");
}

#[test]
fn objects_are_offered_and_shared() {
    use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
    let class = Class::<AtomicI64>::new("Till").method("add", |till: &AtomicI64, n: i64| till.fetch_add(n, SeqCst) + n);
    let till = HostRef::new(AtomicI64::new(0));
    let source = "from counter import till\ndef go(): return till.add(5)";
    let workshop = Workshop::new(&[("a.py", source), ("b.py", source)]);
    let host = workshop
        .builder()
        .module("counter")
        .class(class)
        .offer(Offer::value("till", ApiVersion::new(1, 0), &till))
        .build()
        .unwrap();
    let answers = host.hook::<(), i64>("go").all(&()).unwrap();
    let mut answers: Vec<i64> = answers.into_iter().map(|answer| answer.result.unwrap()).collect();
    answers.sort_unstable();
    assert_eq!(answers, [5, 10]);
}

#[test]
fn a_description_tells_what_a_plugin_would_get() {
    let workshop = Workshop::new(&[("shop.py", "def on_order(order): pass")]);
    let host = workshop
        .builder()
        .api(ApiVersion::new(1, 3))
        .policy(
            Policy::new()
                .allow(Permissions::none().allow_connect("example.com"))
                .publish("orders.*"),
        )
        .offer(Offer::function("stock", ApiVersion::new(1, 0), || 1).doc("How much there is."))
        .describe_hook("on_order", "Decides about an order.")
        .build()
        .unwrap();
    let _typed = host.hook::<(String,), Option<bool>>("on_order");
    let folder = Workshop::new(&[
        (
            "new/plugin.toml",
            "api = '1.2'\nuses = ['stock']\n[permissions]\nconnect = ['example.com:80', 'other.org']\npublish = ['orders.new']",
        ),
        (
            "new/__init__.py",
            "from host import hook\ndef on_order(order): pass\n@hook('on_odrer')\ndef f(order): 1/0\n1/0",
        ),
    ]);
    let file = folder.path().join("host.json");
    std::fs::write(&file, host.describe().to_json()).unwrap();
    let read = ungil::plugin::HostDescription::read(&file).unwrap();
    assert_eq!(read, host.describe());
    assert_eq!(read.hooks["on_order"].arguments.as_deref(), Some("(String,)"));

    let report = ungil::plugin::check(&folder.path().join("new"), Some(&read)).unwrap();
    assert_eq!(report.hooks, ["on_order"]);
    assert_eq!(report.unknown_hooks, ["on_odrer"]);
    assert_eq!(
        report.granted,
        [
            "connect example.com:80",
            "clock true",
            "modules *",
            "publish orders.new"
        ]
    );
    assert_eq!(
        report.refused.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["connect other.org"]
    );
    assert_eq!(report.offers, [("stock".to_owned(), ApiVersion::new(1, 0))]);
}

#[test]
fn who_grants_nothing_at_all_gets_plugins_that_import_nothing() {
    let workshop = Workshop::new(&[
        ("a.py", "def go():\n    import wsgiref"),
        ("b.py", "def go(): return 1"),
    ]);
    let host = workshop
        .builder()
        .policy(Policy::new().give(Permissions::none()))
        .build()
        .unwrap();
    let events = host.events();
    let answers = host.hook::<(), Option<i64>>("go").all(&()).unwrap();
    assert!(answers[0].result.is_err());
    assert_eq!(*answers[1].result.as_ref().unwrap(), Some(1));
    let failed = wait_for(&events, "the import failed", super::workshop::failure);
    assert!(failed.contains("wsgiref"), "{failed}");
}

#[test]
fn what_a_plugin_has_anyway_is_not_refused_when_it_asks() {
    let source = "import pathlib\ndef go(): return (pathlib.Path(__file__).parent / 'data/rates.txt').read_text()";
    let workshop = Workshop::new(&[
        (
            "shop/plugin.toml",
            "required = ['read']\n[permissions]\nread = ['data']",
        ),
        ("shop/__init__.py", source),
        ("shop/data/rates.txt", "7"),
    ]);
    let host = workshop.host();
    assert_eq!(host.plugins()[0].refused, []);
    let answers = host.hook::<(), String>("go").all(&()).unwrap();
    assert_eq!(answers[0].result.as_ref().unwrap(), "7");
}
