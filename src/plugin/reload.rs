//! Putting another version of a plugin, or another interpreter, in the place of the one that there is.

use std::sync::Arc;

use super::{
    EventKind, PluginError, Stage, discover::Package, instance::Instance, load, settings::Settings, shared::Shared,
    slot::Plugin,
};
use crate::error::Error;

/// A plugin whose files change while it is loaded is read again, up to so many times.
const MOST_READS: usize = 3;

/// Loads the plugin's files as they are now beside the version that runs, and switches over when that has worked. With
/// `if_changed`, only if they are not those that run. False if nothing was done.
///
/// Returns when the old version has finished its calls and is torn down.
pub(super) fn reload(host: &Arc<Shared>, plugin: &Arc<Plugin>, if_changed: bool) -> Result<bool, PluginError> {
    let outcome = {
        let _one = plugin.loading.lock();
        if plugin.is_removed() {
            return Err(PluginError::Unknown {
                name: plugin.name.to_string(),
            });
        }
        let outcome = renew(host, plugin, if_changed);
        plugin.revival_ended();
        outcome
    };
    if let Err(error) = &outcome {
        let error = Arc::new(error.clone());
        plugin.tell(EventKind::Failed { error });
    }
    outcome
}

fn renew(host: &Arc<Shared>, plugin: &Arc<Plugin>, if_changed: bool) -> Result<bool, PluginError> {
    let package = read(plugin)?;
    let running = plugin.instance();
    if if_changed && running.is_some_and(|running| running.fingerprint == package.fingerprint) {
        return Ok(false);
    }
    let new = load_whole(host, plugin, package)?;
    let refused = new.refused.clone();
    let generation = new.generation;
    let (old, state_moved) = switch(host, plugin, new)?;
    plugin.counters.reloaded();
    plugin.patient.reset();
    plugin.tell(EventKind::Reloaded {
        generation,
        refused,
        state_moved,
    });
    if let Some(old) = old {
        retire(&host.settings, plugin, &old);
    }
    Ok(true)
}

fn read(plugin: &Plugin) -> Result<Package, PluginError> {
    let package = plugin.location.read()?;
    if package.manifest.name != *plugin.name {
        let message = format!(
            "the name has changed from {:?} to {:?}; a plugin keeps its name, so remove this one and add the other",
            plugin.name, package.manifest.name
        );
        return Err(PluginError::manifest(&plugin.location.path, message));
    }
    Ok(package)
}

/// Loads it from files that were the same before and after, so that no half of a change is taken for the whole.
fn load_whole(host: &Arc<Shared>, plugin: &Plugin, mut package: Package) -> Result<Arc<Instance>, PluginError> {
    for _ in 1..MOST_READS {
        let loaded = load::load(&host.settings, &host.bus(), &package, plugin.next_generation());
        let now = read(plugin)?;
        if now.fingerprint == package.fingerprint {
            return loaded.map(Arc::new);
        }
        if let Ok(half) = loaded {
            let half = Arc::new(half);
            let _ = half.retire(host.settings.teardown_time);
        }
        package = now;
    }
    load::load(&host.settings, &host.bus(), &package, plugin.next_generation()).map(Arc::new)
}

/// Makes the new instance the one that answers. Gives the old one, and whether its state has moved.
fn switch(
    host: &Arc<Shared>,
    plugin: &Arc<Plugin>,
    new: Arc<Instance>,
) -> Result<(Option<Arc<Instance>>, bool), PluginError> {
    let keeps_state = |old: &Arc<Instance>| old.life.save && new.life.restore && !old.interpreter.is_closed();
    let Some(old) = plugin.instance().filter(keeps_state) else {
        return Ok((plugin.seat(new), false));
    };
    plugin.begin_switch();
    match move_state(&host.settings, plugin, &old, &new) {
        Ok(()) => Ok((plugin.end_switch(Some(new)), true)),
        Err(error) => {
            plugin.end_switch(None);
            retire(&host.settings, plugin, &new);
            Err(error)
        }
    }
}

fn move_state(settings: &Settings, plugin: &Plugin, old: &Instance, new: &Instance) -> Result<(), PluginError> {
    let failed = |stage, error| PluginError::run(&plugin.name, stage, error);
    let time = settings.state_time;
    let state = old
        .live(&Stage::Save, Vec::new(), time)
        .map_err(|error| failed(Stage::Save, error))?;
    new.live(&Stage::Restore, vec![state], time)
        .map_err(|error| failed(Stage::Restore, error))?;
    Ok(())
}

/// Ends an instance that is called no more, and says what went wrong with that.
pub(super) fn retire(settings: &Settings, plugin: &Plugin, instance: &Instance) {
    match instance.retire(settings.teardown_time) {
        // It was lost before, which was told then.
        Ok(()) | Err(Error::Closed { .. }) => {}
        Err(error) => {
            let error = PluginError::run(&plugin.name, Stage::Teardown, error);
            plugin.tell(EventKind::Failed { error: Arc::new(error) });
        }
    }
}

/// Gives a plugin whose interpreter was lost another one, from its files as they are now.
pub(super) fn replace(host: &Arc<Shared>, plugin: &Arc<Plugin>, lost: u64) {
    let _one = plugin.loading.lock();
    let is_that = |running: &Arc<Instance>| running.generation == lost && running.interpreter.is_closed();
    if plugin.is_removed() || !plugin.instance().is_some_and(|running| is_that(&running)) {
        return;
    }
    drop(plugin.vacate());
    plugin.patient.lost();
    plugin.tell(EventKind::Lost);
    let quarantined = plugin.count_failure();
    fill(host, plugin, quarantined);
}

/// Gives a plugin that has no interpreter one.
pub(super) fn revive(host: &Arc<Shared>, plugin: &Arc<Plugin>) {
    let _one = plugin.loading.lock();
    if !plugin.is_removed() && plugin.instance().is_none() {
        fill(host, plugin, false);
    }
    plugin.revival_ended();
}

fn fill(host: &Arc<Shared>, plugin: &Arc<Plugin>, quarantined: bool) {
    match read(plugin).and_then(|package| load_whole(host, plugin, package)) {
        Ok(new) => {
            plugin.seat(new);
            plugin.counters.reloaded();
            if plugin.patient.replaced() && !quarantined {
                plugin.tell(EventKind::Recovered);
            }
        }
        Err(error) => {
            plugin.tell(EventKind::Failed { error: Arc::new(error) });
            plugin.count_failure();
        }
    }
}
