//! What a host, its hooks and its threads share.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crossbeam_channel::Sender;
use parking_lot::{Mutex, RwLock};

use super::{
    EventKind, PluginError, Refusal,
    bus::{self, Listeners},
    description::HookDescription,
    discover::{self, Location, Package},
    events::Announcer,
    health::Patient,
    load,
    settings::Settings,
    slot::Plugin,
    supervise::Errand,
    watch::Watch,
};

/// All of a host but its handle.
pub(super) struct Shared {
    pub(super) settings: Settings,
    /// Replaced as a whole, so that who goes through it holds no lock.
    plugins: RwLock<Arc<[Arc<Plugin>]>>,
    pub(super) folders: Mutex<Vec<PathBuf>>,
    pub(super) events: Arc<Announcer>,
    pub(super) errands: Sender<Errand>,
    pub(super) listeners: Listeners,
    pub(super) hooks: Mutex<BTreeMap<String, HookDescription>>,
    pub(super) watch: Mutex<Option<Watch>>,
    /// What was refused and why, so that it is told once.
    refused: Mutex<HashMap<PathBuf, Arc<PluginError>>>,
    /// Held while plugins are added or removed.
    managing: Mutex<()>,
    closed: AtomicBool,
}

impl Shared {
    pub(super) fn new(settings: Settings, errands: Sender<Errand>) -> Arc<Self> {
        Arc::new(Self {
            settings,
            plugins: RwLock::new(Arc::new([])),
            folders: Mutex::default(),
            events: Arc::default(),
            errands,
            listeners: Listeners::default(),
            hooks: Mutex::default(),
            watch: Mutex::default(),
            refused: Mutex::default(),
            managing: Mutex::new(()),
            closed: AtomicBool::new(false),
        })
    }

    pub(super) fn bus(self: &Arc<Self>) -> bus::Bus {
        bus::Bus::of(self)
    }

    /// Those that there are now, in the order of their names.
    pub(super) fn plugins(&self) -> Arc<[Arc<Plugin>]> {
        self.plugins.read().clone()
    }

    pub(super) fn plugin(&self, name: &str) -> Result<Arc<Plugin>, PluginError> {
        let plugins = self.plugins();
        let found = plugins.iter().find(|plugin| *plugin.name == *name);
        found
            .cloned()
            .ok_or_else(|| PluginError::Unknown { name: name.to_owned() })
    }

    pub(super) fn refusals(&self) -> Vec<(PathBuf, Arc<PluginError>)> {
        let mut refused: Vec<_> = self
            .refused
            .lock()
            .iter()
            .map(|(path, error)| (path.clone(), error.clone()))
            .collect();
        refused.sort_by(|(one, _), (other, _)| one.cmp(other));
        refused
    }

    /// Loads plugins that are not there yet, several at a time.
    pub(super) fn add_all(self: &Arc<Self>, locations: Vec<Location>) {
        let _one = self.managing.lock();
        let known = self.plugins();
        let is_new = |location: &Location| !known.iter().any(|plugin| plugin.location == *location);
        let new: Vec<Location> = locations.into_iter().filter(is_new).collect();
        let next = Mutex::new(discover::read_all(new).into_iter());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let work = || {
            loop {
                let Some((location, package)) = next.lock().next() else {
                    return;
                };
                self.add(location, package);
            }
        };
        let work = &work;
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
    }

    fn add(self: &Arc<Self>, location: Location, package: Result<Package, PluginError>) {
        let path = location.path.clone();
        let name = match &package {
            Ok(package) => package.manifest.name.clone(),
            Err(_) => location.default_name(),
        };
        let name: Arc<str> = name.into();
        let loaded = package.and_then(|package| {
            if let Ok(known) = self.plugin(&name) {
                return Err(PluginError::Duplicate {
                    name: name.to_string(),
                    first: known.location.path.clone(),
                    second: path.clone(),
                });
            }
            self.start(&name, location, &package)
        });
        match loaded {
            Ok((plugin, refused)) => {
                self.refused.lock().remove(&path);
                // Last: who hears of it finds everything as it says.
                plugin.tell(EventKind::Loaded { refused });
                // A host that was closed meanwhile has taken down what it knew of.
                if self.is_closed()
                    && let Some(instance) = plugin.vacate()
                {
                    instance.dismiss(self.settings.teardown_time);
                }
            }
            Err(error) => {
                let known = self.refused.lock().get(&path).map(ToString::to_string);
                if known.as_deref() == Some(&error.to_string()) {
                    return;
                }
                let error = Arc::new(error);
                self.refused.lock().insert(path.clone(), error.clone());
                self.events.tell(&name, EventKind::Refused { path, error });
            }
        }
    }

    fn start(
        self: &Arc<Self>,
        name: &Arc<str>,
        location: Location,
        package: &Package,
    ) -> Result<(Arc<Plugin>, Vec<Refusal>), PluginError> {
        let patient = Patient::new(self.settings.clock.clone(), self.settings.quarantine.clone());
        let (events, errands) = (self.events.clone(), self.errands.clone());
        let plugin = Plugin::new(name.clone(), location, patient, events, errands);
        let instance = load::load(&self.settings, &self.bus(), package, plugin.next_generation())?;
        let refused = instance.refused.clone();
        plugin.seat(Arc::new(instance));
        {
            let mut plugins = self.plugins.write();
            let mut list = plugins.to_vec();
            list.push(plugin.clone());
            list.sort_by(|one, other| one.name.cmp(&other.name));
            *plugins = list.into();
        }
        Ok((plugin, refused))
    }

    /// Loads what is new in the folders, and removes what is gone.
    pub(super) fn rescan(self: &Arc<Self>) {
        for plugin in &*self.plugins() {
            if !plugin.location.exists() {
                self.remove(plugin);
            }
        }
        let mut found = Vec::new();
        for folder in self.folders.lock().clone() {
            match discover::scan(&folder) {
                Ok(locations) => found.extend(locations),
                Err(error) => tracing::warn!(%error, "a folder of plugins cannot be read"),
            }
        }
        self.refused
            .lock()
            .retain(|path, _| std::fs::symlink_metadata(path).is_ok());
        self.add_all(found);
    }

    /// Takes a plugin out of the host and tears it down.
    pub(super) fn remove(&self, plugin: &Arc<Plugin>) {
        {
            let mut plugins = self.plugins.write();
            let list: Vec<_> = plugins
                .iter()
                .filter(|known| !Arc::ptr_eq(known, plugin))
                .cloned()
                .collect();
            if list.len() == plugins.len() {
                return;
            }
            *plugins = list.into();
        }
        plugin.remove();
        // A version that is being loaded finds that the plugin was removed.
        let _one = plugin.loading.lock();
        self.take_down(plugin);
        plugin.tell(EventKind::Unloaded);
    }

    /// Waits until the plugin's instance has ended.
    pub(super) fn take_down(&self, plugin: &Arc<Plugin>) {
        if let Some(instance) = plugin.vacate() {
            super::reload::retire(&self.settings, plugin, &instance);
        }
    }

    pub(super) fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::SeqCst)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}
