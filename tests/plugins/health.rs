//! Plugins that keep failing are left alone for a growing time; lost interpreters are replaced.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ungil::plugin::{CallError, Clock, EventKind, Health, Hook, PluginHost, Quarantine};

use super::workshop::{Workshop, wait_for};

const SECOND: Duration = Duration::from_secs(1);

/// A host whose quarantines begin after two failures, and the time that they go by.
fn host(workshop: &Workshop) -> (PluginHost, Arc<Mutex<Instant>>) {
    let time = Arc::new(Mutex::new(Instant::now()));
    let now = time.clone();
    let host = workshop
        .builder()
        .clock(Clock::new(move || *now.lock().unwrap()))
        .quarantine(Quarantine::new().after(2).pause(SECOND, 3 * SECOND))
        .build()
        .unwrap();
    (host, time)
}

fn call(hook: &Hook<(bool,), i64>, well: bool) -> Result<i64, CallError> {
    hook.all(&(well,)).unwrap().remove(0).result
}

#[test]
fn a_plugin_that_fails_again_and_again_is_left_alone_for_longer_and_longer() {
    let workshop = Workshop::new(&[("moody.py", "def go(well):\n    return 1 if well else 1 / 0")]);
    let (host, time) = host(&workshop);
    let events = host.events();
    let go = host.hook("go");
    assert_eq!(host.health("moody").unwrap(), Health::Ok);
    assert!(call(&go, false).is_err());
    assert_eq!(host.health("moody").unwrap(), Health::Failing { failures: 1 });
    assert!(call(&go, true).is_ok());
    assert_eq!(host.health("moody").unwrap(), Health::Ok, "a success in between");

    assert!(call(&go, false).is_err());
    for pause in [1, 2, 3, 3].map(|n| n * SECOND) {
        assert!(matches!(call(&go, false), Err(CallError::Failed(_))));
        let quarantined = wait_for(&events, "quarantined", |event| match event.kind {
            EventKind::Quarantined { pause, .. } => Some(pause),
            _ => None,
        });
        assert_eq!(quarantined, pause);
        assert_eq!(host.health("moody").unwrap(), Health::Quarantined { remaining: pause });
        *time.lock().unwrap() += pause - SECOND / 2;
        let refused = call(&go, true);
        assert!(
            matches!(refused, Err(CallError::Quarantined { remaining }) if remaining == SECOND / 2),
            "{refused:?}"
        );
        *time.lock().unwrap() += SECOND / 2;
    }
    assert_eq!(call(&go, true).unwrap(), 1, "the trial");
    wait_for(&events, "recovered", |event| {
        matches!(event.kind, EventKind::Recovered).then_some(())
    });
    assert_eq!(host.health("moody").unwrap(), Health::Ok);
    assert_eq!(call(&go, true).unwrap(), 1);
}

#[test]
fn one_that_exceeds_limits_is_quarantined_and_the_others_are_called() {
    let workshop = Workshop::new(&[
        ("greedy.py", "def go(well):\n    while True: pass"),
        ("greedy.toml", "[limits]\nwall_time = 0.2"),
        ("modest.py", "def go(well): return 2"),
    ]);
    let (host, _time) = host(&workshop);
    let events = host.events();
    let go = host.hook::<(bool,), i64>("go");
    for _ in 0..2 {
        let answers = go.all(&(true,)).unwrap();
        assert!(
            answers[0]
                .result
                .as_ref()
                .unwrap_err()
                .error()
                .unwrap()
                .as_limit()
                .is_some()
        );
        assert_eq!(*answers[1].result.as_ref().unwrap(), 2);
    }
    let failures = wait_for(&events, "quarantined", |event| match event.kind {
        EventKind::Quarantined { failures, .. } => Some(failures),
        _ => None,
    });
    assert_eq!(failures, 2);
    let answers = go.all(&(true,)).unwrap();
    assert!(matches!(answers[0].result, Err(CallError::Quarantined { .. })));
    assert!(answers[1].result.is_ok());
    let stats = host.stats("greedy").unwrap();
    assert_eq!((stats.calls, stats.hooks["go"].timeouts), (2, 2));
}

#[test]
fn a_reload_ends_a_quarantine() {
    let workshop = Workshop::new(&[("moody.py", "def go(well): return 1 / 0")]);
    let (host, _time) = host(&workshop);
    let go = host.hook("go");
    for _ in 0..2 {
        assert!(call(&go, true).is_err());
    }
    assert!(matches!(call(&go, true), Err(CallError::Quarantined { .. })));
    workshop.write("moody.py", "def go(well): return 5");
    host.reload("moody").unwrap();
    assert_eq!(call(&go, true).unwrap(), 5);
}

#[test]
fn a_lost_interpreter_is_replaced_and_set_up_again() {
    let workshop = Workshop::new(&[
        (
            "stuck.py",
            "import math\nready = 0\ndef setup(config):\n    global ready\n    ready = 7\n\
             def go(well):\n    return ready if well else math.factorial(1_000_000) and 0",
        ),
        ("stuck.toml", "[limits]\nwall_time = 1"),
    ]);
    let (host, _time) = host(&workshop);
    let events = host.events();
    let go = host.hook("go");
    assert_eq!(call(&go, true).unwrap(), 7);
    let error = call(&go, false).unwrap_err();
    assert!(matches!(error, CallError::Lost(_)), "{error:?}");
    wait_for(&events, "lost", |event| {
        matches!(event.kind, EventKind::Lost).then_some(())
    });
    wait_for(&events, "recovered", |event| {
        matches!(event.kind, EventKind::Recovered).then_some(())
    });
    assert_eq!(call(&go, true).unwrap(), 7);
    let plugin = host.plugin("stuck").unwrap();
    assert_eq!((plugin.generation, plugin.health), (2, Health::Ok));
}
