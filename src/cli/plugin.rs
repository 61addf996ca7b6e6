//! `ungil plugin`: making a plugin, looking at one as its host would, and calling one.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Parser, Subcommand};
use ungil::{
    Error, Value,
    plugin::{self, CallError, CheckReport, EventKind, HostDescription, PluginHost, Policy},
};

use super::{STATUS_USAGE, limits};

/// What the first word of the command line must be.
const WORD: &str = "plugin";

/// Makes plugins, checks them, and calls them.
#[derive(Parser)]
#[command(name = "ungil plugin", bin_name = "ungil plugin", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make a folder with a manifest and a plugin in it
    New {
        /// The plugin's name, or a path that ends in it
        name: PathBuf,
    },
    /// Look at a plugin without running it: manifest, syntax, hooks, what it would be granted
    Check {
        /// The plugin's folder or file
        plugin: PathBuf,
        /// What its host tells of itself: JSON or TOML, as PluginHost::describe makes it
        #[arg(long, value_name = "FILE")]
        host: Option<PathBuf>,
    },
    /// Set a plugin up, call one of its hooks, and print the answer as JSON
    Run {
        /// The plugin's folder or file
        plugin: PathBuf,
        /// The hook
        hook: String,
        /// The argument, or an array of the arguments with --spread
        #[arg(value_name = "JSON")]
        argument: String,
        /// Take the elements of the array as the arguments
        #[arg(long)]
        spread: bool,
        /// What its host tells of itself; its policy is the plugin's then
        #[arg(long, value_name = "FILE")]
        host: Option<PathBuf>,
        /// Stop the call after so many seconds
        #[arg(long, value_name = "SECONDS", value_parser = limits::seconds, default_value = "10")]
        timeout: Duration,
    },
}

/// Runs the command if it is one about plugins; its exit status.
pub(super) fn run(line: impl IntoIterator<Item = OsString>) -> Option<i32> {
    let mut words = line.into_iter();
    let program = words.next()?;
    if words.next()? != WORD {
        return None;
    }
    let arguments = match Arguments::try_parse_from([program].into_iter().chain(words)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help is an error of this kind, too, with the status 0. Nothing can be done where it cannot be printed.
            let _ = error.print();
            return Some(error.exit_code());
        }
    };
    let done = match arguments.action {
        Action::New { name } => create(&name),
        Action::Check { plugin, host } => check(&plugin, host.as_deref()),
        Action::Run {
            plugin,
            hook,
            argument,
            spread,
            host,
            timeout,
        } => call(&plugin, &hook, &argument, spread, host.as_deref(), timeout),
    };
    Some(match done {
        Ok(()) => 0,
        Err(Failure::Usage(message)) => {
            eprintln!("ungil: {message}");
            STATUS_USAGE
        }
        Err(Failure::Plugin(message)) => {
            eprintln!("{}", message.trim_end());
            1
        }
    })
}

enum Failure {
    /// Of the command line, or of files that it names.
    Usage(String),
    /// Of the plugin.
    Plugin(String),
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::Usage(error.to_string())
}

fn of_plugin(error: impl std::fmt::Display) -> Failure {
    Failure::Plugin(error.to_string())
}

fn create(folder: &Path) -> Result<(), Failure> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    plugin::Manifest::named(&name).map_err(usage)?;
    let write = |file: &str, text: String| fs::write(folder.join(file), text);
    let made = fs::create_dir(folder)
        .and_then(|()| write("plugin.toml", manifest(&name)))
        .and_then(|()| write("__init__.py", source(&name)));
    made.map_err(|error| usage(format!("{} cannot be made: {error}", folder.display())))?;
    println!("made {0}; check it with: ungil plugin check {0}", folder.display());
    Ok(())
}

fn manifest(name: &str) -> String {
    format!(
        "name = \"{name}\"\nversion = \"0.1.0\"\n\n# What it asks for beyond what every plugin has.\n[permissions]\n\n\
         # What setup(config) gets.\n[config]\ngreeting = \"hello\"\n"
    )
}

