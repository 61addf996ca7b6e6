//! What was measured of one contender.

use serde_json::Value as Json;

/// One figure for each round.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<f64>);

impl Figures {
    pub fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// `None` if nothing was measured.
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(sorted[middle]),
            _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        }
    }

    /// The least and the greatest.
    pub fn range(&self) -> Option<(f64, f64)> {
        let least = self.0.iter().copied().min_by(f64::total_cmp)?;
        let greatest = self.0.iter().copied().max_by(f64::total_cmp)?;
        Some((least, greatest))
    }
}

/// The figure of that name in the last line of what a program printed.
pub fn read(output: &str, name: &str) -> Option<f64> {
    let line = output.lines().rev().find(|line| line.starts_with('{'))?;
    let figures: Json = serde_json::from_str(line).ok()?;
    figures.get(name)?.as_f64()
}

/// As people read it: three digits that count.
pub fn show(figure: f64) -> String {
    let digits = match figure.abs() {
        large if large >= 100.0 => 0,
        middle if middle >= 10.0 => 1,
        small if small >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{figure:.digits$}");
    if digits > 0 {
        return text;
    }
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |digits| ("-", digits));
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let mut figures = Figures::default();
        assert_eq!(figures.median(), None);
        for figure in [5.0, 1.0, 3.0] {
            figures.push(figure);
        }
        assert_eq!(figures.median(), Some(3.0));
        figures.push(100.0);
        assert_eq!((figures.median(), figures.range()), (Some(4.0), Some((1.0, 100.0))));
    }

    #[test]
    fn figures_are_found_behind_what_a_program_says() {
        assert_eq!(read("warning\n{\"value\": 2.5}\n", "value"), Some(2.5));
        assert_eq!(read("{\"p50\": 1}", "value"), None);
        assert_eq!(read("nothing", "value"), None);
    }

    #[test]
    fn figures_are_shown_short() {
        let shown = [1_234_567.8, 123.4, 12.34, 1.234, 0.1234].map(show);
        assert_eq!(shown, ["1,234,568", "123", "12.3", "1.23", "0.123"]);
    }
}
