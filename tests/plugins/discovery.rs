//! What is a plugin, what is not, and what is refused for where it is.

use std::{fs, os::unix::fs::symlink};

use ungil::plugin::{EventKind, PluginError, PluginHost};

use super::workshop::{Workshop, failure, wait_for};

fn names(host: &PluginHost) -> Vec<String> {
    host.plugins().iter().map(|plugin| plugin.name.to_string()).collect()
}

#[test]
fn files_and_package_folders_are_plugins() {
    let workshop = Workshop::new(&[
        ("single.py", "def go(): return 'single'"),
        (
            "package/__init__.py",
            "from .inner import word\nfrom package.inner import word as again\ndef go(): return word + again",
        ),
        ("package/inner.py", "word = 'pack'"),
        ("entered/plugin.toml", "entry = 'main.py'\npackages = 'vendor'"),
        ("entered/main.py", "import helper\ndef go(): return helper.word"),
        ("entered/vendor/helper.py", "word = 'vendored'"),
        ("_hidden.py", "1/0"),
        (".hidden.py", "1/0"),
        ("notes.txt", ""),
        ("data/notes.txt", ""),
    ]);
    let host = workshop.host();
    assert_eq!(names(&host), ["entered", "package", "single"]);
    let answers = host.hook::<(), String>("go").all(&()).unwrap();
    let answers: Vec<String> = answers.into_iter().map(|answer| answer.result.unwrap()).collect();
    assert_eq!(answers, ["vendored", "packpack", "single"]);
}

#[test]
fn of_two_plugins_with_one_name_neither_is_taken_and_both_paths_are_told() {
    let workshop = Workshop::new(&[("twin.py", ""), ("twin/__init__.py", ""), ("other.py", "")]);
    let host = workshop.builder().build().unwrap();
    assert_eq!(names(&host), ["other"]);
    let refused = host.refused();
    assert_eq!(refused.len(), 2);
    for (_, error) in refused {
        let PluginError::Duplicate { name, first, second } = &*error else {
            panic!("{error}");
        };
        assert_eq!(name, "twin");
        assert_eq!([first, second], [&workshop.file("twin"), &workshop.file("twin.py")]);
    }
}

#[test]
fn one_that_comes_later_with_a_known_name_does_not_push_out_the_first() {
    let workshop = Workshop::new(&[("twin.py", "def go(): return 1")]);
    let host = workshop.host();
    let elsewhere = Workshop::new(&[("twin.py", "def go(): return 2")]);
    let error = host.add(elsewhere.path().join("twin.py")).unwrap_err();
    assert!(matches!(error, PluginError::Duplicate { .. }), "{error}");
    assert_eq!(
        *host.hook::<(), i64>("go").all(&()).unwrap()[0].result.as_ref().unwrap(),
        1
    );
}

#[test]
fn links_that_lead_outside_are_refused() {
    let outside = Workshop::new(&[("secret.py", "def go(): return 'secret'"), ("folder/__init__.py", "")]);
    let workshop = Workshop::new(&[
        ("package/__init__.py", "def go(): return 1"),
        ("inside.py", "def go(): return 2"),
    ]);
    symlink(outside.path().join("secret.py"), workshop.path().join("file.py")).unwrap();
    symlink(outside.path().join("folder"), workshop.path().join("folder")).unwrap();
    fs::create_dir(workshop.path().join("entry")).unwrap();
    symlink(
        outside.path().join("secret.py"),
        workshop.path().join("entry/__init__.py"),
    )
    .unwrap();
    symlink(workshop.path().join("inside.py"), workshop.path().join("linked.py")).unwrap();
    let host = workshop.builder().build().unwrap();
    assert_eq!(names(&host), ["inside", "linked", "package"]);
    let refused = host.refused();
    let outside: Vec<bool> = refused
        .iter()
        .map(|(_, error)| matches!(&**error, PluginError::Outside { .. }))
        .collect();
    assert_eq!(outside, [true; 3], "{refused:?}");
}

#[test]
fn a_file_that_becomes_a_link_to_outside_is_not_loaded_and_the_old_version_stays() {
    let outside = Workshop::new(&[("secret.py", "def go(): return 'secret'")]);
    let workshop = Workshop::new(&[("shop.py", "def go(): return 'shop'")]);
    let host = workshop.host();
    let events = host.events();
    fs::remove_file(workshop.path().join("shop.py")).unwrap();
    symlink(outside.path().join("secret.py"), workshop.path().join("shop.py")).unwrap();
    assert!(matches!(host.reload("shop"), Err(PluginError::Outside { .. })));
    let failed = wait_for(&events, "the reload failed", failure);
    assert!(failed.contains("outside the plugin's folder"), "{failed}");
    assert_eq!(
        host.hook::<(), String>("go").all(&()).unwrap()[0]
            .result
            .as_ref()
            .unwrap(),
        "shop"
    );
}

#[test]
fn a_package_cannot_import_over_a_link_to_outside() {
    let outside = Workshop::new(&[("secret.py", "word = 'secret'")]);
    let workshop = Workshop::new(&[(
        "package/__init__.py",
        "def go():\n    from .inner import word\n    return word",
    )]);
    symlink(
        outside.path().join("secret.py"),
        workshop.path().join("package/inner.py"),
    )
    .unwrap();
    let host = workshop.host();
    let answer = host.hook::<(), String>("go").all(&()).unwrap().remove(0);
    let error = answer.result.unwrap_err();
    let exception = error.error().and_then(|error| error.as_exception()).unwrap();
    let is_refused = ["ModuleNotFoundError", "PermissionError", "ImportError"].contains(&exception.type_name());
    assert!(is_refused, "{exception}");
}

#[test]
fn a_plugin_that_deletes_itself_goes_on_until_the_host_looks() {
    let workshop = Workshop::new(&[
        (
            "suicidal/__init__.py",
            "import os\ndef go():\n    os.remove(__file__)\n    return 'gone'\ndef stay(): return 1",
        ),
        ("suicidal/plugin.toml", "[permissions]\nwrite = ['.']"),
    ]);
    let policy = ungil::plugin::Policy::new().allow(ungil::Permissions::none().allow_write(workshop.path()));
    let host = workshop.builder().policy(policy).build().unwrap();
    let events = host.events();
    let gone = host.hook::<(), String>("go").all(&()).unwrap().remove(0);
    assert_eq!(gone.result.unwrap(), "gone");
    assert!(!workshop.path().join("suicidal/__init__.py").exists());
    let error = host.reload("suicidal").unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
    assert_eq!(
        *host.hook::<(), i64>("stay").all(&()).unwrap()[0]
            .result
            .as_ref()
            .unwrap(),
        1
    );

    fs::remove_dir_all(workshop.path().join("suicidal")).unwrap();
    host.rescan();
    wait_for(&events, "unloaded", |event| {
        matches!(event.kind, EventKind::Unloaded).then_some(())
    });
    assert!(names(&host).is_empty());
}
