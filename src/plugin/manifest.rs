//! `plugin.toml`: what a plugin says of itself and asks for.

use std::{
    fs,
    path::{Component, Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{ApiVersion, PluginError};
use crate::{Limits, Permissions, Value};

/// What a plugin says of itself and asks for, as its `plugin.toml` has it. Without that file, what a name alone gives.
///
/// ```
/// use ungil::plugin::Manifest;
///
/// let text = r#"
///     name = "discount"
///     version = "1.2.0"
///     api = "1.1"
///     uses = ["stock@2"]
///     required = ["connect"]
///
///     [permissions]
///     connect = ["rates.example.com:443"]
///
///     [limits]
///     wall_time = 0.5
///     memory = "64M"
///
///     [config]
///     percent = 10
/// "#;
/// let manifest = Manifest::parse(text, "plugins/discount".as_ref()).unwrap();
/// assert_eq!(manifest.name, "discount");
/// assert!(Manifest::parse("nmae = 'discount'", "plugins/discount".as_ref()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// What the plugin is called; an identifier. By default the name of its file or folder.
    pub name: String,
    /// The plugin's own version, for people to read.
    pub version: Option<String>,
    /// The version of the host's API that it needs.
    pub api: Option<ApiVersion>,
    /// The file to load, below the plugin's folder; `__init__.py` by default.
    pub entry: Option<PathBuf>,
    /// A folder of packages of its own, below the plugin's folder.
    pub packages: Option<PathBuf>,
    /// The permissions that it asks for. Paths are absolute: a relative one is below the plugin's folder.
    pub permissions: Permissions,
    /// Topics that it wants to publish to.
    pub publish: Vec<String>,
    /// Topics that it wants to hear.
    pub subscribe: Vec<String>,
    /// The limits that it asks for.
    pub limits: Limits,
    /// What the host offers that it uses, by name and version; `None` for the newest of everything.
    pub uses: Option<Vec<(String, ApiVersion)>>,
    /// What it cannot do without: kinds of permissions (`connect`), limits (`memory`), or names of `uses`.
    pub required: Vec<String>,
    /// What `setup` gets, unless the host says otherwise.
    pub config: Value,
}

/// Kinds of permissions that `required` can name, as the table has them.
const PERMISSIONS: [&str; 10] = [
    "read",
    "write",
    "connect",
    "bind",
    "env",
    "run",
    "clock",
    "modules",
    "publish",
    "subscribe",
];
const LIMITS: [&str; 8] = [
    "wall_time",
    "script_time",
    "cpu_time",
    "memory",
    "recursion",
    "output",
    "interpreters",
    "tasks",
];
/// The longest name.
const MOST_LETTERS: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Option<String>,
    version: Option<String>,
    api: Option<ApiVersion>,
    entry: Option<PathBuf>,
    packages: Option<PathBuf>,
    #[serde(default)]
    permissions: RawPermissions,
    #[serde(default)]
    limits: RawLimits,
    uses: Option<Vec<String>>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    config: toml::Table,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawPermissions {
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    connect: Vec<String>,
    bind: Vec<String>,
    env: Vec<String>,
    run: Vec<String>,
    clock: bool,
    modules: Vec<String>,
    publish: Vec<String>,
    subscribe: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLimits {
    wall_time: Option<Seconds>,
    script_time: Option<Seconds>,
    cpu_time: Option<Seconds>,
    memory: Option<Size>,
    recursion: Option<usize>,
    output: Option<Size>,
    interpreters: Option<u64>,
    tasks: Option<u64>,
}

/// A number of seconds, with or without a fraction.
struct Seconds(Duration);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        let time = Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero());
        time.map(Self)
            .ok_or_else(|| D::Error::custom(format!("{seconds} is no time; write a number of seconds above 0")))
    }
}

