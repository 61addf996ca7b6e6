//! Folders: where modules and packages are, and where we keep our own things.

use std::{
    env,
    ffi::OsStr,
    fs::File,
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

/// The virtual environment to use: the activated one, else a `.venv` beside the script, else one in the working directory.
pub(super) fn virtual_environment(beside: Option<&Path>) -> Option<PathBuf> {
    // One that is being made, or was made wrong, has no packages.
    let is_complete = |folder: &PathBuf| folder.join(if cfg!(windows) { "Lib" } else { "lib" }).is_dir();
    let activated = env::var_os("VIRTUAL_ENV").filter(|folder| !folder.is_empty());
    if let Some(folder) = activated {
        return Some(PathBuf::from(folder)).filter(is_complete);
    }
    let here = env::current_dir().ok();
    let mut places = beside.into_iter().chain(here.as_deref());
    places.find_map(|place| Some(place.join(".venv")).filter(is_complete))
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
