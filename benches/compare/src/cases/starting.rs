//! Workers that come and go, what they cost, and how they are stopped.

use super::{Better, Case, Contender, Goal, Peer};

pub(super) fn cases() -> Vec<Case> {
    vec![start(), cold(), memory(), stops()]
}

fn start() -> Case {
    let pause = "pause=0.08 count=7";
    let python = |label, words: &str| Contender::python(label, &format!("start.py {words} {pause}"));
    Case {
        name: "start",
        title: "A worker from nothing to its first result and back to nothing",
        unit: "ms",
        better: Better::Lower,
        contenders: vec![
            Contender::ungil("ungil, from a spare", 4, &format!("start.py {pause}")),
            Contender::ungil("ungil, warm thread", 0, &format!("start.py {pause}")),
            Contender::ungil("ungil, a thread", 4, &format!("start.py kind=thread {pause}")),
            python("CPython, fork", "method=fork"),
            python("CPython, forkserver", "method=forkserver"),
            python("CPython, spawn", "method=spawn"),
            python("CPython, subinterpreter", "kind=interpreter"),
            python("CPython, a thread", "kind=thread"),
            Contender::new("CPython 3.14, fork", Peer::Python314, "start.py method=fork"),
            Contender::new(
                "CPython 3.14, subinterpreter",
                Peer::Python314,
                "start.py kind=interpreter",
            ),
            Contender::new("PyPy, fork", Peer::PyPy, "start.py method=fork"),
            Contender::new("Jython, a thread", Peer::Jython, "start.py kind=thread"),
        ],
        goals: vec![
            Goal::Times {
                ours: "ungil, from a spare",
                theirs: "CPython, fork",
                factor: 1.0,
            },
            Goal::Times {
                ours: "ungil, from a spare",
                theirs: "CPython, spawn",
                factor: 20.0,
            },
        ],
    }
}

fn cold() -> Case {
    let python = |label, words: &str| Contender::python(label, &format!("start.py mode=cold {words}"));
    Case {
        name: "cold-start",
        title: "A worker beside those that stay, to its first result: a new thread or process, nothing prepared",
        unit: "ms",
        better: Better::Lower,
        contenders: vec![
            Contender::ungil("ungil, new thread", 0, "start.py mode=cold"),
            python("CPython, fork", "method=fork"),
            python("CPython, forkserver", "method=forkserver"),
            python("CPython, spawn", "method=spawn"),
        ],
        goals: vec![Goal::AtMost {
            ours: "ungil, new thread",
            most: 30.0,
        }],
    }
}

fn memory() -> Case {
    let python = |label, method| Contender::python(label, &format!("memory.py method={method}"));
    Case {
        name: "memory",
        title: "Memory for each worker that does nothing",
        unit: "MB",
        better: Better::Lower,
        contenders: vec![
            Contender::ungil("ungil", 0, "memory.py"),
            python("CPython, fork", "fork"),
            python("CPython, forkserver", "forkserver"),
            python("CPython, spawn", "spawn"),
        ],
        goals: Vec::new(),
    }
}

fn stops() -> Case {
    let ours = |label, busy: usize, figure| Contender::new(label, Peer::Ungil, &format!("stops {busy}")).figure(figure);
    let theirs = |label, busy: usize, figure, ours| {
        let words = format!("stops.py method=fork busy={busy} count=20");
        Contender::python(label, &words).figure(figure).against(ours)
    };
    Case {
        name: "stop",
        title: "From the order to stop a loop until it has stopped: 200 stops of ours, 20 SIGTERM of a process",
        unit: "ms",
        better: Better::Lower,
        contenders: vec![
            ours("ungil beside 1, p50", 1, "p50"),
            ours("ungil beside 1, p99", 1, "p99"),
            ours("ungil beside 1, longest", 1, "max"),
            ours("ungil beside 16, p50", 16, "p50"),
            ours("ungil beside 16, p99", 16, "p99"),
            ours("ungil beside 16, longest", 16, "max"),
            theirs("CPython process beside 1, p50", 1, "p50", "ungil beside 1, p50"),
            theirs("CPython process beside 1, longest", 1, "max", "ungil beside 1, longest"),
            theirs("CPython process beside 16, p50", 16, "p50", "ungil beside 16, p50"),
            theirs(
                "CPython process beside 16, longest",
                16,
                "max",
                "ungil beside 16, longest",
            ),
        ],
        goals: Vec::new(),
    }
}
