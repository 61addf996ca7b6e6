//! Permissions one by one, for who compares what is asked for with what is allowed.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use super::{Permissions, address::NetRule};

/// One thing that permissions grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    Read(PathBuf),
    Write(PathBuf),
    Connect(String),
    Bind(String),
    Env(String),
    Run(String),
    Clock,
    Module(String),
}

impl Grant {
    /// What kind of permission it is, as manifests and `Permissions` name it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Read(_) => "read",
            Self::Write(_) => "write",
            Self::Connect(_) => "connect",
            Self::Bind(_) => "bind",
            Self::Env(_) => "env",
            Self::Run(_) => "run",
            Self::Clock => "clock",
            Self::Module(_) => "modules",
        }
    }
}

/// What it is for, without its kind.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path) | Self::Write(path) => write!(f, "{}", path.display()),
            Self::Connect(text) | Self::Bind(text) | Self::Env(text) | Self::Run(text) | Self::Module(text) => {
                f.write_str(text)
            }
            Self::Clock => f.write_str("true"),
        }
    }
}

impl Permissions {
    /// Whether there is nothing that these do not grant.
    pub(crate) fn are_all(&self) -> bool {
        self.all
    }

    /// What is granted, one by one. Nothing for [`Permissions::all`], which has no list.
    pub(crate) fn grants(&self) -> Vec<Grant> {
        let paths = |paths: &[PathBuf], make: fn(PathBuf) -> Grant| paths.iter().cloned().map(make).collect::<Vec<_>>();
        let texts = |texts: &[String], make: fn(String) -> Grant| texts.iter().cloned().map(make).collect::<Vec<_>>();
        let mut grants = paths(&self.read, Grant::Read);
        grants.extend(paths(&self.write, Grant::Write));
        grants.extend(texts(&self.connect, Grant::Connect));
        grants.extend(texts(&self.bind, Grant::Bind));
        grants.extend(texts(&self.env, Grant::Env));
        grants.extend(texts(&self.run, Grant::Run));
        grants.extend(self.clock.then_some(Grant::Clock));
        grants.extend(texts(&self.modules, Grant::Module));
        grants
    }

    /// Grants that, too.
    pub(crate) fn with(self, grant: Grant) -> Self {
        match grant {
            Grant::Read(path) => self.allow_read(path),
            Grant::Write(path) => self.allow_write(path),
            Grant::Connect(text) => self.allow_connect(text),
            Grant::Bind(text) => self.allow_bind(text),
            Grant::Env(text) => self.allow_env(text),
            Grant::Run(text) => self.allow_run(text),
            Grant::Clock => self.allow_clock(),
            Grant::Module(text) => self.allow_module(text),
        }
    }

    /// Whether all that the grant would allow is allowed by these. A path that does not exist is not.
    pub(crate) fn covers(&self, grant: &Grant) -> bool {
        match grant {
            Grant::Read(path) => exists(path) && (self.all || below(path, &self.read)),
            Grant::Write(path) => exists(path) && (self.all || below(path, &self.write)),
            Grant::Connect(text) => net(self.all, text, &self.connect),
            Grant::Bind(text) => net(self.all, text, &self.bind),
            Grant::Env(name) => self.all || named(name, &self.env),
            Grant::Run(name) => self.all || named(name, &self.run),
            Grant::Clock => self.all || self.clock,
            Grant::Module(name) => self.all || self.modules.iter().any(|pattern| pattern_covers(pattern, name)),
        }
    }
}

fn exists(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}

/// Whether the path leads to one of the roots, or to what is below one.
fn below(path: &Path, roots: &[PathBuf]) -> bool {
    let Ok(real) = fs::canonicalize(path) else {
        return false;
    };
    roots
        .iter()
        .filter_map(|root| fs::canonicalize(root).ok())
        .any(|root| real.starts_with(root))
}

fn net(all: bool, wanted: &str, allowed: &[String]) -> bool {
    let Ok(wanted) = NetRule::parse(wanted) else {
        return false;
    };
    all || allowed
        .iter()
        .filter_map(|text| NetRule::parse(text).ok())
        .any(|rule| rule.covers(&wanted))
}

fn named(name: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|allowed| allowed == "*" || allowed == name)
}

/// Whether `pattern` (a name, or one with `*` at its end) covers another pattern.
pub(crate) fn pattern_covers(pattern: &str, other: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => other.starts_with(start),
        None => pattern == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_covered_by_what_grants_as_much() {
        let allowed = Permissions::none()
            .allow_read("/usr")
            .allow_connect("example.com")
            .allow_module("xml.*")
            .allow_env("LANG");
        let covers = |grant| allowed.covers(&grant);
        assert!(covers(Grant::Read("/usr/../usr/lib".into())));
        assert!(!covers(Grant::Read("/usr/../etc".into())));
        assert!(!covers(Grant::Read("/usr/not-there".into())));
        assert!(!covers(Grant::Write("/usr".into())));
        assert!(covers(Grant::Connect("example.com:443".into())));
        assert!(!covers(Grant::Connect("*".into())));
        assert!(covers(Grant::Module("xml.etree".into())));
        assert!(!covers(Grant::Module("*".into())));
        assert!(!covers(Grant::Env("*".into())));
        assert!(!covers(Grant::Clock));
    }

    #[test]
    fn grants_taken_apart_and_put_together_are_the_same() {
        let permissions = Permissions::none()
            .allow_write("/tmp")
            .allow_bind("*")
            .allow_run("git")
            .allow_clock();
        let again = permissions
            .grants()
            .into_iter()
            .fold(Permissions::none(), Permissions::with);
        assert_eq!(again, permissions);
    }
}
