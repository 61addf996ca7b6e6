//! Which modules of the standard library an interpreter has: those that are granted, and what they are made of.

use std::collections::{HashMap, HashSet};

use rustpython_vm::{
    bytecode::{BasicBag, CodeObject, ConstantData},
    frozen::FrozenModule,
};

/// What an interpreter needs to be one, in Python and in Rust.
const NEEDED: [&str; 37] = [
    "_abc",
    "_ast",
    "_codecs",
    "_collections",
    "_frozen_importlib",
    "_frozen_importlib_external",
    "_functools",
    "_imp",
    "_io",
    "_operator",
    "_signal",
    "_sre",
    "_stat",
    "_string",
    "_thread",
    "_types",
    "_typing",
    "_warnings",
    "_weakref",
    "abc",
    "atexit",
    "builtins",
    "codecs",
    "encodings",
    "errno",
    "importlib",
    "io",
    "itertools",
    "marshal",
    "os",
    "posix",
    "sys",
    "time",
    "traceback",
    "types",
    "warnings",
    "zipimport",
];

/// The names that can be imported, of all that are known.
pub(super) fn importable(patterns: &[String], frozen: &HashMap<&'static str, FrozenModule>) -> HashSet<String> {
    let granted = frozen
        .keys()
        .filter(|name| patterns.iter().any(|pattern| matches(pattern, name)));
    let encodings = frozen.keys().filter(|name| name.starts_with("encodings."));
    let named = patterns
        .iter()
        .map(|pattern| pattern.trim_end_matches(['*', '.']).to_owned());
    let mut open: Vec<String> = granted
        .chain(encodings)
        .map(|name| (*name).to_owned())
        .chain(named)
        .collect();
    open.extend(NEEDED.map(str::to_owned));
    let mut found = HashSet::new();
    while let Some(name) = open.pop() {
        if name.is_empty() || found.contains(&name) {
            continue;
        }
        if let Some((package, _)) = name.rsplit_once('.') {
            open.push(package.to_owned());
        }
        if let Some(module) = frozen.get(name.as_str()) {
            let package = if module.package {
                Some(name.as_str())
            } else {
                name.rsplit_once('.').map(|(package, _)| package)
            };
            names_in(&module.code.decode(BasicBag), &mut |mentioned| {
                // More than it imports is mentioned, but nothing that it imports is not.
                open.push(mentioned.to_owned());
                if let Some(package) = package {
                    let inner = format!("{package}.{mentioned}");
                    if frozen.contains_key(inner.as_str()) {
                        open.push(inner);
                    }
                }
            });
        }
        found.insert(name);
    }
    found
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name
            .strip_prefix(pattern)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
    }
}

fn names_in(code: &CodeObject<ConstantData>, mention: &mut impl FnMut(&str)) {
    for name in &code.names {
        mention(name);
    }
    for constant in code.constants.iter() {
        if let ConstantData::Code { code } = constant {
            names_in(code, mention);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_name_stands_for_what_is_in_it_and_a_star_for_what_begins_so() {
        assert!(matches("json", "json") && matches("json", "json.decoder") && !matches("json", "jsonx"));
        assert!(matches("xml.*", "xml.dom") && !matches("xml.*", "xmlrpc") && matches("*", "anything"));
    }
}
