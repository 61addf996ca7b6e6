//! The handle of a host of plugins.

use std::{
    any::type_name,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use super::{
    Events, Health, Hook, HostDescription, Message, PluginError, PluginHostBuilder, PluginStats, Refusal, bus,
    discover::Location, reload, shared::Shared, slot::Plugin, supervise::Errand,
};
use crate::{Receiver, error::Result, value::to_value_at};

/// Plugins in Python, each in a sandboxed interpreter of its own, and the hooks by which they are called.
///
/// The [module's page](super) shows how it is used. The handle can be cloned and used from any thread. When the last one is
/// dropped, plugins finish their calls and are torn down behind the program's back; [`PluginHost::shutdown`] waits for that.
#[derive(Clone)]
pub struct PluginHost(Arc<Handle>);

/// Dropped with the last handle; hooks do not keep the host alive.
struct Handle(Arc<Shared>);

/// What there is to know of a plugin now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PluginInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Its file or folder.
    pub path: PathBuf,
    /// Its own version, as its manifest has it.
    pub version: Option<String>,
    /// Which version of it runs: the first is 1, and each that is loaded after it has the next number. 0 while it has no
    /// interpreter.
    pub generation: u64,
    /// How it does.
    pub health: Health,
    /// The hooks that it answers.
    pub hooks: Vec<Arc<str>>,
    /// What it asked for and was not given.
    pub refused: Vec<Refusal>,
}

impl PluginHost {
    /// A builder for a host.
    pub fn builder() -> PluginHostBuilder {
        PluginHostBuilder::new()
    }

    pub(super) fn from_shared(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Handle(shared)))
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }

    /// A hook, with the types of its arguments (a tuple) and of an answer. Plugins that are loaded later answer it too.
    ///
    /// ```no_run
    /// # use ungil::plugin::PluginHost;
    /// # let host = PluginHost::builder().folder("plugins").build()?;
    /// let on_order = host.hook::<(String, u32), bool>("on_order");
    /// for answer in on_order.all(&("tea".to_owned(), 3))? {
    ///     println!("{}: {:?}", answer.plugin, answer.result);
    /// }
    /// # Ok::<(), ungil::Error>(())
    /// ```
    pub fn hook<A, R>(&self, name: &str) -> Hook<A, R> {
        {
            let mut hooks = self.shared().hooks.lock();
            let known = hooks.entry(name.to_owned()).or_default();
            known.arguments.get_or_insert_with(|| short(type_name::<A>()));
            known.answer.get_or_insert_with(|| short(type_name::<R>()));
        }
        Hook::new(self.shared().clone(), name.into())
    }

    /// All plugins, in the order of their names.
    pub fn plugins(&self) -> Vec<PluginInfo> {
        let plugins = self.shared().plugins();
        plugins.iter().map(|plugin| info(plugin)).collect()
    }

    /// One plugin.
    ///
    /// # Errors
    /// [`PluginError::Unknown`].
    pub fn plugin(&self, name: &str) -> Result<PluginInfo, PluginError> {
        Ok(info(&*self.shared().plugin(name)?))
    }

    /// What was found and not taken, and why.
    pub fn refused(&self) -> Vec<(PathBuf, Arc<PluginError>)> {
        self.shared().refusals()
    }

    /// What happens from now on. [`PluginHostBuilder::on_event`] hears of what happens while the host is built, too.
    pub fn events(&self) -> Events {
        self.shared().events.listen()
    }

    /// How a plugin does.
    ///
    /// # Errors
    /// [`PluginError::Unknown`].
    pub fn health(&self, plugin: &str) -> Result<Health, PluginError> {
        Ok(self.shared().plugin(plugin)?.patient.health())
    }

    /// What is counted of a plugin and its hooks.
    ///
    /// # Errors
    /// [`PluginError::Unknown`].
    pub fn stats(&self, plugin: &str) -> Result<PluginStats, PluginError> {
        let plugin = self.shared().plugin(plugin)?;
        let mut stats = plugin.counters.read();
        if let Some(instance) = plugin.instance() {
            let own = instance.interpreter.stats();
            stats.cpu_time = own.cpu_time;
            stats.memory = own.memory;
            stats.queued = own.queued;
        }
        Ok(stats)
    }

    /// Loads a plugin again, from its files as they are now, beside the version that runs. Calls switch over at once when
    /// that has worked; calls that are under way finish on the old version. When it has not worked, the old version stays.
    ///
    /// Returns when the old version is torn down.
    ///
    /// # Errors
    /// Why the old version stays. It is an event, too.
    pub fn reload(&self, plugin: &str) -> Result<(), PluginError> {
        let plugin = self.shared().plugin(plugin)?;
        reload::reload(self.shared(), &plugin, false).map(drop)
    }

    /// Looks through the folders: what is new is loaded, what is gone is unloaded. A host that watches does so by itself.
    pub fn rescan(&self) {
        self.shared().rescan();
    }

    /// Adds a plugin by its file or folder.
    ///
    /// # Errors
    /// Why it is refused. It is an event, too.
    pub fn add(&self, path: impl AsRef<Path>) -> Result<(), PluginError> {
        let location = Location::single(path.as_ref())?;
        let path = location.path.clone();
        if let Some(watch) = &*self.shared().watch.lock() {
            for (folder, deep) in location.watched() {
                // Without it the plugin is there, but has to be reloaded by hand.
                if let Err(error) = watch.add(&folder, deep) {
                    tracing::warn!(%error, "a plugin is not watched");
                }
            }
        }
        self.shared().add_all(vec![location]);
        let refused = self.refused().into_iter().find(|(refused, _)| *refused == path);
        refused.map_or(Ok(()), |(_, error)| Err((*error).clone()))
    }

    /// Takes a plugin out: it finishes its calls and is torn down. Waits for that.
    ///
    /// # Errors
    /// [`PluginError::Unknown`].
    pub fn remove(&self, plugin: &str) -> Result<(), PluginError> {
        let plugin = self.shared().plugin(plugin)?;
        self.shared().remove(&plugin);
        Ok(())
    }

    /// Publishes a message to all plugins, and listeners of the host, that hear the topic. Gives how many plugins get it.
    ///
    /// # Errors
    /// [`Error::Conversion`](crate::Error::Conversion) if the message cannot cross.
    pub fn publish(&self, topic: &str, message: impl Serialize) -> Result<usize> {
        let message = to_value_at("message", &message)?;
        Ok(bus::publish(self.shared(), "", topic, &message))
    }

    /// What is published from now on to a topic, or to all topics that begin like a pattern with a `*` at its end. What
    /// comes when `capacity` messages wait is lost to this receiver.
    pub fn subscribe(&self, topic: &str, capacity: usize) -> Receiver<Message> {
        self.shared().listeners.add(topic, capacity)
    }

    /// What the host tells of itself, for `ungil plugin check`.
    pub fn describe(&self) -> HostDescription {
        let hooks = self.shared().hooks.lock().clone();
        HostDescription::of(&self.shared().settings, hooks)
    }

    /// Lets all plugins finish their calls, tears them down, and waits for that.
    pub fn shutdown(&self) {
        let shared = self.shared();
        if shared.close() {
            let plugins = shared.plugins();
            std::thread::scope(|scope| {
                for plugin in plugins.iter() {
                    plugin.remove();
                    scope.spawn(move || {
                        let _one = plugin.loading.lock();
                        shared.take_down(plugin);
                        plugin.tell(super::EventKind::Unloaded);
                    });
                }
            });
            shared.end();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.0.close() {
            for plugin in self.0.plugins().iter() {
                plugin.remove();
                if let Some(instance) = plugin.vacate() {
                    instance.dismiss(self.0.settings.teardown_time);
                }
            }
            self.0.end();
        }
    }
}

