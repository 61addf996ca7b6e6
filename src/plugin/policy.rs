//! What the host lets plugins do, and what one gets: the lesser of what it asks for and what is allowed.

use std::{fmt, path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use super::Manifest;
use crate::{
    Limits, Permissions, alloc,
    error::{Allowance, LimitKind, describe_limit},
    fence::{Grant, pattern_covers},
};

/// What a host lets its plugins do.
///
/// Every plugin is given what [`Policy::give`] and [`Policy::limits`] say. What its manifest asks for beyond that, it gets as
/// far as [`Policy::allow`] and [`Policy::most`] go. By default plugins are given the standard library and clocks, no files,
/// network, programs or variables, and the limits of [`Interpreter::sandboxed`](crate::Interpreter::sandboxed); nothing
/// more is allowed.
///
/// ```
/// use std::time::Duration;
/// use ungil::{Limits, Permissions, plugin::Policy};
///
/// let policy = Policy::new()
///     .allow(Permissions::none().allow_connect("*:443"))
///     .limits(Limits::new().wall_time(Duration::from_millis(500)))
///     .most(Limits::new().wall_time(Duration::from_secs(5)))
///     .publish("orders.*")
///     .subscribe("*");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Policy {
    given: Permissions,
    allowed: Permissions,
    limits: Limits,
    most: Limits,
    publish: Vec<String>,
    subscribe: Vec<String>,
    offers: Option<Vec<String>>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            given: Permissions::none().allow_module("*").allow_clock(),
            allowed: Permissions::none(),
            limits: Limits::sandboxed(),
            most: Limits::new(),
            publish: Vec::new(),
            subscribe: Vec::new(),
            offers: None,
        }
    }
}

impl Policy {
    /// The default, as [`Policy`] describes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// For plugins that the host's own people write: everything is given, and only calls that take too long end.
    pub fn trusted() -> Self {
        Self {
            given: Permissions::all(),
            limits: Limits::new().wall_time(Duration::from_secs(60)),
            publish: vec!["*".to_owned()],
            subscribe: vec!["*".to_owned()],
            ..Self::default()
        }
    }

    /// What every plugin is given without asking, in place of what it was before.
    pub fn give(mut self, permissions: Permissions) -> Self {
        self.given = permissions;
        self
    }

    /// What a plugin gets if its manifest asks for it, in place of what it was before.
    pub fn allow(mut self, permissions: Permissions) -> Self {
        self.allowed = permissions;
        self
    }

