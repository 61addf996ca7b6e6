//! Which hooks a plugin answers, as far as its source tells without being run.

use std::{fs, path::Path};

use super::discover::Package;
use crate::{Interpreter, error::Result};

/// Names of hooks.
pub(super) struct Outline {
    /// Of functions marked as hooks, in all of the plugin's own files.
    pub(super) marked: Vec<String>,
    /// The public functions of its entry, which answer hooks of their names if there are any.
    pub(super) plain: Vec<String>,
}

/// Parses the plugin's files in an interpreter that has no permissions.
pub(super) fn of(package: &Package) -> Result<Outline> {
    let mut others = Vec::new();
    if let Some(folder) = &package.folder {
        gather(folder, package, &mut others);
    }
    let entry = String::from_utf8_lossy(&package.source).into_owned();
    let py = Interpreter::builder().build()?;
    let (marked, plain) = py.call("_ungil_outline.hooks", (entry, others))?;
    Ok(Outline { marked, plain })
}

fn gather(folder: &Path, package: &Package, sources: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && package.packages.as_ref() != Some(&path) {
            gather(&path, package, sources);
        } else if path.extension().is_some_and(|extension| extension == "py")
            && path != package.entry
            && let Ok(source) = fs::read_to_string(&path)
        {
            sources.push(source);
        }
    }
}
