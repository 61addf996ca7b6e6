//! Finding plugins, and reading one: its manifest, its entry, and what tells one version of it from the next.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Manifest, PluginError};

const MANIFEST: &str = "plugin.toml";
const PACKAGE: &str = "__init__.py";
/// How deep the folders of a plugin may be nested for its changes to be noticed.
const DEEPEST: usize = 32;

/// Where a plugin is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Location {
    /// The Python file or the folder.
    pub(super) path: PathBuf,
    /// What it must not lead out of, without links: the folder that was scanned, or that of a single plugin.
    root: PathBuf,
}

impl Location {
    /// A plugin that the host names itself. A link in the path is the host's own wish.
    pub(super) fn single(path: &Path) -> Result<Self, PluginError> {
        let path = std::path::absolute(path).map_err(|error| PluginError::io(path, error))?;
        let parent = path.parent().unwrap_or(&path);
        let root = fs::canonicalize(parent).map_err(|error| PluginError::io(parent, error))?;
        let path = root.join(path.file_name().unwrap_or_default());
        Ok(Self { path, root })
    }

    /// The name that the plugin has if its manifest does not say one.
    pub(super) fn default_name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The folders in which files of a single plugin change, and whether what is below them matters, too.
    pub(super) fn watched(&self) -> Vec<(PathBuf, bool)> {
        let own = self.path.is_dir().then(|| (self.path.clone(), true));
        own.into_iter().chain([(self.root.clone(), false)]).collect()
    }

    /// Whether a file at that path is of this plugin.
    pub(super) fn has(&self, path: &Path) -> bool {
        path.starts_with(&self.path) || path == self.beside()
    }

    pub(super) fn exists(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    /// The manifest of a plugin that is a single file.
    fn beside(&self) -> PathBuf {
        self.path.with_extension("toml")
    }

    /// The path without links, if it stays below `root`.
    fn inside(path: &Path, root: &Path) -> Result<PathBuf, PluginError> {
        let real = fs::canonicalize(path).map_err(|error| PluginError::io(path, error))?;
        if real.starts_with(root) {
            return Ok(real);
        }
        Err(PluginError::Outside {
            path: path.to_owned(),
            target: real,
        })
    }

    /// Reads the plugin as it is now.
    pub(super) fn read(&self) -> Result<Package, PluginError> {
        let real = Self::inside(&self.path, &self.root)?;
        let is_folder = fs::metadata(&real)
            .map_err(|error| PluginError::io(&real, error))?
            .is_dir();
        let name = self.default_name();
        let no_manifest = || Manifest::named(&name).map_err(|message| PluginError::manifest(&self.path, message));
        let read_manifest = |file: PathBuf, root: &Path, folder: &Path| match fs::symlink_metadata(&file) {
            Ok(_) => Manifest::read(&Self::inside(&file, root)?, folder, &name),
            Err(_) => no_manifest(),
        };
        let (manifest, entry, folder, packages) = if is_folder {
            let manifest = read_manifest(real.join(MANIFEST), &real, &real)?;
            let entry = real.join(manifest.entry.as_deref().unwrap_or(Path::new(PACKAGE)));
            let entry = Self::inside(&entry, &real)?;
            let packages = manifest
                .packages
                .as_ref()
                .map(|folder| Self::inside(&real.join(folder), &real));
            (manifest, entry, Some(real.clone()), packages.transpose()?)
        } else {
            let manifest = read_manifest(self.beside(), &self.root, &self.root)?;
            for (key, path) in [("entry", &manifest.entry), ("packages", &manifest.packages)] {
                if path.is_some() {
                    let message = format!("{key} is for a plugin in a folder of its own; this one is the file itself");
                    return Err(PluginError::manifest(self.beside(), message));
                }
            }
            (manifest, real.clone(), None, None)
        };
        let source = fs::read(&entry).map_err(|error| PluginError::io(&entry, error))?;
        let mut hasher = DefaultHasher::new();
        source.hash(&mut hasher);
        match &folder {
            Some(folder) => hash_folder(folder, &mut hasher, 0),
            None => fs::read(self.beside()).ok().hash(&mut hasher),
        }
        Ok(Package {
            manifest,
            entry,
            source: source.into(),
            folder,
            packages,
            fingerprint: hasher.finish(),
        })
    }
}

/// A plugin as it was read from its files.
#[derive(Clone, Debug)]
pub(super) struct Package {
    pub(super) manifest: Manifest,
    /// The file that is run.
    pub(super) entry: PathBuf,
    pub(super) source: Arc<[u8]>,
    /// Of a plugin that is no single file.
    pub(super) folder: Option<PathBuf>,
    pub(super) packages: Option<PathBuf>,
    /// Another one if a file of the plugin has changed.
    pub(super) fingerprint: u64,
}

/// Files that Python, editors and version control leave are no part of the plugin.
fn hash_folder(folder: &Path, hasher: &mut DefaultHasher, depth: usize) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if !is_of_interest(&path) || depth > DEEPEST {
            continue;
        }
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => hash_folder(&path, hasher, depth + 1),
            Ok(_) => {
                path.hash(hasher);
                // Links too, as what is imported by way of them; where they lead out, the plugin cannot read either.
                let is_code = path
                    .extension()
                    .is_some_and(|extension| extension == "py" || extension == "toml");
                if is_code {
                    fs::read(&path).ok().hash(hasher);
                }
            }
            Err(_) => {}
        }
    }
}

