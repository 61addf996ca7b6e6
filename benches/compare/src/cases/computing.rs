//! Pure Python on one worker and on several.

use super::{Better, Case, Contender, Goal, Peer};

/// The work of one copy.
const CPU: usize = 2_000_000;
const GARBAGE: usize = 150_000;

pub(super) fn cases() -> Vec<Case> {
    vec![cpu(), many(), garbage()]
}

fn ours(label: &'static str, job: &str, size: usize, copies: usize) -> Contender {
    let words = format!("compute.py job={job} size={size} copies={copies}");
    Contender::ungil(label, 0, &words).quick(&format!("size={}", size / 4))
}

fn python(label: &'static str, job: &str, size: usize, words: &str) -> Contender {
    another(label, Peer::Python313, job, size, words)
}

fn another(label: &'static str, peer: Peer, job: &str, size: usize, words: &str) -> Contender {
    let words = format!("compute.py job={job} size={size} {words}");
    Contender::new(label, peer, &words).quick(&format!("size={}", size / 4))
}

fn threading(label: &'static str, job: &str, size: usize, copies: usize) -> Contender {
    let words = format!("job={job} size={size} copies={copies}");
    Contender::new(label, Peer::Threading, &words).quick(&format!("size={}", size / 4))
}

fn cpu() -> Case {
    Case {
        name: "cpu",
        title: "A loop over two million ints, one copy and two at once",
        unit: "ms",
        better: Better::Lower,
        contenders: vec![
            ours("ungil, 2 interpreters", "cpu", CPU, 2),
            ours("ungil, 1 interpreter", "cpu", CPU, 1),
            ours("ungil, 2 processes of their own", "cpu", CPU, 1).at_once(2),
            python("CPython, 1", "cpu", CPU, "copies=1 method=fork"),
            python("CPython, 2 processes", "cpu", CPU, "copies=2 method=fork"),
            python("CPython, 2 threads", "cpu", CPU, "copies=2 kind=thread"),
            python("CPython, 2 subinterpreters", "cpu", CPU, "copies=2 kind=interpreter"),
            another("CPython 3.14, 1", Peer::Python314, "cpu", CPU, "copies=1 method=fork"),
            another("PyPy, 1", Peer::PyPy, "cpu", CPU, "copies=1 method=fork"),
            another("PyPy, 2 processes", Peer::PyPy, "cpu", CPU, "copies=2 method=fork"),
            another("Jython, 2 threads", Peer::Jython, "cpu", CPU, "copies=2 kind=thread"),
            threading("VM with `threading`, 1", "cpu", CPU, 1),
            threading("VM with `threading`, 2 interpreters", "cpu", CPU, 2),
        ],
        goals: vec![Goal::Times {
            ours: "ungil, 2 interpreters",
            theirs: "ungil, 2 processes of their own",
            factor: 0.95,
        }],
    }
}

/// The same work in all, on more and more interpreters.
fn many() -> Case {
    let part = |label, copies: usize| ours(label, "cpu", 2 * CPU / copies, copies);
    Case {
        name: "cpu-many",
        title: "A loop over four million ints, divided among interpreters: on all cores it takes as long, however many there are",
        unit: "ms",
        better: Better::Lower,
        contenders: vec![
            part("ungil, 2 interpreters", 2),
            part("ungil, 1 interpreter", 1),
            part("ungil, 4 interpreters", 4),
            part("ungil, 16 interpreters", 16),
            part("ungil, 64 interpreters", 64),
        ],
        goals: Vec::new(),
    }
}

fn garbage() -> Case {
    Case {
        name: "garbage",
        title: "Cyclic garbage, 150,000 pairs of objects on each of four workers",
        unit: "ms",
        better: Better::Lower,
        contenders: vec![
            ours("ungil, 4 interpreters", "garbage", GARBAGE, 4),
            ours("ungil, 1 interpreter", "garbage", GARBAGE, 1),
            ours("ungil, 4 processes of their own", "garbage", GARBAGE, 1).at_once(4),
            python("CPython, 1", "garbage", GARBAGE, "copies=1 method=fork"),
            python("CPython, 4 processes", "garbage", GARBAGE, "copies=4 method=fork"),
            python("CPython, 4 threads", "garbage", GARBAGE, "copies=4 kind=thread"),
            python(
                "CPython, 4 subinterpreters",
                "garbage",
                GARBAGE,
                "copies=4 kind=interpreter",
            ),
            threading("VM with `threading`, 1", "garbage", GARBAGE, 1),
            threading("VM with `threading`, 4 interpreters", "garbage", GARBAGE, 4),
        ],
        // The ideal is what the machine gives to four that have nothing to do with each other.
        goals: vec![Goal::Times {
            ours: "ungil, 4 interpreters",
            theirs: "ungil, 4 processes of their own",
            factor: 1.0 / 1.15,
        }],
    }
}
