//! Who takes part: what is found on this machine, and what is built for it.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Those whom a contender can need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Peer {
    /// Our own program; see `programs/side`.
    Ungil,
    Python313,
    Python314,
    PyPy,
    Jython,
    /// joblib on CPython.
    Joblib,
    /// joblib, its very files, on our side.
    JoblibOnUngil,
    /// dask on CPython.
    Dask,
    DaskOnUngil,
    /// The unpatched VM; see `programs/threading`.
    Threading,
}

const ALL: [Peer; 10] = [
    Peer::Ungil,
    Peer::Python313,
    Peer::Python314,
    Peer::PyPy,
    Peer::Jython,
    Peer::Joblib,
    Peer::JoblibOnUngil,
    Peer::Dask,
    Peer::DaskOnUngil,
    Peer::Threading,
];

/// How one of them is run.
#[derive(Clone, Debug)]
struct Launch {
    program: PathBuf,
    /// Where packages are that it needs.
    packages: Option<PathBuf>,
    version: String,
}

/// Those that are there, and why the others are not.
pub struct Peers {
    found: BTreeMap<Peer, Launch>,
    missing: BTreeMap<Peer, String>,
}

/// The folder of this package.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Peers {
    pub fn find() -> Self {
        let mut peers = Self {
            found: BTreeMap::new(),
            missing: BTreeMap::new(),
        };
        for peer in ALL {
            match find(peer, &peers) {
                Ok(launch) => {
                    peers.found.insert(peer, launch);
                }
                Err(why) => {
                    peers.missing.insert(peer, why);
                }
            }
        }
        peers
    }

    pub fn has(&self, peer: Peer) -> bool {
        self.found.contains_key(&peer)
    }

    /// Why it does not take part.
    pub fn why_missing(&self, peer: Peer) -> &str {
        self.missing.get(&peer).map_or("", String::as_str)
    }

    /// What runs it with these words; `None` if it is missing.
    pub fn command(&self, peer: Peer, words: &[String]) -> Option<Command> {
        let launch = self.found.get(&peer)?;
        let mut command = Command::new(&launch.program);
        command
            .args(words)
            .current_dir(folder().join("scripts"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null());
        if let Some(packages) = &launch.packages {
            command.env("PYTHONPATH", packages);
        }
        Some(command)
    }

    /// A line for each, those that are missing included.
    pub fn describe(&self) -> String {
        let found = self
            .found
            .iter()
            .map(|(peer, launch)| format!("{peer:?}: {}", launch.version));
        let missing = self
            .missing
            .iter()
            .map(|(peer, why)| format!("{peer:?}: skipped, {why}"));
        found.chain(missing).collect::<Vec<_>>().join("\n")
    }
}

fn find(peer: Peer, known: &Peers) -> Result<Launch, String> {
    match peer {
        Peer::Ungil => program("side", "ungil-side", "UNGIL_SIDE"),
        Peer::Threading => program("threading", "vm-with-threading", "UNGIL_VM_THREADING"),
        Peer::Python313 => python("3.13"),
        Peer::Python314 => python("3.14"),
        Peer::PyPy => candidates("pypy3")
            .iter()
            .find_map(|candidate| interpreter(candidate))
            .ok_or_else(|| "no pypy3 found".into()),
        Peer::Jython => interpreter(Path::new("jython")).ok_or_else(|| "no jython on the path".into()),
        Peer::Joblib | Peer::Dask => {
            let python = known.found.get(&Peer::Python313).ok_or("needs Python 3.13")?;
            let name = if peer == Peer::Dask { "dask" } else { "joblib" };
            let packages = install(&python.program, name)?;
            let version = format!("{name} on {}", python.version);
            Ok(Launch {
                program: python.program.clone(),
                packages: Some(packages),
                version,
            })
        }
        Peer::JoblibOnUngil | Peer::DaskOnUngil => {
            let (on_cpython, name) = match peer {
                Peer::DaskOnUngil => (Peer::Dask, "dask"),
                _ => (Peer::Joblib, "joblib"),
            };
            let packages = known.found.get(&on_cpython).and_then(|launch| launch.packages.clone());
            let ours = known.found.get(&Peer::Ungil).ok_or("needs our own program")?;
            let packages = packages.ok_or_else(|| format!("{name} is not there"))?;
            Ok(Launch {
                program: ours.program.clone(),
                packages: Some(packages),
                version: format!("{name} on ungil"),
            })
        }
    }
}

/// Builds one of our own programs, or takes the one that the variable names; an empty one leaves it out.
fn program(folder_name: &str, name: &str, variable: &str) -> Result<Launch, String> {
    let folder = folder().join("programs").join(folder_name);
    let launch = |program: PathBuf| Launch {
        program,
        packages: None,
        version: name.to_owned(),
    };
    if let Some(program) = env::var_os(variable) {
        return match program.is_empty() {
            true => Err(format!("{variable} leaves it out")),
            false => Ok(launch(program.into())),
        };
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
        || folder.join("target"),
        |base| PathBuf::from(base).join("compare").join(folder_name),
    );
    eprintln!("building {name}: the first time it takes some minutes");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--locked",
            "--ignore-rust-version",
            "--manifest-path",
        ])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", &target)
        .status();
    match built {
        Ok(status) if status.success() => Ok(launch(target.join("release").join(name))),
        Ok(status) => Err(format!("it could not be built: {status}")),
        Err(error) => Err(format!("cargo could not be run: {error}")),
    }
}

/// A CPython of that version.
fn python(version: &str) -> Result<Launch, String> {
    let mut candidates = candidates(&format!("python{version}"));
    candidates.push("python3".into());
    let wanted = format!("CPython {version}.");
    candidates
        .iter()
        .filter_map(|candidate| interpreter(candidate))
        .find(|launch| launch.version.starts_with(&wanted))
        .ok_or_else(|| format!("no python{version} found"))
}

/// Where a program of that name may be: on the path, or among pyenv's.
fn candidates(name: &str) -> Vec<PathBuf> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| env::home_dir().map(|home| home.join(".pyenv")));
    let versions = root.and_then(|root| root.join("versions").read_dir().ok());
    let folders = versions
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()));
    let among_versions = folders.map(|folder| folder.join("bin").join(name));
    [PathBuf::from(name)].into_iter().chain(among_versions).collect()
}

fn interpreter(program: &Path) -> Option<Launch> {
    // Jython is a Python 2.7.
    let code = "import platform; print(platform.python_implementation() + ' ' + platform.python_version())";
    let output = Command::new(program)
        .args(["-c", code])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !version.is_empty()).then(|| Launch {
        program: program.to_owned(),
        packages: None,
        version,
    })
}

/// Installs a package into a folder of its own, once.
fn install(python: &Path, name: &str) -> Result<PathBuf, String> {
    let packages = folder().join("target").join("packages").join(name);
    if packages.join(name).is_dir() {
        return Ok(packages);
    }
    let done = Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--target"])
        .arg(&packages)
        .arg(name)
        .status();
    match done {
        Ok(status) if status.success() => Ok(packages),
        _ => Err(format!("pip could not install {name}")),
    }
}
