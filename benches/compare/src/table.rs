//! The figures as tables: for a terminal, and for docs/benchmarks.md.

use std::{fmt::Write, fs, io};

use super::{
    figures::show,
    goals::ratio,
    measure::Measured,
    peers::{self, Peers},
};

/// The generated part of the page stands between these.
const BEGIN: &str = "<!-- figures: written by `cargo compare --write` -->";
const END: &str = "<!-- end of the figures -->";

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
        text.push_str(&line.note);
        text.push('\n');
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

/// Puts the tables into docs/benchmarks.md.
pub fn write(measured: &[Measured], machine: &str, peers: &Peers) -> io::Result<()> {
    let path = peers::folder().join("../../docs/benchmarks.md");
    let page = fs::read_to_string(&path)?;
    let (start, rest) = page
        .split_once(BEGIN)
        .ok_or_else(|| io::Error::other("the mark for the figures is missing"))?;
    let (_, end) = rest
        .split_once(END)
        .ok_or_else(|| io::Error::other("the mark behind the figures is missing"))?;
    fs::write(
        &path,
        format!("{start}{BEGIN}\n\n{}\n{END}{end}", markdown(measured, machine, peers)),
    )
}

fn markdown(measured: &[Measured], machine: &str, peers: &Peers) -> String {
    let mut text = format!("Machine: {machine}.\n\n```text\n{}\n```\n", peers.describe());
    for measured in measured {
        let case = &measured.case;
        let _ = write!(
            text,
            "\n### {}\n\n{}.\n\n| | {} | ours is better by |\n|---|---|---|\n",
            case.name, case.title, case.unit
        );
        for line in lines(measured) {
            let figure = line.figure.map_or_else(|| line.note.clone(), show);
            let ratio = line.ratio.map_or_else(String::new, show);
            let _ = writeln!(text, "| {} | {} | {ratio} |", line.label, figure.replace('|', "\\|"));
        }
        text.push('\n');
        for verdict in measured.verdicts() {
            let _ = writeln!(text, "- **{}**: {}", mark(verdict.met), verdict.text);
        }
    }
    text
}
