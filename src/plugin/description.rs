//! What a host tells of itself to those who write plugins, in a file that `ungil plugin check` reads.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    ApiVersion, Offer, PluginError, Policy, Refusal, Stage, discover::Location, load, outline, policy::Terms,
    settings::Settings,
};
use crate::{Script, error::Error, fence::Grant};

/// A hook, as a host describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HookDescription {
    /// The types of the arguments, in Rust's words, where the host has asked for the hook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// The type of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// Something that the host offers, as it describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OfferDescription {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: ApiVersion,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// What a host tells of itself: its API's version, hooks, offers, and what its policy allows.
///
/// [`PluginHost::describe`](super::PluginHost::describe) makes it, any serde format stores it, and
/// [`HostDescription::read`] reads a file in JSON or TOML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HostDescription {
    /// The version of the host's API.
    pub api: ApiVersion,
    /// The module by which plugins know the host.
    pub module: String,
    /// The hooks that it knows.
    #[serde(default)]
    pub hooks: BTreeMap<String, HookDescription>,
    /// What it offers.
    #[serde(default)]
    pub offers: Vec<OfferDescription>,
    /// What it allows.
    #[serde(default)]
    policy: Terms,
}

impl HostDescription {
    pub(super) fn of(settings: &Settings, hooks: BTreeMap<String, HookDescription>) -> Self {
        let offers = settings.offers.list.iter().map(|offer| OfferDescription {
            name: offer.name().to_owned(),
            version: offer.version(),
            doc: offer.documentation().map(str::to_owned),
        });
        Self {
            api: settings.api,
            module: settings.module.clone(),
            hooks,
            offers: offers.collect(),
            policy: settings.policy.terms(),
        }
    }

    /// Reads a description from a file: TOML if its name ends so, else JSON.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::Config`] if it is none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| Error::Io {
            path: path.to_owned(),
            source: error.into(),
        })?;
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        let parsed = match is_toml {
            true => toml::from_str(&text).map_err(|error| error.to_string()),
            false => serde_json::from_str(&text).map_err(|error| error.to_string()),
        };
        parsed.map_err(|error| Error::config(format!("{} describes no host: {error}", path.display())))
    }

    /// As JSON, for a file.
    pub fn to_json(&self) -> String {
        // Names, numbers and text: nothing in it can fail to be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// What the host allows.
    pub fn policy(&self) -> Policy {
        self.policy.clone().policy()
    }

    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings {
            api: self.api,
            module: self.module.clone(),
            policy: self.policy(),
            ..Settings::default()
        };
        let offers = self.offers.iter().map(|offer| {
            let known = Offer::value(offer.name.clone(), offer.version, ());
            match &offer.doc {
                Some(doc) => known.doc(doc.clone()),
                None => known,
            }
        });
        settings.offers.list = offers.collect();
        settings
    }
}

/// What `ungil plugin check` finds out of a plugin without running its code.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// The plugin's name.
    pub name: String,
    /// Its own version.
    pub version: Option<String>,
    /// The permissions that it would have, one by one: `connect example.com:443`.
    pub granted: Vec<String>,
    /// What it asks for and would not be given.
    pub refused: Vec<Refusal>,
    /// What it would get of what the host offers.
    pub offers: Vec<(String, ApiVersion)>,
    /// Functions of its entry that answer hooks of the host.
    pub hooks: Vec<String>,
    /// Functions that are marked as hooks, and that the host does not know.
    pub unknown_hooks: Vec<String>,
}

/// Looks at a plugin as a host of that description would, without running it: manifest, syntax, hooks, grants. Without a
/// description, a host with everything by default and no hooks.
///
/// # Errors
/// Why a host would refuse it: the manifest, the syntax (as [`PluginError::Run`]), the API's version, what it requires.
pub fn check(path: &Path, host: Option<&HostDescription>) -> Result<CheckReport, PluginError> {
    let package = Location::single(path)?.read()?;
    let manifest = &package.manifest;
    let source = String::from_utf8_lossy(&package.source).into_owned();
    let syntax = |error| PluginError::run(&manifest.name, Stage::Load, error);
    Script::compile(source.as_str(), package.entry.to_string_lossy().into_owned()).map_err(syntax)?;
    let settings = host.map(HostDescription::settings).unwrap_or_default();
    let plan = load::plan(&settings, &package)?;
    let permissions = &plan.granted.permissions;
    // Each can read its own folder; that goes without saying.
    let is_own = |grant: &&Grant| matches!(grant, Grant::Read(path) if Some(path) == package.folder.as_ref());
    let mut granted: Vec<String> = permissions
        .grants()
        .iter()
        .filter(|grant| !is_own(grant))
        .map(|grant| format!("{} {grant}", grant.kind()))
        .collect();
    if permissions.are_all() {
        granted.push("everything".to_owned());
    }
    granted.extend(plan.granted.publish.iter().map(|topic| format!("publish {topic}")));
    granted.extend(plan.granted.subscribe.iter().map(|topic| format!("subscribe {topic}")));
    let found = outline::of(&package).map_err(syntax)?;
    let is_known = |name: &String| host.is_none_or(|host| host.hooks.contains_key(name));
    let unknown_hooks = found.marked.iter().filter(|name| !is_known(name)).cloned().collect();
    let mut hooks: Vec<String> = found.marked.into_iter().chain(found.plain).filter(is_known).collect();
    hooks.sort();
    hooks.dedup();
    Ok(CheckReport {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        granted,
        refused: plan.granted.refused.clone(),
        offers: plan
            .offers
            .iter()
            .map(|offer| (offer.name().to_owned(), offer.version()))
            .collect(),
        hooks,
        unknown_hooks,
    })
}
