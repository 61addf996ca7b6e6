//! What a host grants to a sandboxed interpreter.

use std::path::PathBuf;

/// What scripts of an interpreter may do outside it. Start from [`Permissions::none`] and grant.
///
/// ```
/// use ungil::{Interpreter, Permissions};
///
/// let permissions = Permissions::none().allow_module("*").allow_env("LANG");
/// # let permissions = permissions.best_effort();
/// let py = Interpreter::builder().permissions(permissions).build()?;
/// py.exec("
/// try:
///     open('/etc/passwd')
/// except PermissionError as e:
///     refusal = str(e)
/// ")?;
/// assert!(py.get::<String>("refusal")?.contains("allow_read"));
/// # Ok::<(), ungil::Error>(())
/// ```
///
/// Files, sockets and programs are enforced in the interpreter and, on Linux, by the kernel on the interpreter's thread.
/// `docs/security.md` says what is promised and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "permissions do nothing until they are given to a builder"]
pub struct Permissions {
    pub(super) all: bool,
    pub(super) best_effort: bool,
    pub(super) read: Vec<PathBuf>,
    pub(super) write: Vec<PathBuf>,
    pub(super) connect: Vec<String>,
    pub(super) bind: Vec<String>,
    pub(super) env: Vec<String>,
    pub(super) run: Vec<String>,
    pub(super) clock: bool,
    pub(super) modules: Vec<String>,
    pub(super) without: Option<Layer>,
}

/// The two that enforce permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Layer {
    Interpreter,
    Kernel,
}

impl Permissions {
    /// Nothing is granted: no files, no network, no programs, no environment, no clock, and no module that the host did
    /// not give.
    pub fn none() -> Self {
        Self::default()
    }

    /// No fence at all: what an interpreter has by default.
    pub fn all() -> Self {
        Self {
            all: true,
            ..Self::default()
        }
    }

    /// Reading a file, or all that is below a folder. It must exist when the interpreter is built.
    ///
    /// The grant is for the file or folder that is there then: one that is put in its place later is not granted to
    /// interpreters that are running.
    pub fn allow_read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// Writing to a file; or making, changing and removing what is below a folder. It must exist when the interpreter is
    /// built. Reading is granted apart, and changing modes, owners and times is not possible at all.
    pub fn allow_write(mut self, path: impl Into<PathBuf>) -> Self {
        self.write.push(path.into());
        self
    }

    /// Connecting by TCP to `"host:port"`, `"host"` (every port), or `"*"`. An IPv6 address with a port is written
    /// `"[::1]:80"`. A host that is granted by name is resolved, and connected to, on the host program's side.
    pub fn allow_connect(mut self, address: impl Into<String>) -> Self {
        self.connect.push(address.into());
        self
    }

    /// Listening by TCP on `"address:port"`, `"address"` (every port), or `"*"`. Port 0 lets the system choose.
    pub fn allow_bind(mut self, address: impl Into<String>) -> Self {
        self.bind.push(address.into());
        self
    }

    /// Seeing an environment variable of the process; `"*"` for all of them. What the builder sets is seen anyway.
    pub fn allow_env(mut self, name: impl Into<String>) -> Self {
        self.env.push(name.into());
        self
    }

    /// Running a program by `subprocess`: its name as `PATH` finds it, a path, or `"*"`.
    ///
    /// The program is started on the host's side, **outside the fence**: it can do all that the process can.
    pub fn allow_run(mut self, program: impl Into<String>) -> Self {
        self.run.push(program.into());
        self
    }

    /// Reading clocks: `time.time()`, `time.monotonic()`, `datetime.now()`. Much of the standard library that waits
    /// with a timeout needs it. Sleeping needs no grant.
    pub fn allow_clock(mut self) -> Self {
        self.clock = true;
        self
    }

    /// Importing a module of the standard library: a name (`"json"`), or a pattern with `*` at its end (`"xml.*"`, `"*"`).
    /// What its code mentions can be imported too, so that it works. So can modules that the host gives to the builder.
    pub fn allow_module(mut self, pattern: impl Into<String>) -> Self {
        self.modules.push(pattern.into());
        self
    }

    /// Goes on where the system cannot enforce the permissions in the kernel, with the interpreter's own checks alone.
    /// Without it, building an interpreter is an error there.
    pub fn best_effort(mut self) -> Self {
        self.best_effort = true;
        self
    }

    /// With the interpreter's checks alone, to test that they hold by themselves.
    #[doc(hidden)]
    pub fn without_kernel(mut self) -> Self {
        self.without = Some(Layer::Kernel);
        self
    }

    /// With the kernel's checks alone, to test that they hold by themselves.
    #[doc(hidden)]
    pub fn without_interpreter(mut self) -> Self {
        self.without = Some(Layer::Interpreter);
        self
    }
}
