//! What is done for plugins behind the back of their callers: lost interpreters are replaced, changed files loaded.

use std::{
    path::PathBuf,
    sync::{Arc, Weak},
};

use crossbeam_channel::Receiver;

use super::{Stage, reload, shared::Shared, slot::Plugin};
use crate::{control::spawner, error::Error};

/// Something that has to be done, some time.
pub(super) enum Errand {
    /// The interpreter of that generation was lost, or may have been.
    Lost(Arc<Plugin>, u64),
    /// Somebody has called a plugin that has no interpreter.
    Revive(Arc<Plugin>),
    /// A plugin has failed with a message of that topic.
    MessageFailed(Arc<Plugin>, Arc<str>, Error),
    /// These files have changed, and are quiet now.
    Changed(Vec<PathBuf>),
    /// The host is gone.
    End,
}

/// Starts the thread that sees to errands until the host is gone.
pub(super) fn start(host: Weak<Shared>, errands: Receiver<Errand>) -> std::io::Result<()> {
    spawner::spawn("ungil-plugins", None, move || {
        for errand in errands {
            let Some(host) = host.upgrade().filter(|host| !host.is_closed()) else {
                return;
            };
            if matches!(errand, Errand::End) {
                return;
            }
            see_to(&host, errand);
        }
    })
}

fn see_to(host: &Arc<Shared>, errand: Errand) {
    match errand {
        Errand::Lost(plugin, generation) => aside(host, move |host| reload::replace(host, &plugin, generation)),
        Errand::Revive(plugin) => aside(host, move |host| reload::revive(host, &plugin)),
        Errand::MessageFailed(plugin, topic, error) => plugin.failed(Stage::Message(topic), error),
        Errand::Changed(paths) => {
            for plugin in host.plugins().iter() {
                if plugin.location.exists() && paths.iter().any(|path| plugin.location.has(path)) {
                    let plugin = plugin.clone();
                    // What goes wrong is told as an event.
                    aside(host, move |host| drop(reload::reload(host, &plugin, true)));
                }
            }
            aside(host, Shared::rescan);
        }
        Errand::End => {}
    }
}

/// On a thread of its own: a plugin that takes long to load holds up nobody but itself.
fn aside(host: &Arc<Shared>, work: impl FnOnce(&Arc<Shared>) + Send + 'static) {
    let host = host.clone();
    if let Err(error) = spawner::spawn("ungil-plugin", None, move || work(&host)) {
        tracing::error!(%error, "no thread to see to a plugin");
    }
}
