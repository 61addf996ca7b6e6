//! Folders: where modules and packages are, and where we keep our own things.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// What a zip file has near its end: the mark of its directory, which a comment of up to 64 KiB can follow.
const ZIP_DIRECTORY: &[u8] = b"PK\x05\x06";
const ZIP_TAIL: u64 = 22 + 0xFFFF;

/// The folders of a list such as PYTHONPATH; an empty entry is the working directory.
pub(super) fn split(list: &OsStr) -> Vec<PathBuf> {
    env::split_paths(list)
        .map(|folder| {
            if folder.as_os_str().is_empty() {
                env::current_dir().unwrap_or_default()
            } else {
                folder
            }
        })
        .collect()
}

/// The virtual environment to use: the activated one, else a `.venv` in the working directory.
pub(super) fn virtual_environment() -> Option<PathBuf> {
    env::var_os("VIRTUAL_ENV")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(env::current_dir().ok()?.join(".venv")))
        .filter(|folder| folder.is_dir())
}

/// The folders of a virtual environment that packages are installed in. It can have been made by a Python of any
/// version: packages without native code mostly do not mind.
pub(super) fn site_packages(environment: &Path) -> Vec<PathBuf> {
    if cfg!(windows) {
        let folder = environment.join("Lib").join("site-packages");
        return folder.is_dir().then_some(folder).into_iter().collect();
    }
    let Ok(entries) = fs::read_dir(environment.join("lib")) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("python") || name.starts_with("rustpython")
        })
        .map(|entry| entry.path().join("site-packages"))
        .filter(|folder| folder.is_dir())
        .collect();
    // The order of a directory's entries is accidental.
    folders.sort();
    folders
}

/// Whether a file may be a zip file, whatever stands in front of the archive. A script seldom looks like one, but only
/// the importer knows.
pub(super) fn looks_like_zip(file: &mut File) -> bool {
    let mut tail = Vec::new();
    let mut read = || -> std::io::Result<()> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(ZIP_TAIL)))?;
        file.take(ZIP_TAIL).read_to_end(&mut tail)?;
        Ok(())
    };
    read().is_ok() && tail.windows(ZIP_DIRECTORY.len()).any(|window| window == ZIP_DIRECTORY)
}

/// Where the lines typed at the prompt are kept; `None` if the user has no folder for such things.
pub(super) fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
    };
    let data = if cfg!(windows) {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library").join("Application Support"))
    } else {
        folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local").join("share")))
    };
    Some(data?.join("ungil").join("history"))
}
