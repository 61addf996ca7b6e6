//! What a host offers to its plugins, by name and version, and the module in which they find it.

use std::{fmt, sync::Arc};

use serde::Serialize;

use super::{ApiVersion, Manifest, Policy, Refusal, bus::Bus, manifest::is_name};
use crate::{
    Builder, Class, HostError, HostFunction, IntoAsyncHostFunction, IntoHostFunction, Module, Value,
    error::{ConversionError, Error, Result},
    fence::pattern_covers,
    value::to_value_at,
};

/// The module in which a plugin's own copies of what is offered are made.
const NATIVE: &str = "_ungil_offers";
/// What the module has by itself.
const TAKEN: [&str; 3] = ["hook", "subscribe", "publish"];

/// Something that a host offers to its plugins: a function, or a value such as a host object.
///
/// ```
/// use ungil::plugin::{ApiVersion, Offer};
///
/// let old = Offer::function("stock", ApiVersion::new(1, 0), |sku: String| sku.len());
/// let new = Offer::function("stock", ApiVersion::new(2, 1), |sku: String, store: u32| sku.len() + store as usize);
/// let rate = Offer::value("VAT", ApiVersion::new(1, 0), 0.2);
/// ```
#[derive(Clone)]
pub struct Offer {
    name: String,
    version: ApiVersion,
    doc: Option<String>,
    thing: Thing,
}

#[derive(Clone)]
enum Thing {
    Function(HostFunction),
    Value(Result<Value, ConversionError>),
}

impl Offer {
    /// A function or closure.
    pub fn function<M>(name: impl Into<String>, version: ApiVersion, function: impl IntoHostFunction<M>) -> Self {
        let name = name.into();
        let function = HostFunction::new(name.clone(), function);
        Self::host_function(version, function)
    }

    /// An async function; plugins await it, or call `wait()` on what it gives.
    pub fn async_function<M>(
        name: impl Into<String>,
        version: ApiVersion,
        function: impl IntoAsyncHostFunction<M>,
    ) -> Self {
        Self::host_function(version, HostFunction::new_async(name.into(), function))
    }

    /// A function with declared arguments.
    pub fn host_function(version: ApiVersion, function: HostFunction) -> Self {
        Self {
            name: function.name().to_owned(),
            version,
            doc: None,
            thing: Thing::Function(function),
        }
    }

    /// A value: data, the end of a channel, or an object as [`HostRef`](crate::HostRef), whose class the host gives to
    /// [`PluginHostBuilder::class`](super::PluginHostBuilder::class). Objects and channels are shared by all plugins, data
    /// is copied.
    pub fn value(name: impl Into<String>, version: ApiVersion, value: impl Serialize) -> Self {
        let name = name.into();
        let value = to_value_at(name.clone(), &value);
        Self {
            name,
            version,
            doc: None,
            thing: Thing::Value(value),
        }
    }

    /// What `ungil plugin check` and whoever reads the description are told of it.
    pub fn doc(mut self, text: impl Into<String>) -> Self {
        self.doc = Some(text.into());
        self
    }

    /// The name under which plugins find it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which version of it this is.
    pub fn version(&self) -> ApiVersion {
        self.version
    }

    pub(super) fn documentation(&self) -> Option<&str> {
        self.doc.as_deref()
    }

    pub(super) fn check(&self) -> Result<()> {
        if !is_name(&self.name) || TAKEN.contains(&self.name.as_str()) {
            return Err(Error::config(format!(
                "{:?} cannot be offered to plugins under that name; use an identifier other than {TAKEN:?}",
                self.name
            )));
        }
        match &self.thing {
            Thing::Value(Err(error)) => Err(error.clone().into()),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Offer({} {})", self.name, self.version)
    }
}

/// All that a host offers.
#[derive(Clone, Debug, Default)]
pub(super) struct Offers {
    pub(super) list: Vec<Offer>,
    pub(super) classes: Classes,
}

/// Classes of objects that are offered.
#[derive(Clone, Default)]
pub(super) struct Classes(Vec<Arc<dyn Fn(Module) -> Module + Send + Sync>>);

impl Classes {
    pub(super) fn add<T: Send + Sync + 'static>(&mut self, class: Class<T>) {
        self.0.push(Arc::new(move |module| module.class(class.clone())));
    }
}

