//! The escape corpus: each file of tests/escapes is a script that tries to get out, and must be refused.
//!
//! A case ends with the exception that refused it; `# refused with:` names others than PermissionError. It is run behind
//! the whole fence, behind the interpreter's part of it alone, and behind the kernel's alone; `# only:` says which one
//! can know of what is tried. Afterwards the host looks whether everything is as it was.
#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    net::TcpListener,
    os::{
        fd::AsRawFd,
        linux::net::SocketAddrExt,
        unix::{fs::PermissionsExt, fs::symlink, net::SocketAddr, net::UnixListener},
    },
    path::{Path, PathBuf},
};

use ungil::{Builder, Error, Interpreter, Output, Permissions};

const SECRET: &str = "top secret, in the first line\n";

/// Which part of the fence is tested.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Both,
    Interpreter,
    Kernel,
}

struct Case {
    name: String,
    source: String,
    refused_with: Vec<String>,
    only: Option<String>,
}

impl Case {
    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/escapes");
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let source = fs::read_to_string(path).unwrap();
        let mark = |mark: &str| {
            source
                .lines()
                .find_map(|line| line.strip_prefix(mark))
                .map(|rest| rest.trim().to_owned())
        };
        let refused_with = mark("# refused with:").unwrap_or_else(|| "PermissionError".to_owned());
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            refused_with: refused_with.split(',').map(|name| name.trim().to_owned()).collect(),
            only: mark("# only:"),
            source,
        }
    }

    fn concerns(&self, part: Part) -> bool {
        match self.only.as_deref() {
            None => true,
            Some("interpreter") => part != Part::Kernel,
            Some("kernel") => part != Part::Interpreter,
            Some(other) => panic!("{}: no such part: {other}", self.name),
        }
    }
}

/// What the scripts would like to get at, and a folder that they may use.
struct World {
    root: PathBuf,
    held: File,
    listener: TcpListener,
    _sockets: [UnixListener; 2],
    abstract_name: String,
}

impl World {
    fn new(name: &str) -> Self {
        let name = format!("ungil-escapes-{}-{name}", std::process::id());
        let root = std::env::temp_dir().join(&name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("outside/empty")).unwrap();
        let root = fs::canonicalize(root).unwrap();
        fs::write(root.join("outside/secret"), SECRET).unwrap();
        fs::write(root.join("outside/hidden_module.py"), "x = 1\n").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let abstract_address = SocketAddr::from_abstract_name(&name).unwrap();
        let sockets = [
            UnixListener::bind(root.join("outside/socket")).unwrap(),
            UnixListener::bind_addr(&abstract_address).unwrap(),
        ];
        sockets.iter().for_each(|socket| socket.set_nonblocking(true).unwrap());
        Self {
            held: File::open(root.join("outside/secret")).unwrap(),
            root,
            listener,
            _sockets: sockets,
            abstract_name: format!("\0{name}"),
        }
    }

    fn outside(&self) -> PathBuf {
        self.root.join("outside")
    }

    fn granted(&self) -> PathBuf {
        self.root.join("granted")
    }

