//! The machine that the figures are of.

use std::{fs, num::NonZero, thread};

/// One line: processor, how many, memory, system.
pub fn describe() -> String {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let field = |path: &str, name: &str| {
        let text = fs::read_to_string(path).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?.to_owned();
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or_else(String::new, |kilobytes| {
            format!(", {} GiB", (kilobytes >> 10).div_ceil(1024))
        });
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{processor}, {cores} at once{memory}, {} {}",
        std::env::consts::OS,
        kernel.trim()
    )
}

/// How busy it is: how many processes wanted to run in the last minute.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ')
        .next()
        .filter(|load| !load.is_empty())
        .unwrap_or("?")
        .to_owned()
}
