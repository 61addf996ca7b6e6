//! Installed packages: the folders that pip and uv install into, and what the `.pth` files there ask for.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, version};

/// The folders of an interpreter's packages.
#[derive(Clone, Default)]
pub(crate) struct SitePackages {
    pub(crate) folders: Vec<PathBuf>,
    /// The search path is that of a starter, which has looked through them.
    pub(crate) inherited: bool,
}

/// What a line of a `.pth` file asks for.
enum Request {
    Folder(PathBuf),
    Code(String),
}

/// The folders of packages in what a host names: those of a virtual environment, else the folder itself; none if it is
/// no folder.
///
/// The environment can have been made by a Python of any version: packages without native code mostly do not mind.
pub(crate) fn folders(named: &Path) -> Vec<PathBuf> {
    let found = in_environment(named);
    if found.is_empty() && named.is_dir() {
        return vec![named.to_owned()];
    }
    found
}

fn in_environment(folder: &Path) -> Vec<PathBuf> {
    if cfg!(windows) {
        let packages = folder.join("Lib").join("site-packages");
        return packages.is_dir().then_some(packages).into_iter().collect();
    }
    let interpreters = fs::read_dir(folder.join("lib")).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = interpreters
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            ["python", "pypy", "rustpython"]
                .iter()
                .any(|kind| name.starts_with(kind))
        })
        .map(|entry| entry.path().join("site-packages"))
        .filter(|packages| packages.is_dir())
        .collect();
    // The order of a directory's entries is accidental.
    found.sort();
    found
}

/// Names the compiled files in `__pycache__` after this VM. By itself it takes CPython's names, and their magic number, for
/// code that is not CPython's: each would load what the other has written.
pub(super) fn name_bytecode(vm: &VirtualMachine) -> PyResult<()> {
    let tag = format!(
        "rustpython-{}{}{}-{}{}",
        version::MAJOR_IMPL,
        version::MINOR_IMPL,
        version::MICRO_IMPL,
        version::MAJOR,
        version::MINOR
    );
    let implementation = vm.sys_module.get_attr("implementation", vm)?;
    implementation.set_attr("cache_tag", vm.ctx.new_str(tag), vm)
}

/// Puts the folders behind those that are on `sys.path`, with what their `.pth` files name, and runs the lines of code in
/// these. What such a line raises is printed, and the next one is run.
pub(super) fn install(vm: &VirtualMachine, packages: &SitePackages) -> PyResult<()> {
    let mut code = Vec::new();
    for folder in &packages.folders {
        if !packages.inherited {
            add(vm, folder)?;
        }
        for (file, request) in requests(folder) {
            match request {
                Request::Folder(named) if !packages.inherited && named.exists() => add(vm, &named)?,
                Request::Folder(_) => {}
                Request::Code(line) => code.push((folder.clone(), file, line)),
            }
        }
    }
    if code.is_empty() {
        return Ok(());
    }
    let runner = vm.import("_ungil_pth", 0)?;
    for (folder, file, line) in code {
        if let Err(exception) = vm.call_method(&runner, "run", (text(vm, &folder), file, line)) {
            vm.print_exception(&exception);
        }
    }
    Ok(())
}

fn add(vm: &VirtualMachine, folder: &Path) -> PyResult<()> {
    let search = vm.sys_module.get_attr("path", vm)?;
    let folder = text(vm, folder);
    if !vm
        .call_method(&search, "__contains__", (folder.clone(),))?
        .try_to_bool(vm)?
    {
        vm.call_method(&search, "append", (folder,))?;
    }
    Ok(())
}

fn text(vm: &VirtualMachine, path: &Path) -> PyObjectRef {
    vm.fsdecode(path.as_os_str()).into()
}

/// What the folder's `.pth` files ask for, with their names, in the order of these.
fn requests(folder: &Path) -> Vec<(String, Request)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".pth") && !name.starts_with('.'))
        .collect();
    files.sort();
    let mut requests = Vec::new();
    for name in files {
        let bytes = fs::read(folder.join(&name)).unwrap_or_default();
        let content = String::from_utf8_lossy(&bytes);
        let lines = content.trim_start_matches('\u{feff}').lines();
        requests.extend(lines.filter_map(|line| Some((name.clone(), read_line(folder, line)?))));
    }
    requests
}

fn read_line(folder: &Path, line: &str) -> Option<Request> {
    let line = line.trim_end();
    if line.trim().is_empty() || line.starts_with('#') {
        return None;
    }
    if line.starts_with("import ") || line.starts_with("import\t") {
        return Some(Request::Code(line.to_owned()));
    }
    // As Python has it: no link is followed, but dots are taken out.
    let mut named = PathBuf::new();
    for part in folder.join(line).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if named.file_name().is_some() => drop(named.pop()),
            part => named.push(part),
        }
    }
    Some(Request::Folder(named))
}
