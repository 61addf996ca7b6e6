//! Everything that a host of plugins starts with.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crossbeam_channel::unbounded;
use serde::Serialize;

use super::{
    ApiVersion, Clock, Event, Offer, PluginHost, Policy, Quarantine,
    description::HookDescription,
    discover::{self, Location},
    settings::Settings,
    shared::Shared,
    supervise,
    watch::Watch,
};
use crate::{
    Class, Spawner,
    control::spawner,
    error::{ConversionError, Error, Result},
    value::to_value_at,
};

/// Hears of events.
type Listener = Box<dyn Fn(&Event) + Send>;

/// Everything that a [`PluginHost`] starts with.
#[must_use = "a builder does nothing until `build` is called"]
#[derive(Default)]
pub struct PluginHostBuilder {
    settings: Settings,
    folders: Vec<PathBuf>,
    plugins: Vec<PathBuf>,
    hooks: Vec<(String, HookDescription)>,
    on_event: Option<Listener>,
    broken: Option<ConversionError>,
}

impl PluginHostBuilder {
    /// A host without plugins, with everything by default.
    pub fn new() -> Self {
        Self::default()
    }

    /// A folder whose Python files, and folders with a `plugin.toml` or an `__init__.py`, are plugins. Names that begin with
    /// `.` or `_` are passed over.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// A single plugin: its file or folder.
    pub fn plugin(mut self, path: impl Into<PathBuf>) -> Self {
        self.plugins.push(path.into());
        self
    }

    /// What plugins may do. [`Policy`] says what that is by default.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// What one plugin may do, in place of what the others may.
    pub fn policy_for(mut self, plugin: impl Into<String>, policy: Policy) -> Self {
        self.settings.policies.insert(plugin.into(), policy);
        self
    }

    /// What a plugin's `setup(config)` gets, over the `[config]` of its manifest: a struct or a map.
    pub fn config(mut self, plugin: impl Into<String>, config: impl Serialize) -> Self {
        match to_value_at("config", &config) {
            Ok(config) => drop(self.settings.configs.insert(plugin.into(), config)),
            Err(error) => drop(self.broken.get_or_insert(error)),
        }
        self
    }

    /// The version of the API that this host has for plugins, 1.0 by default: plugins say which one they want.
    pub fn api(mut self, version: ApiVersion) -> Self {
        self.settings.api = version;
        self
    }

    /// The module from which plugins import `hook`, `subscribe`, `publish` and what is offered; `host` by default.
    pub fn module(mut self, name: impl Into<String>) -> Self {
        self.settings.module = name.into();
        self
    }

    /// Offers something to plugins. One name can be offered in several versions.
    pub fn offer(mut self, offer: Offer) -> Self {
        self.settings.offers.list.push(offer);
        self
    }

    /// The class of objects that are offered.
    pub fn class<T: Send + Sync + 'static>(mut self, class: Class<T>) -> Self {
        self.settings.offers.classes.add(class);
        self
    }

    /// Says what a hook is for, in the host's description.
    pub fn describe_hook(mut self, name: impl Into<String>, doc: impl Into<String>) -> Self {
        let description = HookDescription {
            doc: Some(doc.into()),
            ..HookDescription::default()
        };
        self.hooks.push((name.into(), description));
        self
    }

    /// How long a hook's caller waits for an answer, unless the hook's handle says otherwise; a second by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// How long a plugin's module may take to run, and `setup` after it; 10 seconds by default.
    pub fn setup_time(mut self, time: Duration) -> Self {
        self.settings.setup_time = time;
        self
    }

    /// How long `teardown` may take; 2 seconds by default.
    pub fn teardown_time(mut self, time: Duration) -> Self {
        self.settings.teardown_time = time;
        self
    }

    /// How long `save` may take, and `restore` after it; 2 seconds by default. Calls of the plugin wait meanwhile.
    pub fn state_time(mut self, time: Duration) -> Self {
        self.settings.state_time = time;
        self
    }

    /// When a plugin that fails is left alone, and for how long.
    pub fn quarantine(mut self, quarantine: Quarantine) -> Self {
        self.settings.quarantine = quarantine;
        self
    }

    /// What tells the time of quarantines.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Takes what plugins print, with the plugin's name; by default it goes to the process's streams. It must not call the
    /// plugin that prints.
    pub fn output(mut self, write: impl Fn(&str, &[u8]) + Send + Sync + 'static) -> Self {
        self.settings.output = Some(Arc::new(write));
        self
    }

    /// What runs the futures of async functions that are offered.
    pub fn spawner(mut self, spawner: Spawner) -> Self {
        self.settings.spawner = Some(spawner);
        self
    }

    /// Reloads a plugin when its files have changed and were then quiet for so long, such as 200 ms; loads plugins that are
    /// put into the folders, and unloads those that are taken away.
    pub fn watch(mut self, quiet: Duration) -> Self {
        self.settings.watch = Some(quiet);
        self
    }

    /// Called with every event, on a thread of its own, from the beginning on.
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + 'static) -> Self {
        self.on_event = Some(Box::new(listener));
        self
    }

    /// Loads the plugins and sets them up, several at a time. One that cannot be taken is no error here, but an event, and
    /// in [`PluginHost::refused`].
    ///
    /// # Errors
    /// [`Error::Config`] for a folder that is not there, or a setting that cannot work; [`Error::Conversion`] for a value
    /// that cannot cross.
    pub fn build(self) -> Result<PluginHost> {
        let Self {
            settings,
            folders,
            plugins,
            hooks,
            on_event,
            broken,
        } = self;
        if let Some(error) = broken {
            return Err(error.into());
        }
        for offer in &settings.offers.list {
            offer.check()?;
        }
        let mut found = Vec::new();
        let mut folders = folders;
        for folder in &mut folders {
            found.extend(discover::scan(folder).map_err(unusable)?);
            // As the system names what changes in it.
            *folder = std::fs::canonicalize(&*folder).unwrap_or_else(|_| folder.clone());
        }
        for path in &plugins {
            let location = Location::single(path).map_err(unusable)?;
            if !found.contains(&location) {
                found.push(location);
            }
        }
        // Unbounded: an errand is about a plugin that has lost its interpreter or failed, and who tells must not block.
        let (errands, incoming) = unbounded();
        let quiet = settings.watch;
        let shared = Shared::new(settings, errands.clone());
        let no_thread = |error: std::io::Error| Error::config(format!("no thread for a host of plugins: {error}"));
        supervise::start(Arc::downgrade(&shared), incoming).map_err(no_thread)?;
        let host = PluginHost::from_shared(shared.clone());
        *shared.folders.lock() = folders.clone();
        shared.hooks.lock().extend(hooks);
        if let Some(listener) = on_event {
            let events = shared.events.listen();
            spawner::spawn("ungil-events", None, move || events.for_each(|event| listener(&event)))
                .map_err(no_thread)?;
        }
        if let Some(quiet) = quiet {
            let watch = Watch::start(quiet, errands)?;
            for folder in &folders {
                watch.add(folder, true)?;
            }
            for (folder, deep) in found.iter().flat_map(Location::watched) {
                watch.add(&folder, deep)?;
            }
            *shared.watch.lock() = Some(watch);
        }
        shared.add_all(found);
        Ok(host)
    }
}

fn unusable(error: super::PluginError) -> Error {
    Error::config(format!("plugins cannot be looked for: {error}"))
}
