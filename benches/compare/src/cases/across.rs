//! What goes from one worker to another.

use super::{Better, Case, Contender, Goal, Peer};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![round_trip()];
    cases.extend(streams());
    cases.extend([copied(), shared(), dicts(), map()]);
    cases
}

fn round_trip() -> Case {
    let python = |label, words: &str| {
        Contender::python(label, &format!("channels.py mode=roundtrip n=3000 {words}")).quick("n=1000")
    };
    let ours = |label, words: &str| {
        Contender::ungil(label, 0, &format!("channels.py mode=roundtrip n=50000 {words}")).quick("n=10000")
    };
    Case {
        name: "round-trip",
        title: "A small int to another worker and back",
        unit: "µs",
        better: Better::Lower,
        contenders: vec![
            ours("ungil.channel", "transport=channel"),
            ours("ungil, multiprocessing.Pipe", "transport=pipe"),
            ours("ungil, multiprocessing.Queue", "transport=queue"),
            python("CPython, multiprocessing.Pipe", "transport=pipe method=fork"),
            python("CPython, multiprocessing.Queue", "transport=queue method=fork"),
            python("CPython, queue between threads", "transport=thread-queue"),
            Contender::new(
                "PyPy, multiprocessing.Pipe",
                Peer::PyPy,
                "channels.py mode=roundtrip n=3000 transport=pipe method=fork",
            ),
            Contender::new(
                "Jython, queue between threads",
                Peer::Jython,
                "channels.py mode=roundtrip n=3000 transport=thread-queue",
            ),
        ],
        goals: vec![
            Goal::Times {
                ours: "ungil.channel",
                theirs: "CPython, multiprocessing.Pipe",
                factor: 20.0,
            },
            Goal::Times {
                ours: "ungil.channel",
                theirs: "CPython, multiprocessing.Queue",
                factor: 40.0,
            },
        ],
    }
}

fn streams() -> Vec<Case> {
    let one = |name, title, mode: &str, factor| {
        let ours = |label, transport: &str| {
            let words = format!("channels.py mode={mode} transport={transport} n=300000");
            Contender::ungil(label, 0, &words).quick("n=50000")
        };
        let python = |label, words: &str| {
            Contender::python(label, &format!("channels.py mode={mode} n=20000 {words}")).quick("n=5000")
        };
        Case {
            name,
            title,
            unit: "messages/s",
            better: Better::Higher,
            contenders: vec![
                ours("ungil.channel", "channel"),
                ours("ungil, multiprocessing.Queue", "queue"),
                python("CPython, multiprocessing.Queue", "transport=queue method=fork"),
                python("CPython, multiprocessing.Pipe", "transport=pipe method=fork"),
                python("CPython, queue between threads", "transport=thread-queue"),
            ],
            goals: vec![Goal::Times {
                ours: "ungil.channel",
                theirs: "CPython, multiprocessing.Queue",
                factor,
            }],
        }
    };
    vec![
        one("stream-ints", "Ints one way", "int", 10.0),
        one("stream-texts", "Strings of 100 bytes one way", "str", 5.0),
        one("stream-dicts", "Dicts of three entries one way", "dict", 5.0),
    ]
}

fn copied() -> Case {
    Case {
        name: "bytes-copied",
        title: "64 MiB of bytes to another worker, which says that they came",
        unit: "ms",
        better: Better::Lower,
        contenders: vec![
            Contender::ungil("ungil.channel", 0, "bulk.py mode=bytes transport=channel"),
            Contender::ungil("ungil, multiprocessing.Pipe", 0, "bulk.py mode=bytes transport=pipe"),
            Contender::python("a copy within one process", "bulk.py mode=memcpy"),
            Contender::python(
                "CPython, multiprocessing.Pipe",
                "bulk.py mode=bytes method=fork times=3",
            ),
        ],
        goals: vec![Goal::Times {
            ours: "ungil.channel",
            theirs: "a copy within one process",
            factor: 0.5,
        }],
    }
}

fn shared() -> Case {
    let ours =
        |label, size: usize| Contender::ungil(label, 0, &format!("bulk.py mode=shared transport=channel size={size}"));
    let theirs = |label, size: usize| Contender::python(label, &format!("bulk.py mode=shared method=fork size={size}"));
    Case {
        name: "bytes-shared",
        title: "Memory that is shared, handed to another worker, which reads a byte of it",
        unit: "µs",
        better: Better::Lower,
        contenders: vec![
            ours("ungil.SharedBuffer, 64 MiB", 64 << 20),
            ours("ungil.SharedBuffer, 1 KiB", 1 << 10),
            theirs("CPython, SharedMemory, 64 MiB", 64 << 20),
        ],
        // In constant time: the larger one takes no longer, but for noise.
        goals: vec![Goal::Times {
            ours: "ungil.SharedBuffer, 64 MiB",
            theirs: "ungil.SharedBuffer, 1 KiB",
            factor: 0.5,
        }],
    }
}

fn dicts() -> Case {
    Case {
        name: "dicts",
        title: "A list of 100,000 dicts of three entries there and back",
        unit: "ms",
        better: Better::Lower,
        contenders: vec![
            Contender::ungil("ungil.channel", 0, "bulk.py mode=dicts transport=channel times=3"),
            Contender::ungil(
                "ungil, multiprocessing.Pipe",
                0,
                "bulk.py mode=dicts transport=pipe times=3",
            ),
            Contender::python(
                "CPython, multiprocessing.Pipe",
                "bulk.py mode=dicts method=fork times=3",
            ),
        ],
        goals: vec![Goal::Times {
            ours: "ungil.channel",
            theirs: "CPython, multiprocessing.Pipe",
            factor: 2.0,
        }],
    }
}

fn map() -> Case {
    let ours = |label, kind: &str| Contender::ungil(label, 4, &format!("tasks.py kind={kind}")).quick("n=1000");
    let python = |label, kind: &str| Contender::python(label, &format!("tasks.py kind={kind}")).quick("n=1000");
    let words = |kind: &str| format!("tasks.py kind={kind} n=2000");
    Case {
        name: "map",
        title: "5,000 calls that do nothing on two workers, one by one",
        unit: "µs each",
        better: Better::Lower,
        contenders: vec![
            ours("ungil, ProcessPoolExecutor.map", "ProcessPoolExecutor"),
            ours("ungil, ThreadPoolExecutor.map", "ThreadPoolExecutor"),
            ours("ungil, ThreadPoolExecutor.submit", "submit"),
            ours("ungil, multiprocessing.Pool.map", "Pool"),
            python("CPython, ProcessPoolExecutor.map", "ProcessPoolExecutor"),
            python("CPython, ThreadPoolExecutor.map", "ThreadPoolExecutor"),
            python("CPython, ThreadPoolExecutor.submit", "submit"),
            python("CPython, multiprocessing.Pool.map", "Pool"),
            Contender::new("joblib with loky on CPython", Peer::Joblib, &words("joblib")),
            Contender::package_on_ungil("joblib on ungil", Peer::JoblibOnUngil, &words("joblib")),
            Contender::new("dask on CPython, processes", Peer::Dask, &words("dask")),
            Contender::package_on_ungil("dask on ungil", Peer::DaskOnUngil, &words("dask")),
        ],
        goals: vec![
            Goal::Times {
                ours: "ungil, ProcessPoolExecutor.map",
                theirs: "CPython, ProcessPoolExecutor.map",
                factor: 20.0,
            },
            Goal::AtMost {
                ours: "ungil, ProcessPoolExecutor.map",
                most: 8.0,
            },
        ],
    }
}
