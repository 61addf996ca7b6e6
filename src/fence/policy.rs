//! Permissions as they are enforced: resolved once, on the host's side, and asked at each step of a script.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    fs, io,
    net::SocketAddr,
    path::{Component, Path, PathBuf},
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;
use rustpython_vm::frozen::FrozenModule;

use super::{Permissions, address::NetRule, kernel, modules, permissions::Layer};
use crate::error::{Error, Result};

/// What a script wants to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    /// Learning about it: granted with either of the others.
    Look,
}

/// Folders that are granted by themselves only, not with one above them.
const SPECIAL: [&str; 3] = ["/proc", "/sys", "/dev"];

/// A granted file or folder, as it was when the permissions were resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Root {
    pub(super) path: PathBuf,
    pub(super) is_folder: bool,
    /// Device and inode, so that one put in its place later is another.
    pub(super) identity: (u64, u64),
}

/// A granted program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Program {
    Any,
    File(PathBuf),
}

impl Program {
    fn find(name: &str) -> Result<Self> {
        if name == "*" {
            return Ok(Self::Any);
        }
        let folders = if name.contains('/') {
            vec![PathBuf::new()]
        } else {
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect()
        };
        let found = folders
            .iter()
            .find_map(|folder| fs::canonicalize(folder.join(name)).ok());
        found.map(Self::File).ok_or_else(|| {
            Error::config(format!(
                "the program {name:?} cannot be granted: it is not found; give its path"
            ))
        })
    }
}

/// The permissions of an interpreter, and of what it starts.
///
/// Two are equal if a thread that is fenced for one is as good for the other.
pub(crate) struct Fence {
    rules: Rules,
    /// Addresses that granted names were resolved to.
    resolved: Mutex<HashSet<SocketAddr>>,
    /// The modules that can be imported; empty as long as nobody has asked, or if all can.
    importable: OnceLock<HashSet<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) read: Vec<Root>,
    pub(super) write: Vec<Root>,
    pub(super) connect: Vec<NetRule>,
    pub(super) bind: Vec<NetRule>,
    pub(super) env: Vec<String>,
    pub(super) run: Vec<Program>,
    pub(super) clock: bool,
    pub(super) modules: Vec<String>,
    /// The working directory to start in.
    pub(super) start: PathBuf,
    /// The kernel enforces it too.
    pub(super) kernel: bool,
    /// The interpreter asks before it tries.
    pub(super) gates: bool,
}

