//! What the build scripts of all stand-ins share: obtain a crate's pristine source, patch it, and lay it out where the
//! stand-in's manifest expects it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// Names a folder of pristine crates, each in a folder `<name>-<version>`, for builds without a network.
const SOURCE_VARIABLE: &str = "UNGIL_VM_SOURCE";

/// Lays out `folders` of the crate that this stand-in replaces, patched, in `upstream/`.
///
/// Only files that changed are written, because cargo compiles again what is newer than the last build.
pub fn lay_out(folders: &[&str]) {
    if let Err(error) = try_lay_out(folders) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn try_lay_out(folders: &[&str]) -> Result<(), String> {
    let name = variable("CARGO_PKG_NAME")?;
    let version = variable("CARGO_PKG_VERSION")?;
    let stand_in = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let upstream = stand_in.join("upstream");
    let marker = upstream.join("complete");

    println!("cargo::rerun-if-env-changed={SOURCE_VARIABLE}");
    for input in [
        "build.rs",
        "../standin.rs",
        "patches",
        "source/Cargo.toml",
        "source/Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    println!("cargo::rerun-if-changed={}", marker.display());

    let pristine = pristine_source(&name, &version, &stand_in.join("source"))?;
    let mut files = BTreeMap::new();
    for folder in folders {
        read_tree(&pristine, Path::new(folder), &mut files)?;
    }

    let patches = list(&stand_in.join("patches"))?;
    let patches: Vec<_> = patches
        .iter()
        .filter(|path| path.extension() == Some(OsStr::new("patch")))
        .collect();
    let mut names = Vec::new();
    for patch in patches {
        println!("cargo::rerun-if-changed={}", patch.display());
        let name = patch.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(patch).map_err(|error| describe(patch, error))?;
        apply(&text, &mut files).map_err(|error| format!("patch {name} does not apply: {error}"))?;
        names.push(name);
    }

    write_tree(&upstream, &files)?;
    write_marker(&marker)?;
    // Reaches the build scripts of direct dependents as DEP_<links>_PATCHES.
    println!("cargo::metadata=patches={}", names.join(" "));
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set: this script is run by cargo"))
}

fn describe(path: &Path, error: impl std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// The folder of the unchanged crate: from the named folder, or from cargo, which checks what it downloads against the
/// lock file in `source`.
fn pristine_source(name: &str, version: &str, source: &Path) -> Result<PathBuf, String> {
    if let Some(folder) = env::var_os(SOURCE_VARIABLE) {
        let folder = PathBuf::from(folder).join(format!("{name}-{version}"));
        return if folder.join("Cargo.toml").is_file() {
            Ok(folder)
        } else {
            Err(format!(
                "{SOURCE_VARIABLE} is set, but there is no crate in {}",
                folder.display()
            ))
        };
    }

    // A copy, so that nothing but `upstream/` is written in the stand-in's folder.
    let package = PathBuf::from(variable("OUT_DIR")?).join("source");
    fs::create_dir_all(&package).map_err(|error| describe(&package, error))?;
    for file in ["Cargo.toml", "Cargo.lock"] {
        let to = package.join(file);
        fs::copy(source.join(file), &to).map_err(|error| describe(&to, error))?;
    }
    let library = package.join("lib.rs");
    fs::write(&library, "").map_err(|error| describe(&library, error))?;

    // Without the network first: most often the crate is there.
    let output = cargo_metadata(&package, &["--offline"])
        .or_else(|_| cargo_metadata(&package, &[]))
        .map_err(|error| {
            format!("cargo cannot get {name} {version}: {error}\nFor a build without a network, set {SOURCE_VARIABLE}.")
        })?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output).map_err(|error| format!("cargo metadata: {error}"))?;
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == name && package["version"] == version)
        .and_then(|package| Path::new(package["manifest_path"].as_str()?).parent())
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("cargo metadata does not list {name} {version}"))
}

