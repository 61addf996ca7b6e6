//! What we have promised ourselves.

use super::figures::Figures;

/// Which figures are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    Lower,
    Higher,
}

/// A goal for one of the contenders of a case, by their labels.
#[derive(Clone, Debug)]
pub enum Goal {
    /// `ours` is better than `theirs` by that factor.
    Times {
        ours: &'static str,
        theirs: &'static str,
        factor: f64,
    },
    /// `ours` is no greater.
    AtMost { ours: &'static str, most: f64 },
}

/// How it stands with a goal.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub text: String,
    /// `None` where somebody did not take part.
    pub met: Option<bool>,
}

/// How many times better `ours` is than `theirs`.
pub fn ratio(better: Better, ours: f64, theirs: f64) -> f64 {
    match better {
        Better::Lower => theirs / ours,
        Better::Higher => ours / theirs,
    }
}

impl Goal {
    /// Looks the figures up with `find`.
    pub fn judge<'a>(&self, better: Better, find: impl Fn(&str) -> Option<&'a Figures>) -> Verdict {
        let median = |label: &str| find(label).and_then(Figures::median);
        match self {
            Self::Times { ours, theirs, factor } => {
                let reached = median(ours).zip(median(theirs));
                let reached = reached.map(|(ours, theirs)| ratio(better, ours, theirs));
                let is = reached.map_or_else(|| "not measured".into(), |reached| format!("{reached:.2}"));
                Verdict {
                    text: format!("{ours} at least {factor:.2} times as good as {theirs}: {is}"),
                    met: reached.map(|reached| reached >= *factor),
                }
            }
            Self::AtMost { ours, most } => {
                let figure = median(ours);
                let is = figure.map_or_else(|| "not measured".into(), super::figures::show);
                Verdict {
                    text: format!("{ours} at most {}: {is}", super::figures::show(*most)),
                    met: figure.map(|figure| figure <= *most),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(value: f64) -> Figures {
        let mut figures = Figures::default();
        figures.push(value);
        figures
    }

    #[test]
    fn a_goal_is_met_missed_or_not_measured() {
        let (ours, theirs) = (figures(2.0), figures(50.0));
        let find = |label: &str| match label {
            "ours" => Some(&ours),
            "theirs" => Some(&theirs),
            _ => None,
        };
        let goal = |theirs, factor| Goal::Times {
            ours: "ours",
            theirs,
            factor,
        };
        assert_eq!(goal("theirs", 20.0).judge(Better::Lower, find).met, Some(true));
        assert_eq!(goal("theirs", 30.0).judge(Better::Lower, find).met, Some(false));
        assert_eq!(goal("theirs", 0.1).judge(Better::Higher, find).met, Some(false));
        assert_eq!(goal("missing", 1.0).judge(Better::Lower, find).met, None);
        let most = Goal::AtMost {
            ours: "ours",
            most: 1.5,
        };
        assert_eq!(most.judge(Better::Lower, find).met, Some(false));
        assert!(most.judge(Better::Lower, find).text.ends_with(": 2.00"));
    }
}