impl fmt::Debug for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} classes", self.0.len())
    }
}

impl Offers {
    /// What the plugin uses of it, in the versions that it wants.
    pub(super) fn select(&self, manifest: &Manifest, policy: &Policy, refused: &mut Vec<Refusal>) -> Vec<Offer> {
        let newest = |name: &str, wish: Option<ApiVersion>| {
            let known = self.list.iter().filter(|offer| offer.name == name);
            let fitting = known.filter(|offer| wish.is_none_or(|wish| offer.version.meets(wish)));
            fitting.max_by_key(|offer| offer.version)
        };
        let Some(uses) = &manifest.uses else {
            let mut names: Vec<&str> = self.list.iter().map(|offer| offer.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            names.retain(|name| policy.allows_offer(name));
            return names
                .into_iter()
                .filter_map(|name| newest(name, None))
                .cloned()
                .collect();
        };
        let mut selected = Vec::new();
        for (name, wish) in uses {
            match newest(name, Some(*wish)).filter(|_| policy.allows_offer(name)) {
                Some(offer) => selected.push(offer.clone()),
                None => {
                    let asked = format!("version {wish}");
                    let there: Vec<String> = self
                        .list
                        .iter()
                        .filter(|offer| offer.name == *name && policy.allows_offer(name))
                        .map(|offer| offer.version.to_string())
                        .collect();
                    let given = (!there.is_empty()).then(|| format!("nothing; there is {}", there.join(", ")));
                    refused.push(Refusal::new(manifest, name, &asked, given));
                }
            }
        }
        selected
    }
}

/// Gives a plugin's interpreter the module that it knows its host by.
pub(super) fn install(
    builder: Builder,
    module: &str,
    plugin: &Arc<str>,
    offers: &[Offer],
    classes: &Classes,
    publish: Vec<String>,
    bus: &Bus,
) -> Builder {
    let publish = publisher(plugin.clone(), publish, bus.clone());
    let mut native = Module::new(NATIVE).host_function(publish);
    native = classes.0.iter().fold(native, |native, add| add(native));
    let mut names = vec!["publish"];
    for offer in offers {
        names.push(&offer.name);
        native = match &offer.thing {
            Thing::Function(function) => native.host_function(function.clone()),
            Thing::Value(Ok(value)) => native.constant(offer.name.clone(), value),
            Thing::Value(Err(_)) => native,
        };
    }
    let doc = "\"\"\"What the host offers to this plugin.\"\"\"";
    let imports = format!(
        "from _ungil_plugin import hook, subscribe\nfrom {NATIVE} import {}",
        names.join(", ")
    );
    builder.module(native).source(module, format!("{doc}\n{imports}\n"))
}

/// `publish(topic, message)`, as one plugin gets it.
fn publisher(plugin: Arc<str>, granted: Vec<String>, bus: Bus) -> HostFunction {
    let publish = move |topic: String, message: Value| -> Result<usize, HostError> {
        if !granted.iter().any(|pattern| pattern_covers(pattern, &topic)) {
            let text = format!(
                "publishing to {topic:?} is not granted; name it in `publish` under [permissions] of plugin.toml, and let \
                 the host's policy allow it"
            );
            return Err(HostError::new("PermissionError", text));
        }
        Ok(bus.publish(&plugin, &topic, &message))
    };
    HostFunction::new("publish", publish)
        .arg("topic")
        .arg_default("message", ())
        .doc("Sends a message to everyone who has subscribed to the topic; gives how many plugins get it.")
}
