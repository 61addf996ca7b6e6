//! What a host is told of its plugins, as it happens.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::Mutex;

use super::{PluginError, Refusal};

/// So many events wait for a listener that does not take them; then the oldest go.
const MOST_WAITING: usize = 4096;

/// Something that happened to a plugin.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: SystemTime,
    /// The plugin's name; that of its file where its name is not known.
    pub plugin: Arc<str>,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// It is there, and is called from now on.
    Loaded {
        /// What it asked for and was not given.
        refused: Vec<Refusal>,
    },
    /// It is not taken.
    Refused {
        /// The plugin's file or folder.
        path: PathBuf,
        /// Why.
        error: Arc<PluginError>,
    },
    /// A new version has taken the place of the one before.
    Reloaded {
        /// Which version of the plugin this is: the first is 1.
        generation: u64,
        /// What it asked for and was not given.
        refused: Vec<Refusal>,
        /// True if `save()` and `restore(state)` have carried the state over.
        state_moved: bool,
    },
    /// Something of the plugin failed: a call, `setup`, a reload. After a reload that failed, the old version goes on.
    Failed {
        /// What, with the traceback as data.
        error: Arc<PluginError>,
    },
    /// It failed too often, and is left alone for so long.
    Quarantined {
        /// How long.
        pause: Duration,
        /// Failures in a row.
        failures: u32,
    },
    /// Its interpreter could not be stopped, or panicked; it gets another one.
    Lost,
    /// It is called again after it was quarantined or lost.
    Recovered,
    /// It was removed, or its file is gone.
    Unloaded,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.plugin)?;
        let list = |f: &mut fmt::Formatter<'_>, refused: &[Refusal]| {
            refused
                .iter()
                .try_for_each(|refusal| write!(f, "; not granted: {refusal}"))
        };
        match &self.kind {
            EventKind::Loaded { refused } => f.write_str("loaded").and_then(|()| list(f, refused)),
            EventKind::Refused { error, .. } => write!(f, "refused: {error}"),
            EventKind::Reloaded {
                generation,
                refused,
                state_moved,
            } => {
                let state = if *state_moved { ", with its state" } else { "" };
                write!(f, "reloaded as version {generation}{state}")?;
                list(f, refused)
            }
            EventKind::Failed { error } => write!(f, "failed: {error}"),
            EventKind::Quarantined { pause, failures } => {
                write!(f, "quarantined for {pause:?} after {failures} failures in a row")
            }
            EventKind::Lost => f.write_str("its interpreter is lost"),
            EventKind::Recovered => f.write_str("recovered"),
            EventKind::Unloaded => f.write_str("unloaded"),
        }
    }
}

/// The events of a host from the moment on in which this was made. Any number of these can be made; each gets all events.
///
/// An iterator that waits: it ends when the host is gone.
pub struct Events {
    events: Receiver<Event>,
    /// Tells the host that somebody listens.
    _alive: Arc<()>,
}

impl Events {
    /// The next event; waits as long as it takes. `None` once the host is gone.
    pub fn recv(&self) -> Option<Event> {
        self.events.recv().ok()
    }

    /// The next event, if one comes in time.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<Event> {
        self.events.recv_timeout(timeout).ok()
    }

    /// An event that is there now.
    pub fn try_recv(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.recv()
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Events({} waiting)", self.events.len())
    }
}

/// Everyone who listens.
#[derive(Default)]
pub(super) struct Announcer(Mutex<Vec<Listener>>);

struct Listener {
    sender: Sender<Event>,
    /// To make room.
    receiver: Receiver<Event>,
    alive: Weak<()>,
}

impl Announcer {
    pub(super) fn listen(&self) -> Events {
        let (sender, receiver) = bounded(MOST_WAITING);
        let alive = Arc::new(());
        self.0.lock().push(Listener {
            sender,
            receiver: receiver.clone(),
            alive: Arc::downgrade(&alive),
        });
        Events {
            events: receiver,
            _alive: alive,
        }
    }

    pub(super) fn tell(&self, plugin: &Arc<str>, kind: EventKind) {
        let event = Event {
            at: SystemTime::now(),
            plugin: plugin.clone(),
            kind,
        };
        tracing::debug!(%event, "plugin");
        let mut listeners = self.0.lock();
        listeners.retain(|listener| listener.alive.strong_count() > 0);
        for listener in &*listeners {
            let mut event = event.clone();
            while let Err(TrySendError::Full(unsent)) = listener.sender.try_send(event) {
                // The newest matters more than the oldest.
                let _ = listener.receiver.try_recv();
                event = unsent;
            }
        }
    }

    /// Listeners hear that nothing comes any more.
    pub(super) fn close(&self) {
        self.0.lock().clear();
    }
}
