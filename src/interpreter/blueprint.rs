//! Everything that an interpreter is built from: sendable, so that it can be built on its own thread, many times.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use rustpython_vm::{Context, builtins::PyModuleDef, frozen::FrozenModule};

use super::{
    Input, Output, SitePackages, child::Departure, family::Identity, life::WorkSource, streams::Captured,
    threads::ThreadKind,
};
use crate::{
    alloc::Account,
    bridge::Exceptions,
    control::{Control, Limits, Quota},
    fence::Fence,
    host,
    value::Value,
};

/// The stack that an interpreter's thread gets unless the host says otherwise: Python's recursion limit fits, with room
/// for native recursion such as a deeply nested expression.
pub(crate) const DEFAULT_STACK: usize = 16 << 20;

/// What a builder has gathered.
#[derive(Clone)]
pub(crate) struct Blueprint {
    pub(crate) name: Option<String>,
    /// In bytes.
    pub(crate) stack_size: usize,
    pub(crate) search_paths: Vec<PathBuf>,
    /// Behind the search paths.
    pub(crate) site_packages: SitePackages,
    /// Keep the code of imported files in `__pycache__`, where they can be written.
    pub(crate) writes_bytecode: bool,
    pub(crate) sources: Vec<MemoryModule>,
    pub(crate) argv: Vec<String>,
    pub(crate) environment: Environment,
    pub(crate) working_dir: Option<PathBuf>,
    pub(crate) functions: Vec<host::HostFunction>,
    pub(crate) modules: Vec<host::Module>,
    pub(crate) constants: Vec<(String, Value)>,
    pub(crate) stdin: Input,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    pub(crate) process: ProcessRole,
    /// What scripts may do outside the interpreter; `None` for everything. What they start gets the same.
    pub(crate) fence: Option<Arc<Fence>>,
    /// Whose interpreter it is: those of different tenants share no thread one after the other.
    pub(crate) tenant: Option<Arc<str>>,
    /// Import `site`, which finds site-packages and adds `exit()` and `help()`.
    pub(crate) site: bool,
    /// Add `exit()` and `quit()` without `site`: the interpreter's starter has them.
    pub(crate) site_builtins: bool,
    pub(crate) warnings: Vec<String>,
    /// Modules of the standard library that a spare for it imports ahead: its starter has them.
    pub(crate) preload: Vec<&'static str>,
    pub(crate) limits: Limits,
    /// Of the interpreter that starts this one, which shares it; `None` makes a new one.
    pub(crate) quota: Option<Arc<Quota>>,
    /// Of the interpreter that starts this one: what both take is limited together.
    pub(crate) account: Option<&'static Account>,
    /// Native modules by definition; later ones win over earlier ones of the same name.
    pub(crate) native: fn(&Context, Option<&Arc<Fence>>) -> Vec<&'static PyModuleDef>,
    /// Called on the thread when the interpreter is about to end, after its exit functions.
    pub(crate) on_closing: fn(),
    /// Called on the thread when the script's own objects are gone and only the VM itself is left to be freed.
    pub(crate) on_left: fn(),
    /// Called on the thread when the interpreter has ended, in whatever way: what native modules hold for it is let go.
    pub(crate) on_end: fn(),
    /// Called with its number, on any thread, when an interpreter is given up: what it holds is revoked from outside.
    pub(crate) on_loss: fn(u64),
    /// Python modules compiled into the binary; later ones win.
    pub(crate) frozen: fn(Option<&Arc<Fence>>) -> FrozenModules,
}

impl Blueprint {
    /// The threads that it can be built on.
    pub(super) fn thread_kind(&self) -> ThreadKind {
        ThreadKind {
            stack_size: self.stack_size,
            role: self.process,
            fence: self.fence.clone(),
            tenant: self.tenant.clone(),
        }
    }
}

/// Python modules compiled into the binary, by name.
pub(crate) type FrozenModules = Vec<(&'static str, FrozenModule)>;

/// A module whose source the host has in memory.
#[derive(Clone)]
pub(crate) struct MemoryModule {
    pub(crate) name: String,
    pub(crate) source: Arc<str>,
    pub(crate) is_package: bool,
}

/// The environment variables that scripts see.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    /// Start from nothing instead of the process's variables.
    pub(crate) cleared: bool,
    /// Set, or removed where there is no value.
    pub(crate) changes: Vec<(String, Option<String>)>,
}

impl Environment {
    pub(crate) fn resolve(&self, fence: Option<&Arc<Fence>>) -> Vec<(OsString, OsString)> {
        let mut variables: Vec<_> = if self.cleared {
            Vec::new()
        } else {
            let visible = |name: &OsString| fence.is_none_or(|fence| fence.allows_env(name));
            std::env::vars_os().filter(|(name, _)| visible(name)).collect()
        };
        for (name, value) in &self.changes {
            variables.retain(|(known, _)| known != name.as_str());
            if let Some(value) = value {
                variables.push((name.into(), value.into()));
            }
        }
        variables
    }
}

/// What the interpreter is to its process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum ProcessRole {
    /// A guest: signals, exit and fork are the host's.
    #[default]
    Guest,
    /// The process is there for this script: it gets the signals, and `os._exit` ends it.
    Main,
}

/// What is particular about one interpreter beside its blueprint.
pub(super) struct Conception {
    pub(super) control: Arc<Control>,
    pub(super) captured: Captured,
    pub(super) identity: Identity,
    pub(super) source: Option<Box<dyn WorkSource>>,
    pub(super) departure: Option<Departure>,
}

impl Conception {
    pub(super) fn new(blueprint: &Blueprint, name: &str, identity: Identity) -> Self {
        let quota = blueprint.quota.clone().unwrap_or_else(|| Quota::new(&blueprint.limits));
        let limits = blueprint.limits.clone();
        Self {
            control: Control::new(name, Exceptions::make_stop, limits, quota, blueprint.account),
            captured: Captured::default(),
            identity,
            source: None,
            departure: None,
        }
    }
}
