//! Interpreters come and go, and the process stays as large as it was.

use ungil::Interpreter;

/// Resident memory of this process in kilobytes.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_thousand_interpreters_one_after_another_leave_nothing_behind() {
    let mut after_fifty = 0;
    for n in 1..=1000 {
        let py = Interpreter::new().unwrap();
        py.exec("import json, collections\nclass C: pass\nx = [C() for _ in range(1000)]\nx.append(x)")
            .unwrap();
        py.close().unwrap();
        if n == 50 {
            after_fifty = resident();
        }
    }
    let last = resident();
    println!("resident after 50: {after_fifty} kB, after 1000: {last} kB");
    assert!(last * 2 <= after_fifty * 3, "{after_fifty} kB grew to {last} kB");
}
