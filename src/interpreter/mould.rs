//! What makes one spare as good as another.

use std::sync::Arc;

use super::{
    Input, Output, SitePackages,
    blueprint::{Blueprint, Environment, ProcessRole},
    threads::ThreadKind,
};

/// What a spare is built from: the parts of a blueprint that cannot be changed afterwards.
pub(super) struct Mould {
    /// Without what is applied when the spare is taken.
    pub(super) blueprint: Blueprint,
    pub(super) kind: ThreadKind,
}

impl Mould {
    /// `None` for an interpreter that no spare can become: the one that the process is there for, and one whose host puts
    /// a module in the place of one that spares import.
    pub(super) fn of(blueprint: &Blueprint) -> Option<Arc<Self>> {
        if blueprint.process == ProcessRole::Main || blueprint.site || super::spare::is_shadowed(blueprint) {
            return None;
        }
        Some(Arc::new(Self {
            kind: blueprint.thread_kind(),
            blueprint: Blueprint {
                name: None,
                search_paths: Vec::new(),
                sources: Vec::new(),
                argv: vec![String::new()],
                environment: Environment::default(),
                working_dir: None,
                functions: Vec::new(),
                modules: Vec::new(),
                constants: Vec::new(),
                stdin: Input::Empty,
                stdout: Output::Discard,
                stderr: Output::Discard,
                site_builtins: false,
                site_packages: SitePackages::default(),
                limits: crate::control::Limits::new(),
                quota: None,
                account: None,
                ..blueprint.clone()
            },
        }))
    }

    /// Whether a spare from this can become an interpreter from that. What else it has imported ahead does no harm, but
    /// who would have nothing imported is spared the memory.
    pub(super) fn fits(&self, blueprint: &Blueprint) -> bool {
        self.blueprint.process == blueprint.process
            && self.blueprint.site == blueprint.site
            && self.blueprint.warnings == blueprint.warnings
            && self.blueprint.writes_bytecode == blueprint.writes_bytecode
            && self.blueprint.preload.is_empty() == blueprint.preload.is_empty()
            && self.kind == blueprint.thread_kind()
            && !super::spare::is_shadowed(blueprint)
    }
}
