//! Noticing that files of plugins change.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;

use super::{discover::is_of_interest, supervise::Errand};
use crate::{
    control::spawner,
    error::{Error, Result},
};

/// Files that never get quiet are looked at after so many times the quiet that was asked for.
const MOST_QUIETS: u32 = 10;

/// Looks at folders until it is dropped.
pub(super) struct Watch {
    watcher: Mutex<RecommendedWatcher>,
    watched: Mutex<BTreeSet<(PathBuf, bool)>>,
}

impl Watch {
    /// Tells `errands` of changes when the files have been quiet for that long.
    pub(super) fn start(quiet: Duration, errands: Sender<Errand>) -> Result<Self> {
        // Unbounded: the system's own queue is what bounds it, and who watches must not block.
        let (changed, changes) = unbounded();
        let handler = move |event: notify::Result<notify::Event>| {
            if let Ok(event) = event
                && !matches!(event.kind, EventKind::Access(_))
            {
                let paths = event.paths.into_iter().filter(|path| is_of_interest(path));
                paths.for_each(|path| drop(changed.send(path)));
            }
        };
        let watcher = notify::recommended_watcher(handler).map_err(|error| unwatchable(None, &error))?;
        spawner::spawn("ungil-watch", None, move || debounce(&changes, quiet, &errands))
            .map_err(|error| Error::config(format!("no thread to watch plugins with: {error}")))?;
        Ok(Self {
            watcher: Mutex::new(watcher),
            watched: Mutex::default(),
        })
    }

    /// Looks at a folder, and at all below it with `deep`.
    pub(super) fn add(&self, folder: &Path, deep: bool) -> Result<()> {
        {
            let mut watched = self.watched.lock();
            let is_known = watched
                .iter()
                .any(|(known, all)| known == folder || (*all && folder.starts_with(known)));
            if is_known {
                return Ok(());
            }
            watched.insert((folder.to_owned(), deep));
        }
        let mode = if deep {
            RecursiveMode::Recursive
        } else {
            RecursiveMode::NonRecursive
        };
        let watched = self.watcher.lock().watch(folder, mode);
        watched.map_err(|error| unwatchable(Some(folder), &error))
    }
}

fn unwatchable(folder: Option<&Path>, error: &notify::Error) -> Error {
    let what = folder.map_or_else(String::new, |folder| format!(" {}", folder.display()));
    Error::config(format!(
        "plugins{what} cannot be watched: {error}; leave out watch(), and call reload() when something has changed"
    ))
}

/// Gathers changes, and passes them on when no more come.
fn debounce(changes: &Receiver<PathBuf>, quiet: Duration, errands: &Sender<Errand>) {
    while let Ok(first) = changes.recv() {
        let mut paths = BTreeSet::from([first]);
        let begun = Instant::now();
        let longest = quiet.saturating_mul(MOST_QUIETS);
        loop {
            let left = longest.saturating_sub(begun.elapsed());
            match changes.recv_timeout(quiet.min(left)) {
                Ok(path) => drop(paths.insert(path)),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if left.is_zero() {
                break;
            }
        }
        if errands.send(Errand::Changed(paths.into_iter().collect())).is_err() {
            return;
        }
    }
}