fn source(name: &str) -> String {
    format!(
        "\"\"\"The plugin {name}.\"\"\"\n\nfrom host import hook\n\n_config = {{}}\n\n\ndef setup(config):\n    \
         \"\"\"Called once, before any hook.\"\"\"\n    _config.update(config)\n\n\n@hook(\"greet\")\ndef greet(name):\n    \
         \"\"\"Answers the hook \"greet\".\"\"\"\n    return f\"{{_config['greeting']}} {{name}}\"\n"
    )
}

fn describe(host: Option<&Path>) -> Result<Option<HostDescription>, Failure> {
    host.map(|path| HostDescription::read(path).map_err(usage)).transpose()
}

fn check(path: &Path, host: Option<&Path>) -> Result<(), Failure> {
    let host = describe(host)?;
    let report = plugin::check(path, host.as_ref()).map_err(of_plugin)?;
    print(&report, host.is_some());
    match report.unknown_hooks.as_slice() {
        [] => Ok(()),
        unknown => Err(of_plugin(format!("the host has no hook {}", unknown.join(", ")))),
    }
}

fn print(report: &CheckReport, has_host: bool) {
    let version = report
        .version
        .as_deref()
        .map_or_else(String::new, |version| format!(" {version}"));
    println!("{}{version}: manifest and syntax are right", report.name);
    let list = |title: &str, items: &[String]| {
        let items = if items.is_empty() {
            "none".to_owned()
        } else {
            items.join(", ")
        };
        println!("{title:<10}{items}");
    };
    list(if has_host { "hooks" } else { "functions" }, &report.hooks);
    list("granted", &report.granted);
    let refused: Vec<String> = report.refused.iter().map(ToString::to_string).collect();
    list("refused", &refused);
    let offers: Vec<String> = report
        .offers
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    list("offered", &offers);
}

fn call(
    path: &Path,
    hook: &str,
    argument: &str,
    spread: bool,
    host: Option<&Path>,
    timeout: Duration,
) -> Result<(), Failure> {
    let argument: Value = serde_json::from_str(argument).map_err(|error| usage(format!("the argument: {error}")))?;
    let args = match (argument, spread) {
        (Value::List(items), true) => items,
        (_, true) => return Err(usage("--spread needs an array of arguments")),
        (argument, false) => vec![argument],
    };
    let description = describe(host)?;
    let policy = description.as_ref().map_or_else(Policy::new, HostDescription::policy);
    let mut builder = PluginHost::builder().policy(policy).plugin(path).deadline(timeout);
    if let Some(description) = &description {
        builder = builder.api(description.api).module(description.module.clone());
    }
    let host = builder.build().map_err(usage)?;
    if let Some((_, error)) = host.refused().first() {
        return Err(of_plugin(error));
    }
    let plugins = host.plugins();
    for refusal in plugins.iter().flat_map(|plugin| &plugin.refused) {
        eprintln!("not granted: {refusal}");
    }
    let answers = host
        .hook::<Value, Value>(hook)
        .all(&Value::Tuple(args))
        .map_err(usage)?;
    let events = host.events();
    host.shutdown();
    let [answer] = answers.as_slice() else {
        return Err(of_plugin(match answers.len() {
            0 => format!("the plugin does not answer the hook {hook}"),
            count => format!("the plugin has {count} functions for the hook {hook}; call one of them by another name"),
        }));
    };
    let answer = answer.result.as_ref().map_err(|error| of_plugin(tell(error)))?;
    let text = serde_json::to_string(answer).map_err(|error| of_plugin(format!("the answer is not JSON: {error}")))?;
    println!("{text}");
    for event in events {
        if let EventKind::Failed { error } = event.kind {
            return Err(of_plugin(error));
        }
    }
    Ok(())
}

/// What went wrong, with the place in the plugin's code where a limit ended it.
fn tell(error: &CallError) -> String {
    match error.error() {
        Some(Error::Limit(limit)) => match limit.exception() {
            Some(exception) => format!("{exception}\n{error}"),
            None => error.to_string(),
        },
        _ => error.to_string(),
    }
}
