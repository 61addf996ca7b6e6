//! What can go wrong with a plugin, as values.

use std::{fmt, io, path::PathBuf, sync::Arc, time::Duration};

use super::{ApiVersion, Refusal};
use crate::error::Error;

/// What a plugin was doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Its interpreter was being built.
    Build,
    /// Its module was being run.
    Load,
    /// `setup(config)`.
    Setup,
    /// `save()`.
    Save,
    /// `restore(state)`.
    Restore,
    /// `teardown()`.
    Teardown,
    /// A call of that hook.
    Hook(Arc<str>),
    /// A message of that topic.
    Message(Arc<str>),
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build => f.write_str("being built"),
            Self::Load => f.write_str("being loaded"),
            Self::Setup => f.write_str("setup()"),
            Self::Save => f.write_str("save()"),
            Self::Restore => f.write_str("restore()"),
            Self::Teardown => f.write_str("teardown()"),
            Self::Hook(name) => write!(f, "the hook {name}()"),
            Self::Message(topic) => write!(f, "a message of {topic:?}"),
        }
    }
}

/// Why a plugin is not there, or not as it was to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PluginError {
    /// The manifest is wrong.
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and what to write instead.
        message: String,
    },
    /// A file or folder of the plugin cannot be read.
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// A link leads out of the folder that the plugin must stay in.
    Outside {
        /// The link, or the path that leads over one.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// Two plugins have one name; neither is taken when they are found together, else the first stays.
    Duplicate {
        /// The name.
        name: String,
        /// The one.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The plugin wants a version of the host's API that this host does not have.
    Api {
        /// The plugin's name.
        plugin: String,
        /// What it wants.
        wants: ApiVersion,
        /// What the host has.
        has: ApiVersion,
    },
    /// The plugin's manifest says that it requires what the policy refuses.
    Required {
        /// The plugin's name.
        plugin: String,
        /// All that was refused.
        refusals: Vec<Refusal>,
    },
    /// The plugin's own code, or its interpreter, failed.
    Run {
        /// The plugin's name.
        plugin: String,
        /// What it was doing.
        stage: Stage,
        /// The error, with the traceback as data.
        error: Error,
    },
    /// The host has no such plugin.
    Unknown {
        /// The name that was asked for.
        name: String,
    },
}

impl PluginError {
    /// The plugin's Python exception, limit or lost interpreter, if that is what it was.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Run { error, .. } => Some(error),
            _ => None,
        }
    }

    pub(super) fn manifest(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self::Manifest {
            path: path.into(),
            message: message.into(),
        }
    }

    pub(super) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io {
            path: path.into(),
            source: Arc::new(source),
        }
    }

    pub(super) fn run(plugin: &str, stage: Stage, error: Error) -> Self {
        Self::Run {
            plugin: plugin.to_owned(),
            stage,
            error,
        }
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest { path, message } => write!(f, "{}: {message}", path.display()),
            Self::Io { path, source } => write!(f, "{} cannot be read: {source}", path.display()),
            Self::Outside { path, target } => write!(
                f,
                "{} leads to {}, outside the plugin's folder; put the file itself there",
                path.display(),
                target.display()
            ),
            Self::Duplicate { name, first, second } => write!(
                f,
                "two plugins are named {name:?}: {} and {}; give one of them another name",
                first.display(),
                second.display()
            ),
            Self::Api { plugin, wants, has } => write!(
                f,
                "plugin {plugin:?} wants version {wants} of the host's API, which is at {has}"
            ),
            Self::Required { plugin, refusals } => {
                write!(f, "plugin {plugin:?} requires what it is not allowed:")?;
                let required = refusals.iter().filter(|refusal| refusal.required);
                required.into_iter().try_for_each(|refusal| write!(f, " {refusal};"))?;
                f.write_str(" allow it in the host's policy, or take it from `required`")
            }
            Self::Run { plugin, stage, error } => write!(f, "plugin {plugin:?} failed in {stage}: {error}"),
            Self::Unknown { name } => write!(f, "there is no plugin {name:?}"),
        }
    }
}

impl std::error::Error for PluginError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(&**source),
            Self::Run { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Why one plugin gave no answer to one call. The answers of the others are not affected.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError {
    /// It raised, hit a limit, or answered with something that is not of the hook's type.
    Failed(Error),
    /// It did not answer in time, and was stopped.
    Deadline {
        /// The time that it had.
        after: Duration,
        /// False if it never began, because it was still busy with earlier calls.
        begun: bool,
    },
    /// It failed too often, and is left alone for a time.
    Quarantined {
        /// How long it is still left alone.
        remaining: Duration,
    },
    /// It has no interpreter: that was lost and is being replaced, or the plugin or the host was removed.
    Down,
    /// The interpreter was lost with the call in it.
    Lost(Error),
}

impl CallError {
    /// What the plugin's interpreter reported, with the traceback as data.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) | Self::Lost(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Lost(error) => write!(f, "the plugin's interpreter was lost: {error}"),
            Self::Deadline { after, begun: true } => write!(f, "no answer within {after:?}; the call was stopped"),
            Self::Deadline { after, begun: false } => {
                write!(
                    f,
                    "the plugin was busy with other calls for {after:?}; the call was not begun"
                )
            }
            Self::Quarantined { remaining } => write!(f, "the plugin is quarantined for another {remaining:?}"),
            Self::Down => f.write_str("the plugin is not running now"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error().map(|error| error as _)
    }
}
