//! What is measured, and who takes part in it.

mod across;
mod calls;
mod computing;
mod starting;

use super::{
    goals::{Better, Goal},
    peers::Peer,
};

/// One comparison. Its first contender is the one that the others are compared with: ours.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: &'static str,
    pub title: &'static str,
    pub unit: &'static str,
    pub better: Better,
    pub contenders: Vec<Contender>,
    pub goals: Vec<Goal>,
}

/// Somebody who takes part in a case, and how it is run.
#[derive(Clone, Debug)]
pub struct Contender {
    pub label: &'static str,
    pub peer: Peer,
    words: Vec<String>,
    /// Words in place of those of the same name, for a first look.
    quick: Vec<String>,
    /// The name of the figure in what it prints.
    pub figure: &'static str,
    /// What the figure is multiplied by.
    pub factor: f64,
    /// How many of it run at once, as processes that have nothing to do with each other.
    pub at_once: usize,
    /// Whom it is compared with, if not with the first.
    pub against: Option<&'static str>,
}

/// All of them, in the order in which they are run.
pub fn all() -> Vec<Case> {
    let parts = [starting::cases(), across::cases(), computing::cases(), calls::cases()];
    parts.into_iter().flatten().collect()
}

impl Contender {
    fn new(label: &'static str, peer: Peer, words: &str) -> Self {
        Self {
            label,
            peer,
            words: words.split_whitespace().map(str::to_owned).collect(),
            quick: Vec::new(),
            figure: "value",
            factor: 1.0,
            at_once: 1,
            against: None,
        }
    }

    /// A script on our side, with so many spares.
    fn ungil(label: &'static str, spares: usize, words: &str) -> Self {
        Self::new(label, Peer::Ungil, &format!("script {spares} {words}"))
    }

    /// A script with the packages of `peer` on our side.
    fn package_on_ungil(label: &'static str, peer: Peer, words: &str) -> Self {
        Self::new(label, peer, &format!("script 4 {words}"))
    }

    fn python(label: &'static str, words: &str) -> Self {
        Self::new(label, Peer::Python313, words)
    }

    fn quick(mut self, words: &str) -> Self {
        self.quick = words.split_whitespace().map(str::to_owned).collect();
        self
    }

    fn figure(mut self, name: &'static str) -> Self {
        self.figure = name;
        self
    }

    fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    fn at_once(mut self, processes: usize) -> Self {
        self.at_once = processes;
        self
    }

    fn against(mut self, ours: &'static str) -> Self {
        self.against = Some(ours);
        self
    }

    /// What it is run with.
    pub fn words(&self, quick: bool) -> Vec<String> {
        let name = |word: &str| word.split_once('=').map(|(name, _)| name.to_owned());
        let mut words = self.words.clone();
        for word in self.quick.iter().filter(|_| quick) {
            let same = words
                .iter()
                .position(|known| name(known).is_some() && name(known) == name(word));
            match same {
                Some(index) => words[index].clone_from(word),
                None => words.push(word.clone()),
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn goals_name_contenders_of_their_case() {
        let cases = all();
        let names: HashSet<_> = cases.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases.len(), "each name once");
        for case in cases {
            let labels: HashSet<_> = case.contenders.iter().map(|one| one.label).collect();
            assert_eq!(labels.len(), case.contenders.len(), "{}", case.name);
            for goal in &case.goals {
                let named = match goal {
                    Goal::Times { ours, theirs, .. } => vec![*ours, *theirs],
                    Goal::AtMost { ours, .. } => vec![*ours],
                };
                assert!(
                    named.iter().all(|name| labels.contains(name)),
                    "{}: {named:?}",
                    case.name
                );
            }
        }
    }

    #[test]
    fn words_for_a_first_look_replace_others() {
        let contender = Contender::python("x", "tasks.py kind=Pool n=5000").quick("n=10 more=1");
        assert_eq!(contender.words(false), ["tasks.py", "kind=Pool", "n=5000"]);
        assert_eq!(contender.words(true), ["tasks.py", "kind=Pool", "n=10", "more=1"]);
    }
}