/// A number of bytes: `4096`, `"64K"`, `"500M"`, `"2G"`.
struct Size(u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Bytes(u64),
            Text(String),
        }
        match Written::deserialize(deserializer) {
            Ok(Written::Bytes(bytes)) => Ok(Self(bytes)),
            Ok(Written::Text(text)) => size(&text).map(Self).ok_or_else(|| wrong_size(&text)),
            Err(_) => Err(wrong_size("this")),
        }
    }
}

fn wrong_size<E: serde::de::Error>(text: &str) -> E {
    E::custom(format!("{text} is no size; write 4096, \"64K\", \"500M\" or \"2G\""))
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = match text.char_indices().next_back()? {
        (end, 'K' | 'k') => (&text[..end], 1 << 10),
        (end, 'M' | 'm') => (&text[..end], 1 << 20),
        (end, 'G' | 'g') => (&text[..end], 1 << 30),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

impl Manifest {
    /// That of a plugin without a manifest.
    ///
    /// # Errors
    /// If the name is none that a plugin can have.
    pub fn named(name: &str) -> Result<Self, String> {
        let raw = Raw {
            name: Some(name.to_owned()),
            version: None,
            api: None,
            entry: None,
            packages: None,
            permissions: RawPermissions::default(),
            limits: RawLimits::default(),
            uses: None,
            required: Vec::new(),
            config: toml::Table::new(),
        };
        raw.check(Path::new(""), name)
    }

    /// Reads the text of a manifest; relative paths in it are below `folder`, whose name is the plugin's by default.
    ///
    /// # Errors
    /// What is wrong, where, and what to write instead.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        Self::parse_named(text, folder, &name)
    }

    /// As [`Manifest::parse`], with the name that it has if it does not say one.
    pub(super) fn parse_named(text: &str, folder: &Path, name: &str) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        raw.check(folder, name)
    }

    /// Reads a manifest file.
    pub(super) fn read(path: &Path, folder: &Path, name: &str) -> Result<Self, PluginError> {
        let text = fs::read_to_string(path).map_err(|error| PluginError::io(path, error))?;
        Self::parse_named(&text, folder, name).map_err(|message| PluginError::manifest(path, message))
    }

    pub(super) fn requires(&self, what: &str) -> bool {
        self.required.iter().any(|required| required == what)
    }
}

impl Raw {
    fn check(self, folder: &Path, default_name: &str) -> Result<Manifest, String> {
        let name = self.name.clone().unwrap_or_else(|| default_name.to_owned());
        if !is_name(&name) {
            return Err(format!(
                "{name:?} is no name for a plugin; it is imported by it, so write ASCII letters, digits and _, a letter \
                 first, {MOST_LETTERS} at most"
            ));
        }
        for (key, path) in [("entry", &self.entry), ("packages", &self.packages)] {
            if path.as_ref().is_some_and(|path| !stays_below(path)) {
                return Err(format!(
                    "{key} must be a path below the plugin's folder, without \"..\""
                ));
            }
        }
        if let Some(entry) = &self.entry
            && entry.extension().is_none_or(|extension| extension != "py")
        {
            return Err(format!("entry must be a Python file, and {} is none", entry.display()));
        }
        let uses = self.uses.as_deref().map(parse_uses).transpose()?;
        self.check_required(uses.as_deref().unwrap_or_default())?;
        let asked = self.permissions;
        let absolute = |path: PathBuf| std::path::absolute(folder.join(&path)).unwrap_or(path);
        let mut permissions = Permissions::none();
        for path in asked.read {
            permissions = permissions.allow_read(absolute(path));
        }
        for path in asked.write {
            permissions = permissions.allow_write(absolute(path));
        }
        permissions = asked.connect.into_iter().fold(permissions, Permissions::allow_connect);
        permissions = asked.bind.into_iter().fold(permissions, Permissions::allow_bind);
        permissions = asked.env.into_iter().fold(permissions, Permissions::allow_env);
        permissions = asked.run.into_iter().fold(permissions, Permissions::allow_run);
        permissions = asked.modules.into_iter().fold(permissions, Permissions::allow_module);
        if asked.clock {
            permissions = permissions.allow_clock();
        }
        Ok(Manifest {
            name,
            version: self.version,
            api: self.api,
            entry: self.entry,
            packages: self.packages,
            permissions,
            publish: asked.publish,
            subscribe: asked.subscribe,
            limits: self.limits.into_limits(),
            uses,
            required: self.required,
            config: to_value(toml::Value::Table(self.config)),
        })
    }

