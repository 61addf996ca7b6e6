//! Interpreters come and go, and the process stays as large as it was.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ungil::Interpreter;

/// What is measured here is the whole process's, so one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    let _alone = alone();
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

/// Starts and joins that many processes, four at a time, and compares memory, threads and descriptors with those after
/// the first hundred.
#[cfg(target_os = "linux")]
fn processes_leave_nothing_behind(count: u32) {
    let _alone = alone();
    let py = Interpreter::new().unwrap();
    py.exec(
        r#"
import os
from multiprocessing import Process, active_children

def status():
    with open("/proc/self/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmRSS"].split()[0]), int(fields["Threads"]), len(os.listdir("/proc/self/fd"))

def work(number):
    class Local: pass
    return [Local() for _ in range(number % 100)]

def run(count):
    for start in range(0, count, 4):
        processes = [Process(target=work, args=(number,)) for number in range(start, start + 4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            assert process.exitcode == 0
"#,
    )
    .unwrap();
    py.call::<()>("run", (100,)).unwrap();
    let (memory, threads, files): (u64, u64, u64) = py.call("status", ()).unwrap();
    py.call::<()>("run", (count,)).unwrap();
    let (last_memory, last_threads, last_files): (u64, u64, u64) = py.call("status", ()).unwrap();
    println!("after 100: {memory} kB, {threads} threads; after {count} more: {last_memory} kB, {last_threads} threads");
    assert!(py.eval::<bool>("active_children() == []").unwrap());
    // The test harness may have a thread or a file more or less at that moment.
    assert!(last_threads <= threads + 8, "{threads} threads became {last_threads}");
    assert!(last_files <= files + 8, "{files} descriptors became {last_files}");
    assert!(last_memory * 2 <= memory * 3, "{memory} kB grew to {last_memory} kB");
}

#[test]
#[cfg(target_os = "linux")]
fn processes_of_multiprocessing_come_and_go() {
    processes_leave_nothing_behind(200);
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "takes minutes"]
fn ten_thousand_processes_of_multiprocessing_come_and_go() {
    processes_leave_nothing_behind(10_000);
}
