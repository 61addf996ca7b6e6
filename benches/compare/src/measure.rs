//! Running what takes part in a case, in turns.

use std::{
    collections::HashMap,
    io::Read,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    cases::{Case, Contender},
    figures::{self, Figures},
    goals::Verdict,
    peers::Peers,
};

/// How long one run may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is measured, and how often.
pub struct Options {
    pub rounds: usize,
    pub only: Vec<String>,
    quick: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rounds: 5,
            only: Vec::new(),
            quick: false,
        }
    }
}

impl Options {
    pub fn make_quick(&mut self) {
        self.quick = true;
        self.rounds = 3;
    }

    pub fn wants(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| case.starts_with(start.as_str()))
    }

    pub fn is_thorough(&self) -> bool {
        !self.quick && self.rounds >= 5
    }
}

/// A case with its figures.
pub struct Measured {
    pub case: Case,
    /// One for each contender.
    pub figures: Vec<Figures>,
    /// Why a contender has none.
    pub notes: Vec<Option<String>>,
}

impl Measured {
    pub fn verdicts(&self) -> Vec<Verdict> {
        let find = |label: &str| {
            let index = self.case.contenders.iter().position(|one| one.label == label)?;
            Some(&self.figures[index])
        };
        let goals = self.case.goals.iter();
        goals.map(|goal| goal.judge(self.case.better, find)).collect()
    }

    pub fn missed(&self) -> Vec<String> {
        let missed = self.verdicts().into_iter().filter(|verdict| verdict.met == Some(false));
        missed
            .map(|verdict| format!("{}: {}", self.case.name, verdict.text))
            .collect()
    }
}

/// Runs each contender once in every round, beginning with another one each time.
pub fn run(case: Case, peers: &Peers, options: &Options) -> Measured {
    let count = case.contenders.len();
    let mut figures = vec![Figures::default(); count];
    let mut notes = vec![None; count];
    for (index, contender) in case.contenders.iter().enumerate() {
        if !peers.has(contender.peer) {
            notes[index] = Some(format!("skipped: {}", peers.why_missing(contender.peer)));
        }
    }
    for round in 0..options.rounds {
        // Several figures can come from one run.
        let mut outputs = HashMap::new();
        for index in (0..count).map(|index| (index + round) % count) {
            if notes[index].is_some() {
                continue;
            }
            let contender = &case.contenders[index];
            let words = contender.words(options.quick);
            let key = (contender.peer, words.clone(), contender.at_once);
            let output = outputs.entry(key).or_insert_with(|| {
                eprint!(
                    "\r{}: round {} of {}, {:<50}",
                    case.name,
                    round + 1,
                    options.rounds,
                    contender.label
                );
                run_once(contender, &words, peers)
            });
            match output.as_ref().map(|outputs| worst(outputs, contender)) {
                Ok(Some(figure)) => figures[index].push(figure * contender.factor),
                Ok(None) => notes[index] = Some(format!("no figure {:?} in what it printed", contender.figure)),
                Err(why) => notes[index] = Some(why.clone()),
            }
        }
    }
    eprint!("\r{:<90}\r", "");
    Measured { case, figures, notes }
}

/// Of several that ran at once, the last one to end counts.
fn worst(outputs: &[String], contender: &Contender) -> Option<f64> {
    let figures: Option<Vec<f64>> = outputs
        .iter()
        .map(|output| figures::read(output, contender.figure))
        .collect();
    figures?.into_iter().max_by(f64::total_cmp)
}

fn run_once(contender: &Contender, words: &[String], peers: &Peers) -> Result<Vec<String>, String> {
    let mut started = Vec::new();
    for _ in 0..contender.at_once {
        let mut command = peers.command(contender.peer, words).ok_or("it is missing")?;
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        started.push(command.spawn().map_err(|error| error.to_string())?);
    }
    let deadline = Instant::now() + PATIENCE;
    let waiting: Vec<_> = started
        .into_iter()
        .map(|child| thread::spawn(move || finish(child, deadline)))
        .collect();
    let outcomes = waiting.into_iter().map(|waiting| {
        let outcome = waiting.join();
        outcome.unwrap_or_else(|_| Err("its reader panicked".to_owned()))
    });
    outcomes.collect()
}

/// Waits for the end of a run, and gives what it printed.
fn finish(mut child: Child, deadline: Instant) -> Result<String, String> {
    let readers = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ]
    .map(|pipe| {
        thread::spawn(move || {
            let mut text = String::new();
            if let Some(mut pipe) = pipe {
                let _ = pipe.read_to_string(&mut text);
            }
            text
        })
    });
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() > deadline => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it took more than {} s", PATIENCE.as_secs()));
            }
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(error.to_string()),
        }
    };
    let [output, errors] = readers.map(|reader| reader.join().unwrap_or_default());
    if !status.success() {
        let last = errors
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("")
            .trim();
        return Err(format!("failed ({status}): {last}"));
    }
    Ok(output)
}
