//! The figures as tables: for a terminal, and for docs/benchmarks.md.

use std::{collections::BTreeMap, fmt::Write, fs, io};

use super::{
    cases,
    figures::show,
    goals::ratio,
    measure::Measured,
    peers::{self, Peers},
};

/// The generated part of the page stands between these.
const BEGIN: &str = "<!-- figures: written by `cargo compare --write` -->";
const END: &str = "<!-- end of the figures -->";

/// What each case's part begins with.
const HEADING: &str = "\n### ";

/// A contender's line.
pub struct Line {
    pub label: &'static str,
    pub figure: Option<f64>,
    pub range: Option<(f64, f64)>,
    /// How many times as good the one is that it is compared with: ours.
    pub ratio: Option<f64>,
    pub note: String,
}

pub fn lines(measured: &Measured) -> Vec<Line> {
    let contenders = &measured.case.contenders;
    let median = |label: Option<&str>| {
        let index = contenders.iter().position(|one| Some(one.label) == label)?;
        measured.figures[index].median()
    };
    let each = contenders.iter().enumerate();
    each.map(|(index, contender)| {
        let figures = &measured.figures[index];
        let against = contender
            .against
            .or_else(|| contenders.first().map(|first| first.label));
        let is_other = against != Some(contender.label);
        let pair = median(against).zip(figures.median()).filter(|_| is_other);
        Line {
            label: contender.label,
            figure: figures.median(),
            range: figures.range(),
            ratio: pair.map(|(ours, theirs)| ratio(measured.case.better, ours, theirs)),
            note: measured.notes[index].clone().unwrap_or_default(),
        }
    })
    .collect()
}

/// For a terminal.
pub fn plain(measured: &Measured) -> String {
    let case = &measured.case;
    let mut text = format!("{}: {}, in {}\n", case.name, case.title, case.unit);
    let width = case
        .contenders
        .iter()
        .map(|one| one.label.chars().count())
        .max()
        .unwrap_or(0);
    for line in lines(measured) {
        let _ = write!(text, "  {:<width$}", line.label);
        if let (Some(figure), Some((least, greatest))) = (line.figure, line.range) {
            let range = format!("{} to {}", show(least), show(greatest));
            let _ = write!(text, "{:>12}  {range:<22}", show(figure));
        }
        if let Some(ratio) = line.ratio {
            let _ = write!(text, "{:>10} x", show(ratio));
        }
        let _ = writeln!(text, "  {}", line.note);
    }
    for verdict in measured.verdicts() {
        let _ = writeln!(text, "  {}: {}", mark(verdict.met), verdict.text);
    }
    text
}

fn mark(met: Option<bool>) -> &'static str {
    match met {
        Some(true) => "reached",
        Some(false) => "MISSED",
        None => "not judged",
    }
}

/// Puts the tables into docs/benchmarks.md; those of other cases stay as they are.
pub fn write(measured: &[Measured], machine: &str, peers: &Peers) -> io::Result<()> {
    let path = peers::folder().join("../../docs/benchmarks.md");
    let page = fs::read_to_string(&path)?;
    let (start, rest) = page
        .split_once(BEGIN)
        .ok_or_else(|| io::Error::other("the mark for the figures is missing"))?;
    let (before, end) = rest
        .split_once(END)
        .ok_or_else(|| io::Error::other("the mark behind the figures is missing"))?;
    let new = measured.iter().map(|case| (case.case.name, section(case))).collect();
    let head = format!("Machine: {machine}.");
    let sections = merge(before, &head, new)?;
    let peers = peers.describe();
    fs::write(
        &path,
        format!("{start}{BEGIN}\n\n{head}\n\n```text\n{peers}\n```\n{sections}\n{END}{end}"),
    )
}

/// The sections that there are, with the new ones in place of those of the same name, in the order of the cases.
fn merge(before: &str, head: &str, mut new: BTreeMap<&str, String>) -> io::Result<String> {
    let mut parts = before.trim().split(HEADING);
    let old_head = parts.next().unwrap_or_default();
    let mut old: BTreeMap<&str, &str> = parts.filter_map(|part| Some((part.lines().next()?, part))).collect();
    let mut text = String::new();
    for case in cases::all() {
        match (new.remove(case.name), old.remove(case.name)) {
            (Some(new), _) => text += &new,
            (None, Some(_)) if !old_head.starts_with(head) => {
                return Err(io::Error::other(format!(
                    "its figures for {} are of another machine: measure everything",
                    case.name
                )));
            }
            (None, Some(old)) => text += &format!("{HEADING}{}\n", old.trim_end()),
            (None, None) => {}
        }
    }
    Ok(text)
}

fn section(measured: &Measured) -> String {
    let case = &measured.case;
    let mut text = format!(
        "{HEADING}{}\n\n{}.\n\n| | {} | ours is better by |\n|---|---|---|\n",
        case.name, case.title, case.unit
    );
    for line in lines(measured) {
        let figure = line.figure.map_or_else(|| line.note.clone(), show);
        let ratio = line.ratio.map_or_else(String::new, show);
        let _ = writeln!(text, "| {} | {} | {ratio} |", line.label, figure.replace('|', "\\|"));
    }
    let verdicts = measured.verdicts();
    if !verdicts.is_empty() {
        text.push('\n');
    }
    for verdict in verdicts {
        let _ = writeln!(text, "- **{}**: {}", mark(verdict.met), verdict.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_sections_replace_those_of_their_name() {
        let before = "\n\nMachine: x.\n\n```text\nwho\n```\n\n### map\n\nold map\n\n### start\n\nold start\n";
        let new = || BTreeMap::from([("map", "\n### map\n\nnew map\n".to_owned())]);
        let merged = merge(before, "Machine: x.", new()).expect("it is the same machine");
        assert_eq!(merged, "\n### start\n\nold start\n\n### map\n\nnew map\n");
        assert!(merge(before, "Machine: y.", new()).is_err());
        assert_eq!(merge("", "Machine: y.", new()).expect("nothing is old"), new()["map"]);
    }
}
