//! The public builder of interpreters.

use std::{path::PathBuf, sync::Arc};

use serde::Serialize;

use super::library;
use crate::{
    control::Limits,
    error::{ConversionError, Error, Result},
    fence::{Fence, Permissions},
    host::{self, HostFunction, IntoAsyncHostFunction, IntoHostFunction, Module},
    interpreter::{
        Blueprint, DEFAULT_STACK, Environment, Input, Interpreter, MemoryModule, Output, ProcessRole, SitePackages,
        expect, site_folders,
    },
    pool::PoolBuilder,
    value::to_value_at,
};

/// The smallest stack, in bytes, on which an interpreter can be built.
const SMALLEST_STACK: usize = 1 << 20;

/// Everything an interpreter starts with. One builder can make any number of interpreters, and pools of them.
///
/// ```
/// use ungil::{Interpreter, Output};
/// let py = Interpreter::builder()
///     .name("orders")
///     .constant("VAT", 0.2)
///     .function("tax", |amount: f64| amount * 0.2)
///     .source("rules", "def gross(net): return net + tax(net)")
///     .stdout(Output::Capture)
///     .build()?;
/// py.exec("import rules; print(rules.gross(100.0))")?;
/// assert_eq!(py.take_stdout(), b"120.0\n");
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    blueprint: Blueprint,
    permissions: Permissions,
    spawner: Option<host::Spawner>,
    broken: Option<ConversionError>,
    /// As they were named.
    site_packages: Vec<PathBuf>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Interpreter {
    /// Builds an interpreter with everything as a builder has it by default.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// A builder for an interpreter that is not as all the others.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// A builder for an interpreter that runs scripts which the host did not write: without files, network, programs and
    /// environment, but with the standard library and clocks. [`Builder::permissions`] grants more, or less.
    ///
    /// Each job has a minute, 16 MB of output, 64 MB for a result or message, and may start 8 interpreters; objects may take
    /// 256 MB where memory is counted. What [`Builder::limits`] sets goes before that.
    ///
    /// ```
    /// use ungil::{Interpreter, Output};
    /// # if !cfg!(target_os = "linux") { return Ok(()) }
    /// let py = Interpreter::sandboxed().stdout(Output::Capture).build()?;
    /// py.exec("import json, math; print(json.dumps({'area': math.pi}))")?;
    /// assert!(py.exec("import os; os.listdir('/')").is_err());
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn sandboxed() -> Builder {
        let permissions = Permissions::none().allow_module("*").allow_clock();
        Builder::new()
            .permissions(permissions)
            .stdin(Input::Empty)
            .limits(Limits::sandboxed())
    }
}

impl Builder {
    /// A builder with the defaults: the standard library, the process's streams and environment, a stack of 16 MiB.
    pub fn new() -> Self {
        Self {
            blueprint: Blueprint {
                name: None,
                stack_size: DEFAULT_STACK,
                search_paths: Vec::new(),
                site_packages: SitePackages::default(),
                writes_bytecode: true,
                sources: Vec::new(),
                argv: vec![String::new()],
                environment: Environment::default(),
                working_dir: None,
                functions: Vec::new(),
                modules: Vec::new(),
                constants: Vec::new(),
                stdin: Input::default(),
                stdout: Output::default(),
                stderr: Output::default(),
                process: ProcessRole::Guest,
                fence: None,
                tenant: None,
                site: false,
                site_builtins: false,
                warnings: Vec::new(),
                preload: Vec::new(),
                native: library::native,
                frozen: library::frozen,
                on_closing: library::release,
                on_left: library::leave,
                on_end: library::retire,
                on_loss: library::revoke,
                limits: Limits::new(),
                quota: None,
                account: None,
            },
            permissions: Permissions::all(),
            spawner: None,
            broken: None,
            site_packages: Vec::new(),
        }
    }

