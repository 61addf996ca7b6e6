//! Every kind of mistake in a manifest is told, with its place and what to write instead.

use super::workshop::{Workshop, refusal};

const MISTAKES: &[(&str, &[&str])] = &[
    ("name = ", &["plugin.toml", "line 1"]),
    ("nmae = 'x'", &["unknown field `nmae`", "line 1"]),
    ("name = 3", &["invalid type", "string"]),
    ("name = 'no good'", &["\"no good\" is no name", "letters, digits"]),
    ("name = '../other'", &["is no name"]),
    ("name = ''", &["is no name"]),
    ("api = '1.x'", &["\"1.x\" is no version"]),
    ("api = '2.0'", &["wants version 2.0", "at 1.0"]),
    ("api = '1.1'", &["wants version 1.1"]),
    ("entry = '/etc/passwd'", &["entry must be a path below"]),
    ("entry = '../x.py'", &["entry must be a path below"]),
    ("entry = 'data.txt'", &["entry must be a Python file"]),
    ("entry = 'missing.py'", &["missing.py cannot be read"]),
    ("packages = '..'", &["packages must be a path below"]),
    ("packages = 'vendor'", &["vendor cannot be read"]),
    ("uses = ['@2']", &["names nothing", "name@version"]),
    ("uses = ['stock@new']", &["\"new\" is no version"]),
    (
        "required = ['connect']",
        &["\"connect\" is required, but [permissions] does not ask"],
    ),
    (
        "required = ['memory']",
        &["\"memory\" is required, but [limits] does not ask"],
    ),
    ("required = ['conect']", &["neither a permission nor a limit"]),
    (
        "required = ['stock']\nuses = ['stock@1']",
        &["requires what it is not allowed", "stock version 1.0"],
    ),
    ("[permissions]\nconect = []", &["unknown field `conect`", "line 2"]),
    ("[permissions]\nclock = 'yes'", &["invalid type", "boolean"]),
    ("[limits]\nwall_time = -1", &["-1 is no time"]),
    ("[limits]\nwall_time = 'soon'", &["invalid type"]),
    ("[limits]\nmemory = '64X'", &["64X is no size"]),
    ("[limits]\nmemory = 1.5", &["no size"]),
    (
        "required = ['env']\n[permissions]\nenv = ['HOME']",
        &["requires what it is not allowed", "env HOME"],
    ),
    ("config = 3", &["invalid type"]),
];

#[test]
fn every_mistake_is_told() {
    for (text, expected) in MISTAKES {
        let workshop = Workshop::new(&[("probe/__init__.py", ""), ("probe/plugin.toml", text)]);
        let message = refusal(&workshop);
        for part in *expected {
            assert!(message.contains(part), "{text:?}: {part:?} is not in {message:?}");
        }
    }
}

#[test]
fn a_single_file_has_its_manifest_beside_it() {
    let workshop = Workshop::new(&[
        ("a.py", "def go(): return 1"),
        ("a.toml", "name = 'renamed'\nversion = '3.1'"),
    ]);
    let host = workshop.host();
    assert_eq!(host.plugin("renamed").unwrap().version.as_deref(), Some("3.1"));
    workshop.write("b.py", "");
    workshop.write("b.toml", "entry = 'c.py'");
    host.rescan();
    let refused = host.refused();
    assert!(
        refused[0].1.to_string().contains("a plugin in a folder of its own"),
        "{refused:?}"
    );
}

#[test]
fn what_is_written_is_what_is_read() {
    let text = "name = 'full'\nversion = '2'\napi = '1'\nentry = 'src/main.py'\npackages = 'vendor'\nuses = ['a@1.2', 'b']\n\
                [permissions]\nread = ['data']\nsubscribe = ['x.*']\n[limits]\nmemory = '1K'\ncpu_time = 2\n\
                [config]\nday = 2025-01-02\nlist = [1, 'a', {b = 1.5}]";
    let manifest = ungil::plugin::Manifest::parse(text, "/plugins/full".as_ref()).unwrap();
    assert_eq!(manifest.subscribe, ["x.*"]);
    assert_eq!(
        manifest.limits,
        ungil::Limits::new()
            .memory(1024)
            .cpu_time(std::time::Duration::from_secs(2))
    );
    assert_eq!(
        manifest.permissions,
        ungil::Permissions::none().allow_read("/plugins/full/data")
    );
    let versions: Vec<String> = manifest
        .uses
        .unwrap()
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    assert_eq!(versions, ["a 1.2", "b 1.0"]);
    assert_eq!(
        manifest.config.to_string(),
        "{'day': '2025-01-02', 'list': [1, 'a', {'b': 1.5}]}"
    );
}
