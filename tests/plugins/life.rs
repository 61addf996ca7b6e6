//! `setup` and `teardown`, also of plugins that spin in them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ungil::plugin::{ApiVersion, Offer};

use super::workshop::{SPIN, Workshop, failure, wait_for};

/// What a spinning plugin gets; the time starts when it begins.
const SHORT: Duration = Duration::from_millis(500);

/// Something that plugins say, and the list of what they have said.
fn diary() -> (Offer, Arc<Mutex<Vec<String>>>) {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let list = said.clone();
    let say = move |text: String| list.lock().unwrap().push(text);
    (Offer::function("say", ApiVersion::new(1, 0), say), said)
}

#[test]
fn a_plugin_is_set_up_with_its_configuration_and_torn_down_after_its_calls() {
    let workshop = Workshop::new(&[
        (
            "shop.py",
            "from host import say\ndef setup(config): say(f\"setup {config['city']} {config['open']}\")\n\
             def go(): say('go')\ndef teardown(): say('teardown')",
        ),
        ("shop.toml", "[config]\ncity = 'Graz'\nopen = 8"),
    ]);
    let (say, said) = diary();
    let config = std::collections::BTreeMap::from([("open", 9)]);
    let host = workshop.builder().offer(say).config("shop", config).build().unwrap();
    let go = host.hook::<(), ()>("go");
    go.all(&()).unwrap().remove(0).result.unwrap();
    host.shutdown();
    assert_eq!(*said.lock().unwrap(), ["setup Graz 9", "go", "teardown"]);
    assert!(go.all(&()).unwrap().is_empty(), "nobody answers any more");
}

#[test]
fn a_host_that_is_dropped_tears_its_plugins_down() {
    let workshop = Workshop::new(&[("shop.py", "from host import say\ndef teardown(): say('teardown')")]);
    let (send, torn_down) = std::sync::mpsc::sync_channel(1);
    let say = Offer::function("say", ApiVersion::new(1, 0), move |text: String| {
        send.send(text).unwrap()
    });
    drop(workshop.builder().offer(say).build().unwrap());
    assert_eq!(torn_down.recv_timeout(super::workshop::PATIENCE).unwrap(), "teardown");
}

#[test]
fn who_raises_or_spins_while_it_is_set_up_is_refused_and_the_others_live() {
    let workshop = Workshop::new(&[
        ("fine.py", "def go(): return 1"),
        ("raises.py", "def setup(config):\n    raise RuntimeError('no licence')"),
        ("spins.py", &format!("def setup(config):\n    {SPIN}")),
        ("spins_at_once.py", SPIN),
        ("unparsable.py", "def go(:"),
        ("json.py", "def go(): pass"),
    ]);
    let host = workshop.builder().setup_time(Duration::from_secs(5)).build().unwrap();
    let reasons: Vec<String> = host.refused().iter().map(|(_, error)| error.to_string()).collect();
    let [json, raises, spins, spins_at_once, unparsable] = reasons.as_slice() else {
        panic!("{reasons:#?}");
    };
    assert!(json.contains("hide Python's own module"), "{json}");
    assert!(
        raises.contains("setup()") && raises.contains("no licence") && raises.contains("line 2"),
        "{raises}"
    );
    assert!(
        spins.contains("setup()") && spins.contains("5s of wall time"),
        "{spins}"
    );
    assert!(spins_at_once.contains("being loaded"), "{spins_at_once}");
    assert!(unparsable.contains("SyntaxError"), "{unparsable}");
    assert_eq!(
        *host.hook::<(), i64>("go").all(&()).unwrap()[0].result.as_ref().unwrap(),
        1
    );
}

/// It makes the host's own look at its functions take longer than its calls may, as a busy machine does at times.
#[test]
fn the_time_for_calls_is_not_for_what_the_host_does_to_load_a_plugin() {
    let workshop = Workshop::new(&[
        (
            "hasty.py",
            "import _ungil_plugin, time\nfind = _ungil_plugin.handler\ndef slowly(index):\n    time.sleep(0.5)\n    \
             return find(index)\n_ungil_plugin.handler = slowly\ndef go(): return 1",
        ),
        ("hasty.toml", "[limits]\nwall_time = 0.05"),
    ]);
    let host = workshop.host();
    assert_eq!(host.hook::<(), i64>("go").plugins().len(), 1);
}

#[test]
fn who_spins_in_its_teardown_is_stopped_and_that_is_told() {
    let workshop = Workshop::new(&[("spins.py", &format!("def teardown():\n    {SPIN}"))]);
    let host = workshop.builder().teardown_time(SHORT).build().unwrap();
    let events = host.events();
    host.shutdown();
    let failed = wait_for(&events, "teardown failed", failure);
    assert!(
        failed.contains("teardown()") && failed.contains("wall time"),
        "{failed}"
    );
}