impl PartialEq for Fence {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

impl Eq for Fence {}

impl Fence {
    /// Looks up what is granted. `None` if everything is.
    pub(crate) fn resolve<'a>(
        permissions: &'a Permissions,
        module_folders: impl IntoIterator<Item = &'a PathBuf>,
        working_dir: Option<&Path>,
    ) -> Result<Option<Arc<Self>>> {
        if permissions.all {
            return Ok(None);
        }
        let kernel = match kernel::support() {
            _ if permissions.without == Some(Layer::Kernel) => false,
            Ok(()) => true,
            Err(_) if permissions.best_effort => false,
            Err(missing) => {
                return Err(Error::config(format!(
                    "these permissions cannot be enforced here: {missing}; run on Linux 6.2 or newer with Landlock enabled, \
                     or say best_effort() to rely on the interpreter's own checks alone"
                )));
            }
        };
        if let Some(folder) = working_dir {
            fs::read_dir(folder).map_err(|error| Error::Io {
                path: folder.to_owned(),
                source: Arc::new(error),
            })?;
        }
        let start = match working_dir {
            Some(folder) => folder.to_owned(),
            None => std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        };
        let rules = Rules {
            // Whoever names a folder of modules wants them to be imported.
            read: roots(permissions.read.iter().chain(module_folders))?,
            write: roots(&permissions.write)?,
            connect: permissions
                .connect
                .iter()
                .map(|text| NetRule::parse(text))
                .collect::<Result<_>>()?,
            bind: permissions
                .bind
                .iter()
                .map(|text| NetRule::parse(text))
                .collect::<Result<_>>()?,
            env: permissions.env.clone(),
            run: permissions
                .run
                .iter()
                .map(|name| Program::find(name))
                .collect::<Result<_>>()?,
            clock: permissions.clock,
            modules: permissions.modules.clone(),
            start,
            kernel,
            gates: permissions.without != Some(Layer::Interpreter),
        };
        Ok(Some(Arc::new(Self {
            rules,
            resolved: Mutex::default(),
            importable: OnceLock::new(),
        })))
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn start_folder(&self) -> &Path {
        &self.rules.start
    }

    /// Looks up what the granted modules are made of. Call it before [`Fence::allows_module`].
    pub(crate) fn look_up_modules(&self, frozen: impl FnOnce() -> HashMap<&'static str, FrozenModule>) {
        if !self.allows_all_modules() {
            self.importable
                .get_or_init(|| modules::importable(&self.rules.modules, &frozen()));
        }
    }

    fn allows_all_modules(&self) -> bool {
        self.rules.modules.iter().any(|pattern| pattern == "*")
    }

    /// Whether a module of the standard library can be imported.
    pub(crate) fn allows_module(&self, name: &str) -> bool {
        self.allows_all_modules() || self.importable.get().is_some_and(|names| names.contains(name))
    }

    pub(crate) fn allows_env(&self, name: &OsStr) -> bool {
        self.rules
            .env
            .iter()
            .any(|granted| granted == "*" || name == granted.as_str())
    }

    pub(crate) fn allows_clock(&self) -> bool {
        self.rules.clock
    }

    /// Whether the program of that real path may be run.
    pub(super) fn allows_run(&self, real: &Path) -> bool {
        self.rules.run.iter().any(|granted| match granted {
            Program::Any => true,
            Program::File(file) => file == real,
        })
    }

    pub(super) fn runs_programs(&self) -> bool {
        !self.rules.run.is_empty()
    }

    pub(super) fn uses_network(&self) -> bool {
        !self.rules.connect.is_empty() || !self.rules.bind.is_empty()
    }

    pub(super) fn uses_files(&self) -> bool {
        !self.rules.read.is_empty() || !self.rules.write.is_empty()
    }

    /// Whether there is a file that it may write.
    pub(crate) fn writes_files(&self) -> bool {
        !self.rules.write.is_empty()
    }

    pub(super) fn allows_resolving(&self, host: &str) -> bool {
        self.rules
            .connect
            .iter()
            .chain(&self.rules.bind)
            .any(|rule| rule.ports_of(host).is_some())
    }

    pub(super) fn allows_bind(&self, address: SocketAddr) -> bool {
        self.rules.bind.iter().any(|rule| rule.allows_address(address))
    }

    pub(super) fn allows_bind_to(&self, host: &str, port: u16) -> bool {
        self.rules.bind.iter().any(|rule| rule.allows(host, port))
    }

    pub(super) fn allows_connect(&self, address: SocketAddr) -> bool {
        self.rules.connect.iter().any(|rule| rule.allows_address(address)) || self.resolved.lock().contains(&address)
    }

    pub(super) fn allows_connect_to(&self, host: &str, port: u16) -> bool {
        self.rules.connect.iter().any(|rule| rule.allows(host, port))
    }

    /// Remembers what a granted name was resolved to, with the ports that it is granted with.
    pub(super) fn remember_resolved(&self, host: &str, port: u16, addresses: &[SocketAddr]) {
        if self.allows_connect_to(host, port) {
            let mut resolved = self.resolved.lock();
            resolved.extend(addresses.iter().map(|address| SocketAddr::new(address.ip(), port)));
        }
    }

    /// Whether the file may be used so. `follow`: a link at the end stands for what it leads to.
    pub(crate) fn allows_path(&self, path: &Path, access: Access, follow: bool) -> bool {
        let read = matches!(access, Access::Read | Access::Look).then_some(&self.rules.read);
        let write = matches!(access, Access::Write | Access::Look).then_some(&self.rules.write);
        let mut roots: Vec<&Root> = read.into_iter().chain(write).flatten().collect();
        if roots.is_empty() {
            return false;
        }
        let Ok(real) = real_path(path, follow) else {
            return false;
        };
        // Whoever grants everything does not mean the memory of the process.
        let special = SPECIAL.iter().find(|special| real.starts_with(special));
        roots.retain(|root| special.is_none_or(|special| root.path.starts_with(special)));
        roots.iter().any(|root| match root.is_folder {
            true => real.starts_with(&root.path),
            false => real == root.path,
        })
    }
}

/// Where a path leads to, as far as it exists, without links and dots.
fn real_path(path: &Path, follow: bool) -> io::Result<PathBuf> {
    let refused = || io::Error::from(io::ErrorKind::PermissionDenied);
    let path = std::path::absolute(path)?;
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(refused());
    }
    // With a slash behind it, a link is followed whatever the system call.
    let bytes = path.as_os_str().as_encoded_bytes();
    let follow = follow || bytes.ends_with(b"/") || bytes.ends_with(b"/.");
    if !follow && let (Some(parent), Some(Component::Normal(name))) = (path.parent(), path.components().next_back()) {
        return Ok(real_path(parent, true)?.join(name));
    }
    if let Ok(real) = fs::canonicalize(&path) {
        return Ok(real);
    }
    // What is not there yet may only be named below what is, one plain name after the other.
    let mut missing = Vec::new();
    let mut known = path.as_path();
    loop {
        match known.components().next_back() {
            Some(Component::Normal(name)) => missing.push(name),
            _ => return Err(refused()),
        }
        known = known.parent().ok_or_else(refused)?;
        let Ok(mut real) = fs::canonicalize(known) else {
            continue;
        };
        let first = missing.last().ok_or_else(refused)?;
        // A link that leads nowhere yet: creating "it" would create what it leads to.
        if fs::symlink_metadata(real.join(first)).is_ok() {
            return Err(refused());
        }
        real.extend(missing.iter().rev());
        return Ok(real);
    }
}

fn roots<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<Vec<Root>> {
    let mut roots = Vec::new();
    for path in paths {
        let root = root(path).map_err(|error| {
            Error::config(format!(
                "the path {} cannot be granted: {error}; it must exist when the interpreter is built",
                path.display()
            ))
        })?;
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    Ok(roots)
}

fn root(path: &Path) -> io::Result<Root> {
    let path = fs::canonicalize(path)?;
    let metadata = fs::metadata(&path)?;
    Ok(Root {
        is_folder: metadata.is_dir(),
        identity: identity(&metadata),
        path,
    })
}

#[cfg(unix)]
pub(super) fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(super) fn identity(_metadata: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}