    /// The limits of a plugin that asks for none; what is not set here stays as it was. They hold for each call.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits.or(&self.limits);
        self
    }

    /// How far a plugin may raise its limits by asking. A limit that is not set here cannot be raised, only lowered.
    pub fn most(mut self, limits: Limits) -> Self {
        self.most = limits.or(&self.most);
        self
    }

    /// Topics that a plugin may publish to if it asks: a name, or one with `*` at its end.
    pub fn publish(mut self, topics: impl Into<String>) -> Self {
        self.publish.push(topics.into());
        self
    }

    /// Topics that a plugin may hear if it asks: a name, or one with `*` at its end.
    pub fn subscribe(mut self, topics: impl Into<String>) -> Self {
        self.subscribe.push(topics.into());
        self
    }

    /// Of what the host offers, only this, and what further calls name. Without a call, all of it.
    pub fn offer(mut self, name: impl Into<String>) -> Self {
        self.offers.get_or_insert_default().push(name.into());
        self
    }

    pub(super) fn allows_offer(&self, name: &str) -> bool {
        self.offers
            .as_ref()
            .is_none_or(|offers| offers.iter().any(|offer| offer == name))
    }

    /// What a plugin with that manifest gets, if its files are in the folder `own`, which it may read.
    pub(super) fn grant(&self, manifest: &Manifest, own: Option<&Path>) -> Granted {
        let mut refused = Vec::new();
        let permissions = self.permissions(manifest, own, &mut refused);
        let limits = self.limits_for(manifest, &mut refused);
        let mut topics = |kind: &str, asked: &[String], allowed: &[String]| {
            let covered = |topic: &&String| allowed.iter().any(|pattern| pattern_covers(pattern, topic));
            let (granted, others): (Vec<&String>, Vec<&String>) = asked.iter().partition(covered);
            refused.extend(
                others
                    .into_iter()
                    .map(|topic| Refusal::new(manifest, kind, topic, None)),
            );
            granted.into_iter().cloned().collect::<Vec<_>>()
        };
        let publish = topics("publish", &manifest.publish, &self.publish);
        let subscribe = topics("subscribe", &manifest.subscribe, &self.subscribe);
        Granted {
            permissions,
            limits,
            publish,
            subscribe,
            refused,
        }
    }

    fn permissions(&self, manifest: &Manifest, own: Option<&Path>, refused: &mut Vec<Refusal>) -> Permissions {
        let mut given = self.given.clone();
        if let Some(folder) = own.filter(|_| !given.are_all()) {
            given = given.allow_read(folder);
        }
        let mut permissions = given.clone();
        for grant in manifest.permissions.grants() {
            if given.covers(&grant) {
                continue;
            }
            if self.allowed.covers(&grant) {
                permissions = permissions.with(grant);
            } else {
                refused.push(Refusal::new(manifest, grant.kind(), &grant.to_string(), None));
            }
        }
        permissions
    }

    fn limits_for(&self, manifest: &Manifest, refused: &mut Vec<Refusal>) -> Limits {
        use LimitKind::{CpuTime, Interpreters, Memory, Output, ScriptTime, Tasks, WallTime};
        let (asked, base, most) = (&manifest.limits, &self.limits, &self.most);
        let mut limits = base.clone();
        let mut times = |kind, name, asked: Option<Duration>, base: Option<Duration>, most: Option<Duration>| {
            lesser(asked, base, most, |asked, got| {
                let words = |time| describe_limit(kind, Allowance::Time(time));
                refused.push(Refusal::new(manifest, name, &words(asked), Some(words(got))));
            })
        };
        limits.wall_time = times(WallTime, "wall_time", asked.wall_time, base.wall_time, most.wall_time);
        limits.script_time = times(
            ScriptTime,
            "script_time",
            asked.script_time,
            base.script_time,
            most.script_time,
        );
        limits.cpu_time = times(CpuTime, "cpu_time", asked.cpu_time, base.cpu_time, most.cpu_time);
        let mut counts = |kind, name, is_size: bool, asked: Option<u64>, base: Option<u64>, most: Option<u64>| {
            lesser(asked, base, most, |asked, got| {
                let words = |count| match is_size {
                    true => describe_limit(kind, Allowance::Bytes(count)),
                    false => describe_limit(kind, Allowance::Count(count)),
                };
                refused.push(Refusal::new(manifest, name, &words(asked), Some(words(got))));
            })
        };
        // Where nobody counts memory, a limit of it would be an error.
        let is_counted = alloc::is_installed();
        if is_counted {
            limits.memory = counts(Memory, "memory", true, asked.memory, base.memory, most.memory);
        }
        limits.output = counts(Output, "output", true, asked.output, base.output, most.output);
        let (own, given, top) = (asked.interpreters, base.interpreters, most.interpreters);
        limits.interpreters = counts(Interpreters, "interpreters", false, own, given, top);
        limits.tasks = counts(Tasks, "tasks", false, asked.tasks, base.tasks, most.tasks);
        if let Some(bytes) = asked.memory.filter(|_| !is_counted) {
            let asked = describe_limit(Memory, Allowance::Bytes(bytes));
            let got = "no limit, because this program does not count memory".to_owned();
            refused.push(Refusal::new(manifest, "memory", &asked, Some(got)));
        }
        limits.recursion = lesser(asked.recursion, base.recursion, most.recursion, |asked, got| {
            let got = Some(format!("a depth of {got}"));
            refused.push(Refusal::new(manifest, "recursion", &format!("a depth of {asked}"), got));
        });
        limits
    }

    /// What it allows, in a form that can be written to a file.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            given: Listed::new(&self.given, &[], &[]),
            allowed: Listed::new(&self.allowed, &self.publish, &self.subscribe),
            limits: ListedLimits::new(&self.limits),
            most: ListedLimits::new(&self.most),
            offers: self.offers.clone(),
        }
    }
}

