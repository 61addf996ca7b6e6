//! Checks that the patched crates of the VM are in place. Without the patches interpreters on different threads are not
//! sound, so this crate refuses to be built on the crates as they are in the registry.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

/// The crates that have a stand-in below `vm/`. The first two must be in use; the others mend what the compiler refuses.
const STAND_INS: [&str; 4] = [
    "rustpython-vm",
    "rustpython-sre_engine",
    "rustpython-compiler",
    "rustpython-codegen",
];
const NEEDED: usize = 2;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=stdlib");
    println!(
        "cargo::rustc-env=UNGIL_STDLIB_STAMP={:016x}",
        stamp(Path::new("stdlib"))
    );
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    for name in &STAND_INS[..NEEDED] {
        check(name, &root);
    }
}

/// Ends the build if the stand-in of that crate is not in use, or not this version's.
fn check(name: &str, root: &str) {
    let patches = format!("vm/{name}/patches");
    let variable = format!("DEP_UNGIL_{}_PATCHES", name.to_uppercase().replace('-', "_"));
    println!("cargo::rerun-if-changed={patches}");
    println!("cargo::rerun-if-env-changed={variable}");
    let applied = env::var(variable).unwrap_or_default();
    let applied: Vec<&str> = applied.split_whitespace().collect();
    let missing: Vec<String> = wanted(&Path::new(root).join(patches))
        .into_iter()
        .filter(|name| !applied.contains(&name.as_str()))
        .collect();
    if applied.is_empty() {
        fail(
            &format!("`ungil` needs a patched `{name}`, and this build uses the one from the registry."),
            root,
        );
    } else if !missing.is_empty() {
        let missing = missing.join(", ");
        fail(
            &format!("`ungil` is built on a `{name}` that lacks these of its patches: {missing}."),
            root,
        );
    }
}

/// A number that changes with any file below `folder`: the macro that freezes them is not run again by itself.
fn stamp(folder: &Path) -> u64 {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    let mut hasher = DefaultHasher::new();
    for path in entries {
        path.hash(&mut hasher);
        if path.is_dir() {
            stamp(&path).hash(&mut hasher);
        } else {
            fs::read(&path).unwrap_or_default().hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The names of the patches that belong to this version.
fn wanted(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "patch"))
        .filter_map(|path| path.file_stem()?.to_str().map(String::from))
        .collect()
}

fn fail(reason: &str, root: &str) {
    let repository = match env::var("CARGO_PKG_REPOSITORY") {
        Ok(address) if !address.is_empty() => address,
        _ => "<the address you take ungil from>".into(),
    };
    let mut lines = vec![
        reason.to_string(),
        "Add to the Cargo.toml of your workspace, when you depend on ungil by path:".into(),
        String::new(),
        "    [patch.crates-io]".into(),
    ];
    lines.extend(STAND_INS.map(|name| format!("    {name} = {{ path = \"{root}/vm/{name}\" }}")));
    lines.extend([
        String::new(),
        "or, when you take it from git (with the same branch, tag or rev, if you name one):".into(),
        String::new(),
        "    [patch.crates-io]".into(),
    ]);
    lines.extend(STAND_INS.map(|name| format!("    {name} = {{ git = \"{repository}\" }}")));
    for line in lines {
        println!("cargo::error={line}");
    }
}