    /// The name that errors, logs and statistics show. By default one made from a number.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.blueprint.name = Some(name.into());
        self
    }

    /// The size of the thread's stack in bytes; 16 MiB by default, at least 1 MiB. Python recursion that outgrows it
    /// raises `RecursionError`.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.blueprint.stack_size = bytes;
        self
    }

    /// A folder in which `import` looks for modules, behind those named before it.
    pub fn search_path(mut self, folder: impl Into<PathBuf>) -> Self {
        self.blueprint.search_paths.push(folder.into());
        self
    }

    /// A folder of installed packages, or a virtual environment that has such a folder: what pip and uv have installed
    /// there can be imported. It stands behind what [`Builder::search_path`] names, and its `.pth` files are heeded.
    ///
    /// The environment can belong to a Python of any version. A package that needs an extension compiled for CPython
    /// raises an `ImportError` that names the file. Interpreters that scripts start find the same packages.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("ungil-site-{}", std::process::id()));
    /// # let packages = folder.join(if cfg!(windows) { "Lib/site-packages" } else { "lib/python3.13/site-packages" });
    /// # std::fs::create_dir_all(&packages)?;
    /// # std::fs::write(packages.join("prices.py"), "def gross(net): return net * 1.2")?;
    /// # let environment = folder.as_path();
    /// let py = ungil::Interpreter::builder().site_packages(environment).build()?;
    /// assert_eq!(py.eval::<f64>("__import__('prices').gross(10)")?, 12.0);
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Builder::build`] gives [`Error::Config`] if there is no such folder.
    pub fn site_packages(mut self, folder: impl Into<PathBuf>) -> Self {
        self.site_packages.push(folder.into());
        self
    }

    /// Whether the code of imported files is kept in `__pycache__` beside them, so that it need not be compiled again;
    /// true by default. Files of CPython there are neither read nor changed. What cannot be written is not, without an
    /// error, and interpreters that may write no file at all do not try.
    pub fn bytecode_cache(mut self, keep: bool) -> Self {
        self.blueprint.writes_bytecode = keep;
        self
    }

    /// A module from memory. A dotted name makes a submodule: `"shop.tax"` can be imported beside a `"shop"`.
    pub fn source(mut self, name: impl Into<String>, source: impl Into<Arc<str>>) -> Self {
        self.blueprint.sources.push(MemoryModule {
            name: name.into(),
            source: source.into(),
            is_package: false,
        });
        self
    }

    /// A package from memory: what its `__init__.py` would contain.
    pub fn package(mut self, name: impl Into<String>, source: impl Into<Arc<str>>) -> Self {
        self.blueprint.sources.push(MemoryModule {
            name: name.into(),
            source: source.into(),
            is_package: true,
        });
        self
    }

    /// `sys.argv`, the script's name first. By default one empty string.
    pub fn argv<S: Into<String>>(mut self, argv: impl IntoIterator<Item = S>) -> Self {
        self.blueprint.argv = argv.into_iter().map(Into::into).collect();
        self
    }

    /// Sets an environment variable that scripts see in `os.environ`. The process's own is not touched.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.blueprint
            .environment
            .changes
            .push((name.into(), Some(value.into())));
        self
    }

    /// Hides an environment variable of the process from scripts.
    pub fn env_remove(mut self, name: impl Into<String>) -> Self {
        self.blueprint.environment.changes.push((name.into(), None));
        self
    }

    /// Starts with no environment variables instead of the process's; those set before and after this call stay.
    pub fn env_clear(mut self) -> Self {
        self.blueprint.environment.cleared = true;
        self
    }

    /// The working directory that scripts start in; by default the process's. On Linux each interpreter has its own;
    /// elsewhere the working directory is the process's, and setting it here is an error.
    pub fn working_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.blueprint.working_dir = Some(folder.into());
        self
    }

    /// A Rust function that scripts call by that name, from any module. See [`HostFunction`] for arguments with names
    /// and defaults.
    pub fn function<M>(self, name: impl Into<String>, function: impl IntoHostFunction<M>) -> Self {
        self.host_function(HostFunction::new(name, function))
    }

    /// An async Rust function; in Python it gives something to `await` or to `wait()` for.
    pub fn async_function<M>(self, name: impl Into<String>, function: impl IntoAsyncHostFunction<M>) -> Self {
        self.host_function(HostFunction::new_async(name, function))
    }

    /// A function with declared arguments.
    pub fn host_function(mut self, function: HostFunction) -> Self {
        self.blueprint.functions.push(function);
        self
    }

    /// A module of functions, constants and classes that `import` finds.
    pub fn module(mut self, module: Module) -> Self {
        self.blueprint.modules.push(module);
        self
    }

    /// A name that scripts see in every module.
    pub fn constant(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        match to_value_at(name.clone(), &value) {
            Ok(value) => self.blueprint.constants.push((name, value)),
            Err(error) => {
                self.broken.get_or_insert(error);
            }
        }
        self
    }

    /// What runs the futures of async host functions, such as `|future| { tokio::spawn(future); }`. By default a thread
    /// of this crate's own.
    pub fn spawner(mut self, spawn: host::Spawner) -> Self {
        self.spawner = Some(spawn);
        self
    }

    /// What scripts may do outside the interpreter; everything by default. A folder of [`Builder::search_path`] or
    /// [`Builder::site_packages`] may be read in any case.
    ///
    /// Host functions of an interpreter that has not all permissions run on another thread of the host, outside the
    /// fence, while the script waits, except those marked [`HostFunction::inline`].
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    /// Whose scripts the interpreter runs: no thread that has run one tenant's is used for another's.
    pub fn tenant(mut self, name: impl Into<Arc<str>>) -> Self {
        self.blueprint.tenant = Some(name.into());
        self
    }

    /// Where `sys.stdout` goes.
    pub fn stdout(mut self, output: Output) -> Self {
        self.blueprint.stdout = output;
        self
    }

    /// Where `sys.stderr` goes.
    pub fn stderr(mut self, output: Output) -> Self {
        self.blueprint.stderr = output;
        self
    }

    /// What `sys.stdin` gives.
    pub fn stdin(mut self, input: Input) -> Self {
        self.blueprint.stdin = input;
        self
    }

    /// What each job of the interpreter may use; see [`Limits`]. What is set here goes before what was set earlier.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.blueprint.limits = limits.or(&self.blueprint.limits);
        self
    }

    /// A filter for Python warnings, in the form of `-W`: `"error"`, `"ignore::DeprecationWarning"`.
    pub fn warning_filter(mut self, filter: impl Into<String>) -> Self {
        self.blueprint.warnings.push(filter.into());
        self
    }

    /// Makes the interpreter the one that the process is there for: signals reach it, and `os._exit` ends the process.
    /// For a command; a host that has other things to do wants the default.
    #[doc(hidden)]
    pub fn process_main(mut self) -> Self {
        self.blueprint.process = ProcessRole::Main;
        self.blueprint.site = true;
        self
    }

    /// Builds one interpreter, on a thread of its own, and waits until it is ready.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting that cannot work, with what to do about it; [`Error::Conversion`] for a constant
    /// that cannot cross; [`Error::Io`] for a working directory that cannot be entered.
    pub fn build(self) -> Result<Interpreter> {
        Interpreter::from_blueprint(&self.into_blueprint()?, None, None)
    }

    /// Has spares of this kind made now (see [`set_spares`](crate::set_spares)), for a host whose first interpreter is to
    /// start as fast as the others. Does nothing while no spares are wanted.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn prepare_spares(self) -> Result<()> {
        let blueprint = self.into_blueprint()?;
        expect(&blueprint);
        Ok(())
    }

    /// A builder for a pool of interpreters that are all built from this.
    ///
    /// ```
    /// use ungil::Interpreter;
    /// let pool = Interpreter::builder().source("work", "def square(n): return n * n").pool().size(2).build()?;
    /// let squares: Result<Vec<i64>, _> = pool.map("work.square", 0..5).collect();
    /// assert_eq!(squares?, [0, 1, 4, 9, 16]);
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn pool(self) -> PoolBuilder {
        PoolBuilder::from_blueprint(self.into_blueprint())
    }

    pub(crate) fn into_blueprint(self) -> Result<Arc<Blueprint>> {
        let Self {
            mut blueprint,
            permissions,
            spawner,
            broken,
            site_packages,
        } = self;
        if let Some(error) = broken {
            return Err(error.into());
        }
        if blueprint.stack_size < SMALLEST_STACK {
            return Err(Error::config(format!(
                "a stack of {} bytes is too small for an interpreter; give it at least {SMALLEST_STACK}",
                blueprint.stack_size
            )));
        }
        if blueprint.working_dir.is_some() && !cfg!(target_os = "linux") {
            return Err(Error::config(
                "a working directory for each interpreter needs Linux; use absolute paths instead",
            ));
        }
        for named in site_packages {
            let folders = site_folders(&named);
            if folders.is_empty() {
                return Err(Error::config(format!(
                    "there is no folder of packages at {}; name a virtual environment, or what `pip install --target` wrote",
                    named.display()
                )));
            }
            blueprint.site_packages.folders.extend(folders);
        }
        let working_dir = blueprint.working_dir.as_deref();
        let module_folders = blueprint.search_paths.iter().chain(&blueprint.site_packages.folders);
        blueprint.fence = Fence::resolve(&permissions, module_folders, working_dir)?;
        if blueprint.fence.is_some() && blueprint.process == ProcessRole::Main {
            return Err(Error::config(
                "the interpreter that the process is there for cannot be fenced in; build a guest, without process_main()",
            ));
        }
        if let Some(spawner) = spawner {
            let adopt = |function: HostFunction| function.with_default_spawner(&spawner);
            blueprint.functions = blueprint.functions.into_iter().map(adopt).collect();
            blueprint.modules = blueprint
                .modules
                .into_iter()
                .map(|module| module.with_default_spawner(&spawner))
                .collect();
        }
        for function in &blueprint.functions {
            function.check()?;
        }
        for module in &blueprint.modules {
            module.check()?;
        }
        Ok(Arc::new(blueprint))
    }
}