/// What is asked for, but no more than the greater of what everyone has and what is the most; `reduced` hears of less.
fn lesser<T: Copy + Ord>(asked: Option<T>, base: Option<T>, most: Option<T>, reduced: impl FnOnce(T, T)) -> Option<T> {
    let Some(asked) = asked else {
        return base;
    };
    // No limit for everyone is more than any.
    let Some(ceiling) = base.map(|base| most.map_or(base, |most| most.max(base))) else {
        return Some(asked);
    };
    if asked > ceiling {
        reduced(asked, ceiling);
    }
    Some(asked.min(ceiling))
}

/// What a plugin gets.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub(super) permissions: Permissions,
    pub(super) limits: Limits,
    pub(super) publish: Vec<String>,
    pub(super) subscribe: Vec<String>,
    pub(super) refused: Vec<Refusal>,
}

/// Something that a plugin asked for and was not given, or not in full.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Its kind, as the manifest has it: `connect`, `memory`; or the name of something that the host offers.
    pub kind: String,
    /// What was asked for.
    pub asked: String,
    /// What was given instead, if anything.
    pub given: Option<String>,
    /// The manifest says that the plugin cannot do without.
    pub required: bool,
}

impl Refusal {
    pub(super) fn new(manifest: &Manifest, kind: &str, asked: &str, given: Option<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            asked: asked.to_owned(),
            given,
            required: manifest.requires(kind),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.asked)?;
        match &self.given {
            Some(given) => write!(f, " (given: {given})"),
            None => Ok(()),
        }
    }
}

/// A policy as text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Terms {
    given: Listed,
    allowed: Listed,
    limits: ListedLimits,
    most: ListedLimits,
    offers: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Listed {
    everything: bool,
    read: Vec<String>,
    write: Vec<String>,
    connect: Vec<String>,
    bind: Vec<String>,
    env: Vec<String>,
    run: Vec<String>,
    clock: bool,
    modules: Vec<String>,
    publish: Vec<String>,
    subscribe: Vec<String>,
}

impl Listed {
    fn new(permissions: &Permissions, publish: &[String], subscribe: &[String]) -> Self {
        let mut listed = Self {
            everything: permissions.are_all(),
            publish: publish.to_vec(),
            subscribe: subscribe.to_vec(),
            ..Self::default()
        };
        for grant in permissions.grants() {
            let text = grant.to_string();
            match grant {
                Grant::Read(_) => listed.read.push(text),
                Grant::Write(_) => listed.write.push(text),
                Grant::Connect(_) => listed.connect.push(text),
                Grant::Bind(_) => listed.bind.push(text),
                Grant::Env(_) => listed.env.push(text),
                Grant::Run(_) => listed.run.push(text),
                Grant::Clock => listed.clock = true,
                Grant::Module(_) => listed.modules.push(text),
            }
        }
        listed
    }

    fn permissions(self) -> Permissions {
        let mut permissions = if self.everything {
            Permissions::all()
        } else {
            Permissions::none()
        };
        permissions = self.read.into_iter().fold(permissions, Permissions::allow_read);
        permissions = self.write.into_iter().fold(permissions, Permissions::allow_write);
        permissions = self.connect.into_iter().fold(permissions, Permissions::allow_connect);
        permissions = self.bind.into_iter().fold(permissions, Permissions::allow_bind);
        permissions = self.env.into_iter().fold(permissions, Permissions::allow_env);
        permissions = self.run.into_iter().fold(permissions, Permissions::allow_run);
        permissions = self.modules.into_iter().fold(permissions, Permissions::allow_module);
        if self.clock {
            permissions.allow_clock()
        } else {
            permissions
        }
    }
}

