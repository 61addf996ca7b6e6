//! From a plugin's files to an interpreter in which it is set up.

use std::{collections::HashMap, sync::Arc};

use super::{
    Granted, PluginError, Policy, Stage,
    bus::Bus,
    discover::Package,
    instance::{self, Handler, Instance, Life},
    offer::{self, Offer},
    settings::Settings,
};
use crate::{
    Builder, Input, Interpreter, Limits, Output, Task, Value, bridge::Sources, error::Error,
    interpreter::prepare_within,
};

/// What a plugin is, and gets, before any of its code runs.
pub(super) struct Plan {
    pub(super) granted: Granted,
    pub(super) offers: Vec<Offer>,
}

/// Says what the plugin gets; an error if it cannot do without what it does not get.
pub(super) fn plan(settings: &Settings, package: &Package) -> Result<Plan, PluginError> {
    let manifest = &package.manifest;
    if let Some(wants) = manifest.api.filter(|wants| !settings.api.meets(*wants)) {
        return Err(PluginError::Api {
            plugin: manifest.name.clone(),
            wants,
            has: settings.api,
        });
    }
    let policy: &Policy = settings.policy_of(&manifest.name);
    let mut granted = policy.grant(manifest, package.folder.as_deref());
    let offers = settings.offers.select(manifest, policy, &mut granted.refused);
    if granted.refused.iter().any(|refusal| refusal.required) {
        return Err(PluginError::Required {
            plugin: manifest.name.clone(),
            refusals: granted.refused,
        });
    }
    Ok(Plan { granted, offers })
}

/// Loads the plugin into a fresh interpreter and sets it up. Blocks for as long as the plugin may take for that.
pub(super) fn load(
    settings: &Settings,
    bus: &Bus,
    package: &Package,
    generation: u64,
) -> Result<Instance, PluginError> {
    let name: Arc<str> = package.manifest.name.as_str().into();
    let plan = plan(settings, package)?;
    let failed = |stage, error| PluginError::run(&name, stage, error);
    let interpreter =
        build(settings, bus, package, &plan, &name, generation).map_err(|error| failed(Stage::Build, error))?;
    let loaded = run(settings, package, &plan, &name, &interpreter).map_err(|error| failed(Stage::Load, error));
    let set_up = loaded.and_then(|loaded| {
        if loaded.life.setup {
            let config = settings.config_of(&package.manifest);
            instance::live(&interpreter, &Stage::Setup, vec![config], settings.setup_time)
                .map_err(|error| failed(Stage::Setup, error))?;
        }
        Ok(loaded)
    });
    let loaded = match set_up {
        Ok(loaded) => loaded,
        Err(error) => {
            // Its thread is free for the next try before anyone hears of this one.
            let _ = interpreter.close();
            return Err(error);
        }
    };
    Ok(Instance {
        generation,
        interpreter,
        version: package.manifest.version.clone(),
        fingerprint: package.fingerprint,
        call_time: plan.granted.limits.wall_time,
        refused: plan.granted.refused,
        hooks: loaded.hooks,
        topics: loaded.topics,
        life: loaded.life,
    })
}

fn build(
    settings: &Settings,
    bus: &Bus,
    package: &Package,
    plan: &Plan,
    name: &Arc<str>,
    generation: u64,
) -> Result<Interpreter, Error> {
    let mut builder = Builder::new()
        .name(format!("{name}#{generation}"))
        .tenant(format!("plugin {name}"))
        .permissions(plan.granted.permissions.clone())
        .limits(plan.granted.limits.clone())
        .stdin(Input::Empty);
    if let Some(output) = &settings.output {
        let (out, err) = (output.clone(), output.clone());
        let (to_out, to_err) = (name.clone(), name.clone());
        builder = builder
            .stdout(Output::callback(move |bytes| out(&to_out, bytes)))
            .stderr(Output::callback(move |bytes| err(&to_err, bytes)));
    }
    if let Some(spawner) = &settings.spawner {
        builder = builder.spawner(spawner.clone());
    }
    if let Some(packages) = &package.packages {
        builder = builder.search_path(packages);
    }
    let publish = plan.granted.publish.clone();
    let classes = &settings.offers.classes;
    offer::install(builder, &settings.module, name, &plan.offers, classes, publish, bus).build()
}

struct Loaded {
    hooks: HashMap<Arc<str>, Vec<Handler>>,
    topics: Vec<(String, crate::Object)>,
    life: Life,
}

fn run(
    settings: &Settings,
    package: &Package,
    plan: &Plan,
    name: &Arc<str>,
    interpreter: &Interpreter,
) -> Result<Loaded, Error> {
    let file: Arc<str> = package.entry.to_string_lossy().into();
    // The plugin may not be allowed to read the file; tracebacks show its lines all the same.
    let text: Arc<str> = String::from_utf8_lossy(&package.source).into();
    let shown = file.clone();
    // What a call of the plugin may take is not for what the host does to load it.
    let limits = Limits::new().wall_time(settings.setup_time);
    let (remember, remembered) = prepare_within(Some(Arc::new(limits.clone())), move |_| {
        Sources::remember(&shown, &text);
        Ok(())
    });
    interpreter.post(remember);
    remembered.wait()?;
    let folder = package
        .folder
        .as_ref()
        .map(|folder| folder.to_string_lossy().into_owned());
    let args = (
        &**name,
        &*file,
        Value::Bytes(package.source.to_vec()),
        folder,
        &plan.granted.subscribe,
    );
    let load = Task::call("_ungil_plugin.load").args(args).limits(limits.clone());
    type Found = (Vec<(String, i64)>, Vec<String>, Vec<String>);
    let (hooks, topics, life): Found = interpreter.spawn(load).wait()?;
    let held = |kind: &str, index: usize| {
        let found = Task::eval(format!("__import__('_ungil_plugin').{kind}({index})"));
        interpreter.hold(found.limits(limits.clone()))
    };
    let mut by_name: HashMap<Arc<str>, Vec<Handler>> = HashMap::new();
    for (index, (hook, priority)) in hooks.into_iter().enumerate() {
        let function = held("handler", index)?;
        by_name
            .entry(hook.into())
            .or_default()
            .push(Handler { priority, function });
    }
    for handlers in by_name.values_mut() {
        handlers.sort_by_key(|handler| std::cmp::Reverse(handler.priority));
    }
    let topics = topics.into_iter().enumerate();
    let topics: Result<Vec<_>, Error> = topics
        .map(|(index, topic)| Ok((topic, held("subscriber", index)?)))
        .collect();
    Ok(Loaded {
        hooks: by_name,
        topics: topics?,
        life: Life::new(&life),
    })
}