fn cargo_metadata(package: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(package)
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(arguments);
    // Dependencies of other platforms need not be downloaded.
    command.args(["--filter-platform", &variable("HOST")?]);
    // What describes the build that this script is part of, not the package that is asked about.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let of_this_build = [
            "CARGO_PKG_",
            "CARGO_CFG_",
            "CARGO_FEATURE_",
            "CARGO_MANIFEST_",
            "CARGO_BUILD_",
            "DEP_",
        ]
        .iter()
        .any(|prefix| text.starts_with(prefix))
            || text.contains("RUSTFLAGS")
            || text.starts_with("RUSTC")
            || ["CARGO_TARGET_DIR", "CARGO_MAKEFLAGS", "MAKEFLAGS", "TARGET", "HOST"].contains(&&*text);
        if of_this_build {
            command.env_remove(name);
        }
    }
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| describe(folder, error))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| describe(folder, error))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read_tree(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<(), String> {
    for path in list(&root.join(folder))? {
        let relative = folder.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            read_tree(root, &relative, files)?;
        } else {
            let content = fs::read(&path).map_err(|error| describe(&path, error))?;
            files.insert(relative, content);
        }
    }
    Ok(())
}

/// Applies a patch of one or more files, as `diff -u` or `git diff` write it, possibly below an explanation.
fn apply(patch: &str, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<(), String> {
    let lines: Vec<&str> = patch.split_inclusive('\n').collect();
    let starts: Vec<usize> = (0..lines.len().saturating_sub(1))
        .filter(|&at| lines[at].starts_with("--- ") && lines[at + 1].starts_with("+++ "))
        .collect();
    if starts.is_empty() {
        return Err("it names no file".into());
    }
    for (nth, &start) in starts.iter().enumerate() {
        let end = starts.get(nth + 1).copied().unwrap_or(lines.len());
        let text = lines[start..end].concat();
        let patch = diffy::Patch::from_str(&text).map_err(|error| error.to_string())?;
        let name = patch
            .modified()
            .and_then(|name| name.strip_prefix("b/"))
            .ok_or("a file name without b/")?;
        let path: PathBuf = name.split('/').collect();
        let old: &[u8] = match files.get(&path) {
            Some(old) => old,
            // A file that the patch adds.
            None if patch.original() == Some("/dev/null") => &[],
            None => return Err(format!("there is no {name}")),
        };
        let old = str::from_utf8(old).map_err(|error| format!("{name}: {error}"))?;
        let new = diffy::apply(old, &patch).map_err(|error| format!("{name}: {error}"))?;
        files.insert(path, new.into_bytes());
    }
    Ok(())
}

/// Makes the folder hold exactly these files.
fn write_tree(root: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> Result<(), String> {
    let mut stale = BTreeMap::new();
    if root.is_dir() {
        read_tree(root, Path::new(""), &mut stale)?;
    }
    for (path, content) in files {
        if stale.remove(path).as_ref() != Some(content) {
            write(&root.join(path), content)?;
        }
    }
    let mut folders = BTreeSet::new();
    for path in stale.keys().filter(|path| *path != Path::new("complete")) {
        let path = root.join(path);
        fs::remove_file(&path).map_err(|error| describe(&path, error))?;
        folders.extend(path.parent().map(Path::to_path_buf));
    }
    for folder in folders.iter().rev() {
        // Fails when something is left in it, which is right.
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

/// Another build may be reading: a file is there with its old content or with its new one.
fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    let write = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{}", std::process::id()));
        fs::write(&part, content)?;
        fs::rename(&part, path)
    };
    write().map_err(|error| describe(path, error))
}

/// A file that this script declares as an input, so that it runs again when somebody deletes `upstream/`. It is dated
/// back: an input newer than the run would make cargo run the script once more.
fn write_marker(path: &Path) -> Result<(), String> {
    if path.is_file() {
        return Ok(());
    }
    let write = || -> io::Result<()> {
        let file = fs::File::create(path)?;
        file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400))
    };
    write().map_err(|error| describe(path, error))
}