/// Times in seconds, sizes in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListedLimits {
    wall_time: Option<f64>,
    script_time: Option<f64>,
    cpu_time: Option<f64>,
    memory: Option<u64>,
    recursion: Option<usize>,
    output: Option<u64>,
    interpreters: Option<u64>,
    tasks: Option<u64>,
}

impl ListedLimits {
    fn new(limits: &Limits) -> Self {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        Self {
            wall_time: seconds(limits.wall_time),
            script_time: seconds(limits.script_time),
            cpu_time: seconds(limits.cpu_time),
            memory: limits.memory,
            recursion: limits.recursion,
            output: limits.output,
            interpreters: limits.interpreters,
            tasks: limits.tasks,
        }
    }

    fn limits(self) -> Limits {
        let time = |seconds: Option<f64>| seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let mut limits = Limits::new();
        limits.wall_time = time(self.wall_time);
        limits.script_time = time(self.script_time);
        limits.cpu_time = time(self.cpu_time);
        limits.memory = self.memory;
        limits.recursion = self.recursion;
        limits.output = self.output;
        limits.interpreters = self.interpreters;
        limits.tasks = self.tasks;
        limits
    }
}

impl Terms {
    pub(super) fn policy(self) -> Policy {
        Policy {
            publish: self.allowed.publish.clone(),
            subscribe: self.allowed.subscribe.clone(),
            given: self.given.permissions(),
            allowed: self.allowed.permissions(),
            limits: self.limits.limits(),
            most: self.most.limits(),
            offers: self.offers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn manifest(text: &str) -> Manifest {
        Manifest::parse(text, "tests/probe".as_ref()).unwrap()
    }

    #[test]
    fn a_plugin_gets_the_lesser_of_what_it_asks_for_and_what_is_allowed() {
        let policy = Policy::new()
            .allow(Permissions::none().allow_connect("example.com"))
            .limits(Limits::new().wall_time(SECOND))
            .most(Limits::new().wall_time(2 * SECOND))
            .publish("orders.*");
        let granted = policy.grant(&manifest(
            "required = ['wall_time']\n[limits]\nwall_time = 3\ntasks = 5\n[permissions]\nenv = ['HOME']\nclock = true\n\
             connect = ['example.com:443', 'other.org']\npublish = ['orders.new', 'mail']",
        ), None);
        assert_eq!(granted.limits.wall_time, Some(2 * SECOND));
        assert_eq!(granted.limits.tasks, Some(5));
        assert_eq!(granted.publish, ["orders.new"]);
        assert!(granted.permissions.covers(&Grant::Connect("example.com:443".into())));
        assert!(!granted.permissions.covers(&Grant::Connect("example.com:80".into())));
        let refused: Vec<String> = granted.refused.iter().map(ToString::to_string).collect();
        assert_eq!(
            refused,
            [
                "connect other.org",
                "env HOME",
                "wall_time 3s of wall time (given: 2s of wall time)",
                "publish mail"
            ]
        );
        let required: Vec<bool> = granted.refused.iter().map(|refusal| refusal.required).collect();
        assert_eq!(required, [false, false, true, false]);
    }

    #[test]
    fn a_policy_written_down_is_the_same_when_it_is_read() {
        let policy = Policy::new()
            .allow(Permissions::none().allow_connect("*"))
            .subscribe("a.*")
            .offer("stock");
        let text = serde_json::to_string(&policy.terms()).unwrap();
        let read: Terms = serde_json::from_str(&text).unwrap();
        assert_eq!(read, policy.terms());
        assert_eq!(read.policy().terms(), policy.terms());
    }
}
