//! Folders of plugins for tests, and waiting for what happens to them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;
use ungil::plugin::{Event, EventKind, Events, PluginHost, PluginHostBuilder};

/// Far more than anything here takes, on a busy machine too.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A plugin that spins until it is stopped.
pub const SPIN: &str = "while True: pass";

/// A folder of plugins.
pub struct Workshop(TempDir);

impl Workshop {
    /// With these files, by name and text.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let workshop = Self(TempDir::new().unwrap());
        for (name, text) in files {
            workshop.write(name, text);
        }
        workshop
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of a file, as the host names it.
    pub fn file(&self, name: &str) -> PathBuf {
        fs::canonicalize(self.path()).unwrap().join(name)
    }

    /// Puts the whole file there at once.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let draft = path.with_extension("draft~");
        fs::write(&draft, text).unwrap();
        fs::rename(draft, path).unwrap();
    }

    /// A builder for a host of this folder, with patience for its plugins.
    pub fn builder(&self) -> PluginHostBuilder {
        PluginHost::builder()
            .folder(self.path())
            .deadline(PATIENCE)
            .setup_time(PATIENCE)
            .state_time(PATIENCE)
            .teardown_time(PATIENCE)
            .output(|_, _| {})
    }

    pub fn host(&self) -> PluginHost {
        let host = self.builder().build().unwrap();
        assert!(host.refused().is_empty(), "{:?}", host.refused());
        host
    }
}

/// The first event for which `pick` gives something.
pub fn wait_for<T>(events: &Events, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
    loop {
        let event = events
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|| panic!("no event: {what}"));
        if let Some(found) = pick(&event) {
            return found;
        }
    }
}

/// Why the only plugin of a host was not taken.
pub fn refusal(workshop: &Workshop) -> String {
    let host = workshop.builder().build().unwrap();
    let refused = host.refused();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(host.plugins().is_empty());
    refused[0].1.to_string()
}

/// The text of what failed, if it is that.
pub fn failure(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::Failed { error } => Some(error.to_string()),
        _ => None,
    }
}