    /// The same for each case.
    fn prepare(&self) {
        let granted = self.granted();
        let _ = fs::create_dir(&granted);
        // The folder itself stays: it is what was granted.
        for entry in fs::read_dir(&granted).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(path).unwrap()
            } else {
                fs::remove_file(path).unwrap()
            }
        }
        fs::write(granted.join("own"), "own").unwrap();
        symlink(self.outside().join("secret"), granted.join("link")).unwrap();
        symlink(self.outside(), granted.join("folder")).unwrap();
        symlink(self.outside().join("new"), granted.join("dangling")).unwrap();
    }

    fn builder(&self, part: Part) -> Builder {
        let permissions = Permissions::none()
            .allow_module("*")
            .allow_clock()
            .allow_read(self.granted())
            .allow_write(self.granted())
            .allow_connect("192.0.2.1:9")
            .allow_env("GRANTED");
        let permissions = match part {
            Part::Both => permissions,
            Part::Interpreter => permissions.without_kernel(),
            Part::Kernel => permissions.without_interpreter(),
        };
        Interpreter::builder()
            .permissions(permissions)
            .stdout(Output::Capture)
            .stderr(Output::Capture)
    }

    fn tell(&self, py: &Interpreter) {
        py.set("secret", self.outside().join("secret").to_str()).unwrap();
        py.set("outside", self.outside().to_str()).unwrap();
        py.set("granted", self.granted().to_str()).unwrap();
        py.set("port", self.listener.local_addr().unwrap().port()).unwrap();
        py.set("abstract", &self.abstract_name).unwrap();
        py.set("host_descriptor", self.held.as_raw_fd()).unwrap();
    }

    /// What is wrong with it now, if anything.
    fn damage(&self) -> Option<String> {
        let secret = self.outside().join("secret");
        let content = fs::read_to_string(&secret).unwrap_or_default();
        let mode = fs::metadata(&secret).map(|metadata| metadata.permissions().mode() & 0o7777);
        let mut names: Vec<_> = fs::read_dir(self.outside())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        if content != SECRET || mode.ok() != Some(0o644) || names != ["empty", "hidden_module.py", "secret", "socket"] {
            return Some(format!("what is outside was changed: {content:?} {names:?}"));
        }
        for entry in fs::read_dir(self.granted()).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_symlink() && fs::read_to_string(&path).unwrap_or_default().contains("top secret") {
                return Some(format!("{} has the secret", path.display()));
            }
        }
        if self.listener.accept().is_ok() || self._sockets.iter().any(|socket| socket.accept().is_ok()) {
            return Some("a connection was made".to_owned());
        }
        self.held
            .metadata()
            .err()
            .map(|error| format!("the host's descriptor: {error}"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Runs a case where the script has it run.
const IN_WORKER: &str = "
import _ungil
def case(source, names):
    exec(compile(source, '<case>', 'exec'), dict(names, __name__='__main__'))
def run(source):
    names = {name: globals()[name] for name in ('secret', 'outside', 'granted', 'port', 'abstract', 'host_descriptor')}
    child = _ungil.start(case, (source, names))
    child.join()
    kind, value = child.outcome()
    if kind == 'raised':
        raise value.open()
    if kind in ('exited', 'stopped'):
        raise SystemExit(value)
    if kind != 'returned':
        raise RuntimeError(f'{kind} {value}')
";

/// How a case got out; `None` if it did not.
/// With a `parent` it is run by an interpreter that the parent's script has started.
fn escape(case: &Case, world: &World, part: Part, parent: Option<&Interpreter>) -> Option<String> {
    // Shown if the process does not survive it.
    println!("{}", case.name);
    world.prepare();
    let own = parent.is_none().then(|| world.builder(part).build().unwrap());
    let py = parent.or(own.as_ref()).unwrap();
    world.tell(py);
    let outcome = match own {
        Some(_) => py.exec(case.source.as_str()),
        None => py.call::<()>("run", (&case.source,)),
    };
    let mut shown = py.take_stdout();
    shown.extend(py.take_stderr());
    if let Some(own) = own {
        own.close().unwrap();
    }
    let how = match &outcome {
        Ok(()) => Some("it was not refused".to_owned()),
        Err(Error::Exception(exception)) => {
            let expected = case.refused_with.iter().any(|name| name == exception.type_name());
            (!expected).then(|| format!("unexpectedly: {exception}"))
        }
        Err(Error::Exit { .. }) if case.refused_with.iter().any(|name| name == "SystemExit") => None,
        Err(other) => Some(format!("unexpectedly: {other}")),
    };
    let leaked =
        format!("{outcome:?}").contains("top secret") || String::from_utf8_lossy(&shown).contains("top secret");
    how.or(leaked.then(|| "the secret was shown".to_owned()))
        .or_else(|| world.damage())
}

fn run(part: Part, in_worker: bool, name: &str) {
    let world = World::new(name);
    world.prepare();
    // Leaves something behind on the thread that the cases run on.
    let earlier = world.builder(part).build().unwrap();
    earlier
        .exec("class LeftBehind(Exception): pass\nimport codecs\ncodecs.register_error('x', LeftBehind)")
        .unwrap();
    earlier.close().unwrap();
    let parent = in_worker.then(|| {
        let parent = world.builder(part).build().unwrap();
        parent.exec(IN_WORKER).unwrap();
        parent
    });
    let cases: Vec<Case> = Case::all().into_iter().filter(|case| case.concerns(part)).collect();
    let escapes: Vec<String> = cases
        .iter()
        .filter_map(|case| escape(case, &world, part, parent.as_ref()).map(|how| format!("{}: {how}", case.name)))
        .collect();
    println!("{} cases refused, {} not", cases.len() - escapes.len(), escapes.len());
    assert!(escapes.is_empty(), "\n{}", escapes.join("\n"));
}

#[test]
fn nothing_gets_through_the_whole_fence() {
    assert!(Case::all().len() >= 60);
    run(Part::Both, false, "both");
}

#[test]
fn nothing_gets_through_the_interpreters_part() {
    run(Part::Interpreter, false, "interpreter");
}

#[test]
fn nothing_gets_through_the_kernels_part() {
    run(Part::Kernel, false, "kernel");
}

#[test]
fn nothing_gets_through_from_a_worker_that_the_script_started() {
    run(Part::Both, true, "worker");
}
