//! One page that needs nothing else: tables, and a plot for each case.

use std::fmt::Write;

use super::{
    figures::show,
    measure::Measured,
    peers::Peers,
    table::{self, Line},
};

const STYLE: &str = "
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h2 { margin: 2.2rem 0 .3rem } p { margin: .3rem 0 }
pre { background: #f4f4f2; padding: .6rem; overflow-x: auto }
.reached { color: #17692f } .missed { background: #c62828; color: white; padding: .1rem .4rem } .open { color: #777 }
svg text { font: 12px system-ui, sans-serif; fill: #222 }
.ours { fill: #2a6f97 } .theirs { fill: #c9c5b8 }
.range { stroke: #444; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  body { background: #1b1b1b; color: #ddd } pre { background: #2a2a2a } svg text { fill: #ddd } .theirs { fill: #5b5850 }
  .reached { color: #6fcf8a } .range { stroke: #bbb }
}";

/// What a character of a label takes, about; the rest is in the units of the picture, too.
const CHARACTER: f64 = 6.6;
const BAR: f64 = 380.0;
const ROW: f64 = 22.0;

/// The whole page.
pub fn html(measured: &[Measured], machine: &str, peers: &Peers) -> String {
    let mut page = String::new();
    let _ = write!(
        page,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>ungil beside others</title><style>{STYLE}</style><h1>ungil beside others</h1><p>{}</p><pre>{}</pre>",
        escape(machine),
        escape(&peers.describe())
    );
    let missed: usize = measured.iter().map(|case| case.missed().len()).sum();
    let _ = match missed {
        0 => write!(page, "<p class=reached>All goals that were measured are reached.</p>"),
        _ => write!(page, "<p><span class=missed>{missed} goals are missed.</span></p>"),
    };
    for measured in measured {
        section(&mut page, measured);
    }
    page.push_str("</html>\n");
    page
}

fn section(page: &mut String, measured: &Measured) {
    let case = &measured.case;
    let _ = write!(
        page,
        "<h2 id='{}'>{}</h2><p>{}, in {}. The bar is the median, the line goes from the least to the greatest; the \
         number behind it says how many times as good ours is.</p>",
        case.name,
        case.name,
        escape(case.title),
        escape(case.unit)
    );
    for verdict in measured.verdicts() {
        let (class, word) = match verdict.met {
            Some(true) => ("reached", "reached"),
            Some(false) => ("missed", "MISSED"),
            None => ("open", "not judged"),
        };
        let _ = write!(
            page,
            "<p><span class={class}>{word}: {}</span></p>",
            escape(&verdict.text)
        );
    }
    plot(page, &table::lines(measured));
}

/// Bars on a scale of powers of ten, as the figures are far apart.
fn plot(page: &mut String, lines: &[Line]) {
    let ends = || {
        lines
            .iter()
            .filter_map(|line| line.range)
            .filter(|(least, _)| *least > 0.0)
    };
    let least = ends().map(|(least, _)| least).fold(f64::INFINITY, f64::min);
    let greatest = ends().map(|(_, greatest)| greatest).fold(0.0, f64::max);
    if greatest <= 0.0 {
        let _ = write!(page, "<p class=open>Nothing was measured.</p>");
        return;
    }
    let floor = least.log10().floor();
    let span = (greatest.log10().ceil() - floor).max(1.0);
    let place = |figure: f64| (figure.max(f64::MIN_POSITIVE).log10() - floor).max(0.0) / span * BAR;
    let longest = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    let labels = longest as f64 * CHARACTER + 16.0;
    let height = lines.len() as f64 * ROW + 24.0;
    let _ = write!(
        page,
        "<svg viewBox='0 0 {:.0} {height}' width='100%' role=img>",
        labels + BAR + 200.0
    );
    for (index, line) in lines.iter().enumerate() {
        let y = index as f64 * ROW;
        let middle = y + ROW * 0.65;
        let _ = write!(
            page,
            "<text x={:.1} y={middle:.1} text-anchor=end>{}</text>",
            labels - 8.0,
            escape(line.label)
        );
        let (Some(figure), Some((low, high))) = (line.figure, line.range) else {
            let note: String = line.note.chars().take(90).collect();
            let _ = write!(
                page,
                "<text x={:.1} y={middle:.1} opacity=.6>{}</text>",
                labels + 4.0,
                escape(&note)
            );
            continue;
        };
        let class = if is_ours(line.label) { "ours" } else { "theirs" };
        let _ = write!(
            page,
            "<rect x={labels:.1} y={} width={:.1} height={} class={class}><title>{}: {} to {}</title></rect>\
             <line x1={:.1} x2={:.1} y1={} y2={} class=range />",
            y + 4.0,
            place(figure).max(1.0),
            ROW - 8.0,
            escape(line.label),
            show(low),
            show(high),
            labels + place(low),
            labels + place(high),
            y + ROW / 2.0,
            y + ROW / 2.0
        );
        let ratio = line
            .ratio
            .map_or_else(String::new, |ratio| format!("  ({}×)", show(ratio)));
        let _ = write!(
            page,
            "<text x={:.1} y={middle:.1}>{}{ratio}</text>",
            labels + place(figure.max(high)) + 6.0,
            show(figure)
        );
    }
    let bottom = lines.len() as f64 * ROW;
    for step in 0..=span as i32 {
        let x = labels + f64::from(step) / span * BAR;
        let at = 10_f64.powf(floor + f64::from(step));
        let _ = write!(
            page,
            "<line x1={x:.1} x2={x:.1} y1=0 y2={bottom} class=range opacity=.2 /><text x={x:.1} y={} text-anchor=middle \
             opacity=.6>{}</text>",
            bottom + 16.0,
            show(at)
        );
    }
    page.push_str("</svg>");
}

fn is_ours(label: &str) -> bool {
    ![
        "CPython",
        "PyPy",
        "Jython",
        "VM with",
        "mlua",
        "joblib with",
        "dask on CPython",
        "a copy",
    ]
    .iter()
    .any(|other| label.starts_with(other))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_has_room_for_its_labels() {
        let line = |label, figure| Line {
            label,
            figure: Some(figure),
            range: Some((figure, figure * 2.0)),
            ratio: None,
            note: String::new(),
        };
        let mut page = String::new();
        plot(
            &mut page,
            &[line("ours", 1.0), line("a label of some length & more", 50.0)],
        );
        assert!(page.starts_with("<svg ") && page.ends_with("</svg>"));
        // 29 characters and a margin, the bars, and the figures behind them.
        assert!(page.contains("viewBox='0 0 787 68'"), "{page}");
        assert!(page.contains("&amp; more") && page.matches("<rect ").count() == 2);
    }

    #[test]
    fn what_is_not_markup_is_escaped() {
        assert_eq!(escape("a < b & c"), "a &lt; b &amp; c");
        assert!(is_ours("ungil.channel") && !is_ours("CPython, fork"));
    }
}