/// Whether a change at that path can change a plugin.
pub(super) fn is_of_interest(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_cache = path.components().any(|part| part.as_os_str() == "__pycache__");
    !is_cache && !name.starts_with('.') && !name.ends_with('~')
}

/// The plugins in a folder, in the order of their names: Python files, and folders with a manifest or an `__init__.py`.
pub(super) fn scan(folder: &Path) -> Result<Vec<Location>, PluginError> {
    let root = fs::canonicalize(folder).map_err(|error| PluginError::io(folder, error))?;
    let entries = fs::read_dir(&root).map_err(|error| PluginError::io(folder, error))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let is_plugin = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_package = || {
            [MANIFEST, PACKAGE]
                .iter()
                .any(|file| fs::symlink_metadata(path.join(file)).is_ok())
        };
        let hidden = name.starts_with(['.', '_']) || name.ends_with('~');
        !hidden && (path.extension().is_some_and(|extension| extension == "py") || (path.is_dir() && is_package()))
    };
    paths.retain(is_plugin);
    let root = &root;
    Ok(paths
        .into_iter()
        .map(|path| Location {
            path,
            root: root.clone(),
        })
        .collect())
}

/// Reads the plugins, and sorts out those that share a name: neither of two is taken.
pub(super) fn read_all(locations: Vec<Location>) -> Vec<(Location, Result<Package, PluginError>)> {
    let mut read: Vec<_> = locations
        .into_iter()
        .map(|location| {
            let package = location.read();
            (location, package)
        })
        .collect();
    let names: Vec<Option<(String, PathBuf)>> = read
        .iter()
        .map(|(location, package)| {
            let package = package.as_ref().ok()?;
            Some((package.manifest.name.clone(), location.path.clone()))
        })
        .collect();
    for (index, (_, package)) in read.iter_mut().enumerate() {
        let Some((name, path)) = &names[index] else {
            continue;
        };
        let same = |(other, entry): (usize, &Option<(String, PathBuf)>)| {
            let entry = entry.as_ref()?;
            (other != index && entry.0 == *name && entry.1 != *path).then(|| (other, entry.1.clone()))
        };
        if let Some((other, other_path)) = names.iter().enumerate().find_map(same) {
            let (first, second) = if other < index {
                (other_path, path.clone())
            } else {
                (path.clone(), other_path)
            };
            *package = Err(PluginError::Duplicate {
                name: name.clone(),
                first,
                second,
            });
        }
    }
    read
}
