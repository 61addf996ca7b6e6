//! Reloads while calls come from several threads: none is lost, none is answered by half of a version. Memory is to stay flat.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    thread,
    time::Instant,
};

use ungil::plugin::Hook;

use super::workshop::Workshop;

/// Resident memory of this process in kilobytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A version tells its number from its first and its last line and from its `setup`, and counts the calls of all versions.
fn version(number: u64) -> String {
    format!(
        "FIRST = {number}\nready = count = 0\ndef setup(config):\n    global ready\n    ready = {number}\n\
         def go():\n    global count\n    count += 1\n    return FIRST, ready, LAST, count\n\
         def save(): return count\ndef restore(state):\n    global count\n    count = state\nLAST = {number}\n"
    )
}

/// Calls until `done`, and checks each answer; gives how many there were.
fn call_until(done: &AtomicBool, go: &Hook<(), (u64, u64, u64, u64)>) -> u64 {
    let (mut calls, mut newest, mut latest) = (0, 0, 0);
    while !done.load(SeqCst) {
        let answer = go.all(&()).unwrap().pop().expect("a plugin answers at any time");
        let (first, ready, last, count) = answer.result.expect("no call is lost");
        assert!(
            first == ready && ready == last,
            "half of a version: {first} {ready} {last}"
        );
        assert!(first >= newest, "version {first} after {newest}");
        assert!(count > latest, "the count of calls went from {latest} to {count}");
        (newest, latest) = (first, count);
        calls += 1;
    }
    calls
}

/// Gives the resident memory after a tenth of the reloads, and at the end.
fn reload_under_load(reloads: u64) -> (u64, u64) {
    let workshop = Workshop::new(&[("shop.py", &version(1))]);
    let host = workshop.host();
    let go = host.hook("go");
    let done = AtomicBool::new(false);
    let calls = AtomicU64::new(0);
    let start = Instant::now();
    let mut early = 0;
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| calls.fetch_add(call_until(&done, &go), SeqCst));
        }
        for number in 2..=reloads + 1 {
            workshop.write("shop.py", &version(number));
            if let Err(error) = host.reload("shop") {
                done.store(true, SeqCst);
                panic!("{error}");
            }
            if number == reloads / 10 + 1 {
                early = resident();
            }
        }
        done.store(true, SeqCst);
    });
    let (calls, late) = (calls.load(SeqCst), resident());
    let took = start.elapsed();
    println!("{reloads} reloads, {calls} calls in {took:.1?}; resident {early} kB after a tenth, {late} kB at the end");
    // Each call has been counted by exactly one version, and every count has moved on.
    let last = go.all(&()).unwrap().pop().unwrap().result.unwrap();
    assert_eq!((last.0, last.3), (reloads + 1, calls + 1));
    assert_eq!(host.stats("shop").unwrap().hooks["go"].errors, 0);
    (early, late)
}

#[test]
fn a_hundred_reloads_under_load_lose_no_call() {
    reload_under_load(100);
}

#[test]
#[ignore = "takes minutes; .ci/extended runs it"]
fn a_thousand_reloads_under_load_leave_memory_as_it_was() {
    let (early, late) = reload_under_load(1000);
    assert!(late * 2 <= early * 3, "{early} kB grew to {late} kB");
}
