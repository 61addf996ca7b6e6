//! Between the host and a script.

use super::{Better, Case, Contender, Peer};

/// What mlua has, too: its name in our figures, our label and mlua's.
const BOTH: [(&str, &str, &str); 10] = [
    (
        "python_to_rust_0",
        "script calls Rust, no argument",
        "mlua: script calls Rust, no argument",
    ),
    (
        "python_to_rust_1",
        "script calls Rust, 1 int",
        "mlua: script calls Rust, 1 int",
    ),
    (
        "python_to_rust_2",
        "script calls Rust, 2 ints",
        "mlua: script calls Rust, 2 ints",
    ),
    (
        "python_to_rust_3",
        "script calls Rust, 3 ints",
        "mlua: script calls Rust, 3 ints",
    ),
    (
        "rust_to_python_0",
        "Rust calls script, no argument",
        "mlua: Rust calls script, no argument",
    ),
    (
        "rust_to_python_1",
        "Rust calls script, 1 int",
        "mlua: Rust calls script, 1 int",
    ),
    (
        "rust_to_python_2",
        "Rust calls script, 2 ints",
        "mlua: Rust calls script, 2 ints",
    ),
    (
        "rust_to_python_3",
        "Rust calls script, 3 ints",
        "mlua: Rust calls script, 3 ints",
    ),
    (
        "compiled_expression",
        "compiled expression with a variable, from another thread",
        "mlua: compiled expression with a variable, same thread",
    ),
    (
        "nested_struct",
        "nested struct there and back by serde, from another thread",
        "mlua: nested struct there and back by serde, same thread",
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let ours = |figure, label| {
        Contender::new(label, Peer::Ungil, "calls")
            .figure(figure)
            .factor(1e-3)
            .against(label)
    };
    let lua = |figure, label, ours| {
        Contender::new(label, Peer::Ungil, "lua")
            .figure(figure)
            .factor(1e-3)
            .against(ours)
    };
    let both = BOTH.into_iter();
    let both = both.flat_map(|(figure, label, mlua)| [ours(figure, label), lua(figure, mlua, label)]);
    let job = ours("job_with_two", "Rust calls script, 2 ints, from another thread");
    vec![Case {
        name: "calls",
        title: "Calls between Rust and a script, on its thread unless another is named",
        unit: "µs",
        better: Better::Lower,
        contenders: both.chain([job]).collect(),
        goals: Vec::new(),
    }]
}
