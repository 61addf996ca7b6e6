//! A host that watches its folders.

use std::{fs, time::Duration};

use ungil::plugin::{EventKind, PluginHost};

use super::workshop::{Workshop, failure, wait_for};

const QUIET: Duration = Duration::from_millis(50);

fn go(host: &PluginHost) -> Vec<i64> {
    let answers = host.hook::<(), i64>("go").all(&()).unwrap();
    answers.into_iter().map(|answer| answer.result.unwrap()).collect()
}

#[test]
fn what_changes_is_reloaded_what_comes_is_loaded_and_what_goes_is_unloaded() {
    let workshop = Workshop::new(&[
        ("shop.py", "def go(): return 1"),
        ("folder/__init__.py", "from .inner import go"),
        ("folder/inner.py", "from host import hook\n@hook\ndef go(): return 10"),
    ]);
    let host = workshop.builder().watch(QUIET).build().unwrap();
    let events = host.events();
    let wait = |plugin: &str, what: fn(&EventKind) -> bool| {
        wait_for(&events, plugin, |event| {
            (*event.plugin == *plugin && what(&event.kind)).then_some(())
        });
    };
    assert_eq!(go(&host), [10, 1]);
    workshop.write("shop.py", "def go(): return 2");
    wait("shop", |kind| matches!(kind, EventKind::Reloaded { .. }));
    workshop.write("folder/inner.py", "from host import hook\n@hook\ndef go(): return 20");
    wait("folder", |kind| matches!(kind, EventKind::Reloaded { .. }));
    assert_eq!(go(&host), [20, 2]);
    assert_eq!(
        host.plugin("shop").unwrap().generation,
        2,
        "each change of a file is one reload"
    );

    workshop.write("shop.py", "def go(:");
    wait("shop", |kind| matches!(kind, EventKind::Failed { .. }));
    assert_eq!(go(&host), [20, 2]);

    workshop.write("added.py", "def go(): return 5");
    wait("added", |kind| matches!(kind, EventKind::Loaded { .. }));
    assert_eq!(go(&host), [5, 20, 2]);
    fs::remove_file(workshop.path().join("shop.py")).unwrap();
    wait("shop", |kind| matches!(kind, EventKind::Unloaded));
    assert_eq!(go(&host), [5, 20]);

    workshop.write("wrong.py", "1 / 0");
    wait("wrong", |kind| matches!(kind, EventKind::Refused { .. }));
    workshop.write("wrong.py", "def go(): return 7");
    wait("wrong", |kind| matches!(kind, EventKind::Loaded { .. }));
    assert_eq!(go(&host), [5, 20, 7]);
    assert!(host.refused().is_empty());
}

#[test]
fn a_single_plugin_is_watched_too_and_its_neighbours_are_not_its_business() {
    let workshop = Workshop::new(&[("shop.py", "def go(): return 1"), ("other.py", "def go(): return 9")]);
    let host = PluginHost::builder()
        .plugin(workshop.path().join("shop.py"))
        .deadline(super::workshop::PATIENCE)
        .watch(QUIET)
        .build()
        .unwrap();
    let events = host.events();
    workshop.write("other.py", "def go(): return 99");
    workshop.write("shop.py", "1 / 0");
    let failed = wait_for(&events, "failed", failure);
    assert!(failed.contains("ZeroDivisionError"), "{failed}");
    workshop.write("shop.py", "def go(): return 3");
    wait_for(&events, "reloaded", |event| {
        matches!(event.kind, EventKind::Reloaded { .. }).then_some(())
    });
    assert_eq!(go(&host), [3]);
}
