//! Checks that the patched VM is in place. Without its patches interpreters on different threads are not sound, so
//! this crate refuses to be built on the VM as it is in the registry.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=vm/rustpython-vm/patches");
    println!("cargo::rerun-if-changed=stdlib");
    println!(
        "cargo::rustc-env=UNGIL_STDLIB_STAMP={:016x}",
        stamp(Path::new("stdlib"))
    );
    println!("cargo::rerun-if-env-changed=DEP_UNGIL_RUSTPYTHON_VM_PATCHES");

    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let applied = env::var("DEP_UNGIL_RUSTPYTHON_VM_PATCHES").unwrap_or_default();
    let applied: Vec<&str> = applied.split_whitespace().collect();
    let missing: Vec<String> = wanted(&Path::new(&root).join("vm/rustpython-vm/patches"))
        .into_iter()
        .filter(|name| !applied.contains(&name.as_str()))
        .collect();
    if applied.is_empty() {
        fail(
            "`ungil` needs a patched `rustpython-vm`, and this build uses the one from the registry.",
            &root,
        );
    } else if !missing.is_empty() {
        let missing = missing.join(", ");
        fail(
            &format!("`ungil` is built on a `rustpython-vm` that lacks these of its patches: {missing}."),
            &root,
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
    let lines = [
        reason.to_string(),
        "Add to the Cargo.toml of your workspace, when you depend on ungil by path:".into(),
        String::new(),
        "    [patch.crates-io]".into(),
        format!("    rustpython-vm = {{ path = \"{root}/vm/rustpython-vm\" }}"),
        String::new(),
        "or, when you take it from git (with the same branch, tag or rev, if you name one):".into(),
        String::new(),
        "    [patch.crates-io]".into(),
        format!("    rustpython-vm = {{ git = \"{repository}\" }}"),
    ];
    for line in lines {
        println!("cargo::error={line}");
    }
}
