//! Messages between plugins, and between them and the host, by topic.

use std::sync::{Arc, Weak, atomic::Ordering};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{
    call::Record,
    shared::Shared,
    slot::{Plugin, Target},
    supervise::Errand,
};
use crate::{Receiver, SendFailure, Sender, Value, channel, fence::pattern_covers};

/// So many messages wait for a plugin that does not take them; what comes then is dropped and counted.
const MOST_WAITING: usize = 1024;

/// A message of the bus, as the host gets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// What it is about.
    pub topic: String,
    /// The plugin that published it; empty for the host.
    pub from: String,
    /// What it says.
    pub value: Value,
}

/// A way to the bus that does not keep the host alive.
#[derive(Clone)]
pub(super) struct Bus(Weak<Shared>);

impl Bus {
    pub(super) fn of(host: &Arc<Shared>) -> Self {
        Self(Arc::downgrade(host))
    }

    /// Brings the message to all that hear the topic, but not to `from`. Gives how many plugins get it.
    pub(super) fn publish(&self, from: &str, topic: &str, message: &Value) -> usize {
        self.0.upgrade().map_or(0, |host| publish(&host, from, topic, message))
    }
}

/// Who of the host listens.
#[derive(Default)]
pub(super) struct Listeners(Mutex<Vec<(String, Sender<Message>)>>);

impl Listeners {
    pub(super) fn add(&self, pattern: &str, capacity: usize) -> Receiver<Message> {
        let (sender, receiver) = channel(capacity);
        self.0.lock().push((pattern.to_owned(), sender));
        receiver
    }

    pub(super) fn close(&self) {
        self.0.lock().clear();
    }

    fn tell(&self, from: &str, topic: &str, message: &Value) {
        let gone = |sender: &Sender<Message>| {
            let message = Message {
                topic: topic.to_owned(),
                from: from.to_owned(),
                value: message.clone(),
            };
            // A full channel: whoever gave it its capacity reads too slowly, and a plugin does not wait for that.
            matches!(sender.try_send(message), Err(error) if matches!(error.cause(), SendFailure::Closed))
        };
        self.0
            .lock()
            .retain(|(pattern, sender)| !pattern_covers(pattern, topic) || !gone(sender));
    }
}

pub(super) fn publish(host: &Arc<Shared>, from: &str, topic: &str, message: &Value) -> usize {
    host.listeners.tell(from, topic, message);
    let topic: Arc<str> = topic.into();
    let plugins = host.plugins();
    let reached = plugins.iter().filter(|plugin| {
        let functions = if *plugin.name == *from { 0 } else { plugin.hears(&topic) };
        let posted = (0..functions).filter(|nth| post(host, plugin, &topic, *nth, message));
        posted.count() > 0
    });
    reached.count()
}

/// Takes back what a message counts for, whether or not it was delivered.
struct Waiting(Arc<Plugin>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.messages.fetch_sub(1, Ordering::SeqCst);
    }
}

fn post(host: &Arc<Shared>, plugin: &Arc<Plugin>, topic: &Arc<str>, nth: usize, message: &Value) -> bool {
    if plugin.messages.fetch_add(1, Ordering::SeqCst) >= MOST_WAITING {
        plugin.messages.fetch_sub(1, Ordering::SeqCst);
        plugin.counters.message_dropped();
        return false;
    }
    let waiting = Waiting(plugin.clone());
    let record = Arc::new(Record::default());
    let own = record.clone();
    let args = vec![Value::from(&**topic), message.clone()];
    let told = topic.clone();
    let errands = plugin.errands.clone();
    let work = move |vm: &rustpython_vm::VirtualMachine| {
        let result = own.during(|function| function.call_here(vm, args));
        // Nobody waits for it, so the supervisor hears what went wrong.
        if let Err(error) = &result {
            let plugin = waiting.0.clone();
            let _ = errands.send(Errand::MessageFailed(plugin, told, error.clone()));
        }
        drop(waiting);
        result.map(drop)
    };
    let target = Target::Topic(topic.clone(), nth);
    plugin.post(target, record, host.settings.deadline, work).is_ok()
}
