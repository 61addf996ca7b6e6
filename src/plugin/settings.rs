//! What a host was built with.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{ApiVersion, Clock, Manifest, Policy, Quarantine, offer::Offers};
use crate::{Spawner, Value};

/// Takes what a plugin prints: its name, and the bytes.
pub(super) type PluginOutput = Arc<dyn Fn(&str, &[u8]) + Send + Sync>;

/// All of it.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) api: ApiVersion,
    /// The module by which plugins know their host.
    pub(super) module: String,
    pub(super) policy: Policy,
    pub(super) policies: HashMap<String, Policy>,
    pub(super) configs: HashMap<String, Value>,
    pub(super) offers: Offers,
    /// For an answer, unless the hook's handle says otherwise.
    pub(super) deadline: Duration,
    /// For running the plugin's module, and again for `setup`.
    pub(super) setup_time: Duration,
    pub(super) teardown_time: Duration,
    /// For `save`, and again for `restore`.
    pub(super) state_time: Duration,
    pub(super) quarantine: Quarantine,
    pub(super) clock: Clock,
    pub(super) output: Option<PluginOutput>,
    pub(super) spawner: Option<Spawner>,
    /// How long files must be quiet before a change is acted upon; `None`: nobody looks.
    pub(super) watch: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api: ApiVersion::new(1, 0),
            module: "host".to_owned(),
            policy: Policy::new(),
            policies: HashMap::new(),
            configs: HashMap::new(),
            offers: Offers::default(),
            deadline: Duration::from_secs(1),
            setup_time: Duration::from_secs(10),
            teardown_time: Duration::from_secs(2),
            state_time: Duration::from_secs(2),
            quarantine: Quarantine::new(),
            clock: Clock::default(),
            output: None,
            spawner: None,
            watch: None,
        }
    }
}

impl Settings {
    pub(super) fn policy_of(&self, plugin: &str) -> &Policy {
        self.policies.get(plugin).unwrap_or(&self.policy)
    }

    /// What `setup` gets: the manifest's values, and over them the host's.
    pub(super) fn config_of(&self, manifest: &Manifest) -> Value {
        let Some(own) = self.configs.get(&manifest.name) else {
            return manifest.config.clone();
        };
        match (&manifest.config, own) {
            (Value::Dict(defaults), Value::Dict(own)) => {
                let mut entries = own.clone();
                let is_new = |key: &Value| !own.iter().any(|(known, _)| known == key);
                entries.extend(defaults.iter().filter(|(key, _)| is_new(key)).cloned());
                Value::Dict(entries)
            }
            _ => own.clone(),
        }
    }
}