impl Shared {
    /// Ends what goes on by itself.
    fn end(&self) {
        drop(self.watch.lock().take());
        self.listeners.close();
        self.events.close();
        let _ = self.errands.send(Errand::End);
    }
}

fn info(plugin: &Plugin) -> PluginInfo {
    let instance = plugin.instance();
    let instance = instance.as_deref();
    let mut hooks: Vec<Arc<str>> = instance.map_or_else(Vec::new, |instance| instance.hooks.keys().cloned().collect());
    hooks.sort();
    PluginInfo {
        name: plugin.name.clone(),
        path: plugin.location.path.clone(),
        version: instance.and_then(|instance| instance.version.clone()),
        generation: instance.map_or(0, |instance| instance.generation),
        health: plugin.patient.health(),
        hooks,
        refused: instance.map_or_else(Vec::new, |instance| instance.refused.clone()),
    }
}

/// A type's name without the paths of modules.
fn short(name: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    for letter in name.chars() {
        match letter {
            ':' => word.clear(),
            letter if letter.is_alphanumeric() || letter == '_' => word.push(letter),
            letter => {
                short.push_str(&word);
                word.clear();
                short.push(letter);
            }
        }
    }
    short + &word
}

impl fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugins = self.shared().plugins();
        f.debug_struct("PluginHost")
            .field(
                "plugins",
                &plugins.iter().map(|plugin| &plugin.name).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn types_are_named_without_their_modules() {
        assert_eq!(
            short("(shop::Order, alloc::vec::Vec<core::option::Option<u32>>)"),
            "(Order, Vec<Option<u32>>)"
        );
        assert_eq!(short("()"), "()");
    }
}
