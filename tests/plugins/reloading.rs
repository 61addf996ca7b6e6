//! Reloading at the host's word: what switches, what stays, and what moves along.

use std::time::Duration;

use ungil::plugin::{EventKind, PluginError, PluginHost};

use super::workshop::{SPIN, Workshop, failure, wait_for};

const SHORT: Duration = Duration::from_millis(500);

fn go(host: &PluginHost) -> i64 {
    host.hook::<(), i64>("go").all(&()).unwrap().remove(0).result.unwrap()
}

/// Counts its calls, and takes the count along.
const COUNTER: &str = "count = 0\ndef go():\n    global count\n    count += 1\n    return count\n\
                       def save(): return count\ndef restore(state):\n    global count\n    count = state\n";

#[test]
fn a_new_version_takes_the_place_of_the_old_one() {
    let workshop = Workshop::new(&[("shop.py", "def go(): return 1\ndef old(): return 1")]);
    let host = workshop.host();
    let events = host.events();
    assert_eq!(go(&host), 1);
    workshop.write("shop.py", "def go(): return 2\ndef new(): return 2");
    assert_eq!(go(&host), 1, "nobody has looked yet");
    host.reload("shop").unwrap();
    assert_eq!(go(&host), 2);
    assert_eq!(host.hook::<(), i64>("new").all(&()).unwrap().len(), 1);
    assert_eq!(host.hook::<(), i64>("old").all(&()).unwrap().len(), 0);
    let reloaded = wait_for(&events, "reloaded", |event| match event.kind {
        EventKind::Reloaded {
            generation,
            state_moved,
            ..
        } => Some((generation, state_moved)),
        _ => None,
    });
    assert_eq!(reloaded, (2, false));
    assert_eq!(host.stats("shop").unwrap().reloads, 1);
    assert!(matches!(host.reload("other"), Err(PluginError::Unknown { .. })));
}

#[test]
fn a_version_that_cannot_be_loaded_changes_nothing() {
    let workshop = Workshop::new(&[("shop.py", "def go(): return 1")]);
    let host = workshop.builder().setup_time(Duration::from_secs(5)).build().unwrap();
    let events = host.events();
    for (bad, reason) in [
        ("def go(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("def setup(config): raise ValueError('bad')", "ValueError: bad"),
        ("def setup(config):\n    while True: pass", "wall time"),
    ] {
        workshop.write("shop.py", bad);
        let error = host.reload("shop").unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        let told = wait_for(&events, reason, failure);
        assert_eq!(told, error.to_string());
        assert_eq!(go(&host), 1);
    }
    workshop.write("shop.toml", "name = 'other'");
    workshop.write("shop.py", "def go(): return 2");
    let error = host.reload("shop").unwrap_err();
    assert!(error.to_string().contains("the name has changed"), "{error}");
    assert_eq!(go(&host), 1);
}

#[test]
fn state_moves_along() {
    let workshop = Workshop::new(&[("counter.py", COUNTER)]);
    let host = workshop.host();
    let events = host.events();
    assert_eq!((go(&host), go(&host)), (1, 2));
    host.reload("counter").unwrap();
    assert_eq!(go(&host), 3);
    let moved = wait_for(&events, "reloaded", |event| match event.kind {
        EventKind::Reloaded { state_moved, .. } => Some(state_moved),
        _ => None,
    });
    assert!(moved);
    // Without restore() there is nothing to move to.
    workshop.write("counter.py", "def go(): return 0");
    host.reload("counter").unwrap();
    assert_eq!(go(&host), 0);
}

#[test]
fn state_that_cannot_move_keeps_the_old_version_and_its_state() {
    let save_spins = COUNTER.replace("def save(): return count", &format!("def save():\n    {SPIN}"));
    assert_ne!(save_spins, COUNTER);
    let workshop = Workshop::new(&[("counter.py", &save_spins)]);
    let host = workshop.builder().state_time(SHORT).build().unwrap();
    assert_eq!(go(&host), 1);
    let error = host.reload("counter").unwrap_err();
    assert!(
        error.to_string().contains("save()") && error.to_string().contains("wall time"),
        "{error}"
    );
    assert_eq!(go(&host), 2);

    let workshop = Workshop::new(&[("counter.py", COUNTER)]);
    let host = workshop.host();
    assert_eq!(go(&host), 1);
    workshop.write(
        "counter.py",
        &COUNTER.replace("    count = state", "    raise ValueError(state)"),
    );
    let error = host.reload("counter").unwrap_err();
    assert!(
        error.to_string().contains("restore()") && error.to_string().contains("ValueError: 1"),
        "{error}"
    );
    assert_eq!(go(&host), 2);

    workshop.write(
        "counter.py",
        &COUNTER.replace("def save(): return count", "def save(): return print"),
    );
    host.reload("counter").unwrap();
    let error = host.reload("counter").unwrap_err();
    assert!(error.to_string().contains("save()"), "{error}");
    assert_eq!(go(&host), 3);
}

#[test]
fn calls_that_are_under_way_finish_on_the_old_version() {
    let workshop = Workshop::new(&[("shop.py", "from host import gate\ndef go():\n    gate()\n    return 1")]);
    let (entered, has_entered) = std::sync::mpsc::channel();
    let (open, opened) = std::sync::mpsc::channel::<()>();
    let ends = std::sync::Mutex::new((entered, opened));
    let gate = move || {
        let (entered, opened) = &*ends.lock().unwrap();
        entered.send(()).unwrap();
        let _ = opened.recv();
    };
    let gate = ungil::plugin::Offer::function("gate", ungil::plugin::ApiVersion::new(1, 0), gate);
    let host = workshop.builder().offer(gate).build().unwrap();
    let events = host.events();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| go(&host));
        has_entered.recv().unwrap();
        workshop.write("shop.py", "def go(): return 2");
        let reload = scope.spawn(|| host.reload("shop").unwrap());
        wait_for(&events, "reloaded", |event| {
            matches!(event.kind, EventKind::Reloaded { .. }).then_some(())
        });
        assert_eq!(go(&host), 2);
        assert!(!call.is_finished() && !reload.is_finished());
        open.send(()).unwrap();
        assert_eq!(call.join().unwrap(), 1);
        reload.join().unwrap();
    });
}