    /// Whoever requires something must also ask for it, else a typing error would require nothing.
    fn check_required(&self, uses: &[(String, ApiVersion)]) -> Result<(), String> {
        let asked = &self.permissions;
        let has = |what: &str| match what {
            "read" => !asked.read.is_empty(),
            "write" => !asked.write.is_empty(),
            "connect" => !asked.connect.is_empty(),
            "bind" => !asked.bind.is_empty(),
            "env" => !asked.env.is_empty(),
            "run" => !asked.run.is_empty(),
            "clock" => asked.clock,
            "modules" => !asked.modules.is_empty(),
            "publish" => !asked.publish.is_empty(),
            "subscribe" => !asked.subscribe.is_empty(),
            "wall_time" => self.limits.wall_time.is_some(),
            "script_time" => self.limits.script_time.is_some(),
            "cpu_time" => self.limits.cpu_time.is_some(),
            "memory" => self.limits.memory.is_some(),
            "recursion" => self.limits.recursion.is_some(),
            "output" => self.limits.output.is_some(),
            "interpreters" => self.limits.interpreters.is_some(),
            "tasks" => self.limits.tasks.is_some(),
            name => uses.iter().any(|(used, _)| used == name),
        };
        match self.required.iter().find(|what| !has(what)) {
            None => Ok(()),
            Some(what) if PERMISSIONS.contains(&what.as_str()) => {
                Err(format!("{what:?} is required, but [permissions] does not ask for it"))
            }
            Some(what) if LIMITS.contains(&what.as_str()) => {
                Err(format!("{what:?} is required, but [limits] does not ask for it"))
            }
            Some(what) => Err(format!(
                "{what:?} is required, but it is neither a permission nor a limit, nor in `uses`"
            )),
        }
    }
}

impl RawLimits {
    fn into_limits(self) -> Limits {
        let mut limits = Limits::new();
        limits.wall_time = self.wall_time.map(|seconds| seconds.0);
        limits.script_time = self.script_time.map(|seconds| seconds.0);
        limits.cpu_time = self.cpu_time.map(|seconds| seconds.0);
        limits.memory = self.memory.map(|size| size.0);
        limits.recursion = self.recursion;
        limits.output = self.output.map(|size| size.0);
        limits.interpreters = self.interpreters;
        limits.tasks = self.tasks;
        limits
    }
}

/// `"stock@2"`, or `"stock"` for version 1.0.
fn parse_uses(uses: &[String]) -> Result<Vec<(String, ApiVersion)>, String> {
    let parse = |text: &String| {
        let (name, version) = text.split_once('@').unwrap_or((text, "1"));
        if !is_name(name) {
            return Err(format!("{text:?} in `uses` names nothing; write \"name@version\""));
        }
        Ok((name.to_owned(), version.parse()?))
    };
    uses.iter().map(parse).collect()
}

/// Whether Python can import it, on every file system.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= MOST_LETTERS
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn stays_below(path: &Path) -> bool {
    let mut components = path.components().peekable();
    components.peek().is_some() && components.all(|part| matches!(part, Component::Normal(_)))
}

fn to_value(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(truth) => Value::from(truth),
        // As text: a date of TOML may have no day, or no zone.
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(items) => Value::List(items.into_iter().map(to_value).collect()),
        toml::Value::Table(table) => {
            let entries = table
                .into_iter()
                .map(|(key, value)| (Value::from(key), to_value(value)));
            Value::Dict(entries.collect())
        }
    }
}
