//! Tracebacks as Python prints them.

use std::fmt::{self, Write};

use super::{Exception, Frame, SyntaxDetail};

const CAUSE: &str = "The above exception was the direct cause of the following exception:";
const CONTEXT: &str = "During handling of the above exception, another exception occurred:";
/// Python folds a line that repeats after showing it this often.
const REPEATS_SHOWN: usize = 3;

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_chain(self, f, "", false)
    }
}

fn write_chain(exception: &Exception, out: &mut dyn Write, margin: &str, in_group: bool) -> fmt::Result {
    let earlier = match (&exception.cause, &exception.context) {
        (Some(cause), _) => Some((cause, CAUSE)),
        (None, Some(context)) if !exception.suppress_context => Some((context, CONTEXT)),
        _ => None,
    };
    if let Some((earlier, connection)) = earlier {
        write_chain(earlier, out, margin, in_group)?;
        write!(out, "\n{margin}\n{margin}{connection}\n{margin}\n")?;
    }
    write_one(exception, out, margin, in_group)
}

fn write_one(exception: &Exception, out: &mut dyn Write, margin: &str, in_group: bool) -> fmt::Result {
    let (lead, margin) = match (&exception.group, in_group) {
        (Some(_), false) => ("  + Exception Group ", format!("{margin}  | ")),
        (Some(_), true) => ("Exception Group ", margin.to_owned()),
        (None, _) => ("", margin.to_owned()),
    };
    if !exception.frames.is_empty() {
        let first_margin = if lead.starts_with("  +") { "" } else { margin.as_str() };
        writeln!(out, "{first_margin}{lead}Traceback (most recent call last):")?;
        write_frames(&exception.frames, out, &margin)?;
    } else if lead.starts_with("  +") {
        // A group that was never raised has no traceback to hang the frame on.
        return write_group_without_frames(exception, out, &margin);
    }
    write_description(exception, out, &margin)?;
    write_members(exception, out, &margin)
}

fn write_group_without_frames(exception: &Exception, out: &mut dyn Write, margin: &str) -> fmt::Result {
    write_description(exception, out, margin)?;
    write_members(exception, out, margin)
}

fn write_frames(frames: &[Frame], out: &mut dyn Write, margin: &str) -> fmt::Result {
    let mut index = 0;
    while index < frames.len() {
        let frame = &frames[index];
        let run = frames[index..]
            .iter()
            .take_while(|other| same_place(other, frame))
            .count();
        for _ in 0..run.min(REPEATS_SHOWN) {
            write_frame(frame, out, margin)?;
        }
        if run > REPEATS_SHOWN {
            let more = run - REPEATS_SHOWN;
            let plural = if more == 1 { "" } else { "s" };
            writeln!(out, "{margin}  [Previous line repeated {more} more time{plural}]")?;
        }
        index += run;
    }
    Ok(())
}

fn same_place(a: &Frame, b: &Frame) -> bool {
    a.line == b.line && a.file == b.file && a.function == b.function
}

pub(super) fn write_frame(frame: &Frame, out: &mut dyn Write, margin: &str) -> fmt::Result {
    writeln!(
        out,
        "{margin}  File \"{}\", line {}, in {}",
        frame.file, frame.line, frame.function
    )?;
    if let Some(line) = &frame.source_line {
        writeln!(out, "{margin}    {line}")?;
    }
    Ok(())
}

fn write_description(exception: &Exception, out: &mut dyn Write, margin: &str) -> fmt::Result {
    if let Some(syntax) = &exception.syntax {
        write_syntax(syntax, out, margin)?;
    }
    out.write_str(margin)?;
    out.write_str(&exception.full_name())?;
    if !exception.message.is_empty() {
        out.write_str(": ")?;
        write_indented(&exception.message, out, margin)?;
    }
    for note in &exception.notes {
        write!(out, "\n{margin}")?;
        write_indented(note, out, margin)?;
    }
    Ok(())
}

fn write_indented(text: &str, out: &mut dyn Write, margin: &str) -> fmt::Result {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            write!(out, "\n{margin}")?;
        }
        out.write_str(line)?;
    }
    Ok(())
}

fn write_syntax(syntax: &SyntaxDetail, out: &mut dyn Write, margin: &str) -> fmt::Result {
    writeln!(out, "{margin}  File \"{}\", line {}", syntax.file, syntax.line)?;
    let Some(text) = &syntax.text else {
        return Ok(());
    };
    let shown = text.trim();
    writeln!(out, "{margin}    {shown}")?;
    if syntax.column == 0 {
        return Ok(());
    }
    let indent = text.chars().take_while(|c| c.is_whitespace()).count();
    let start = (syntax.column as usize - 1).saturating_sub(indent);
    let same_line = syntax.end_line == syntax.line || syntax.end_line == 0;
    let end = match (same_line, syntax.end_column) {
        (true, 0) => start + 1,
        (true, end) => (end as usize - 1).saturating_sub(indent).max(start + 1),
        (false, _) => shown.chars().count().max(start + 1),
    };
    // A caret under a tab must be moved by a tab, or it points elsewhere.
    let padding: String = shown
        .chars()
        .chain(std::iter::repeat(' '))
        .take(start)
        .map(|c| if c.is_whitespace() { c } else { ' ' })
        .collect();
    writeln!(out, "{margin}    {padding}{}", "^".repeat(end - start))
}

fn write_members(exception: &Exception, out: &mut dyn Write, margin: &str) -> fmt::Result {
    let Some(members) = &exception.group else {
        return Ok(());
    };
    let outer = margin.trim_end_matches("| ");
    for (index, member) in members.iter().enumerate() {
        let fence = if index == 0 { "+-+" } else { "  +" };
        write!(out, "\n{outer}{fence}---------------- {} ----------------\n", index + 1)?;
        write_chain(member, out, &format!("{outer}  | "), true)?;
    }
    // A group that comes last has drawn the closing line for both.
    if members.last().is_some_and(|last| last.group.is_none()) {
        write!(out, "\n{outer}  +------------------------------------")?;
    }
    Ok(())
}
