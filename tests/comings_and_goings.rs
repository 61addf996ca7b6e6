//! Interpreters come and go in all sorts of ways, and the process stays as large as it was. One test, because it looks at
//! the memory of the whole process.
#![cfg(target_os = "linux")]

use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

use ungil::{Error, Interpreter, Job, Limits, Task};

/// For what a thread of the process has to come to by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Resident memory of this process in kilobytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Has `once` done until what the first times leave for later ones is there, then a hundred times more. Each is to leave
/// less than a quarter of a megabyte: far more than noise, and less than anything that was ever left.
fn leaves_nothing(what: &str, once: impl Fn()) {
    const TIMES: u64 = 100;
    (0..20).for_each(|_| once());
    let before = resident();
    (0..TIMES).for_each(|_| once());
    let after = resident();
    println!("{what}: {before} kB, {TIMES} times later {after} kB");
    assert!(after < before + TIMES * 256, "{what}: {before} kB grew to {after} kB");
}

#[test]
fn what_comes_and_goes_in_other_ways_leaves_nothing_behind() {
    leaves_nothing("sandboxed", || {
        let py = Interpreter::sandboxed().build().unwrap();
        py.exec("class C: pass\nx = [C() for _ in range(1000)]\nx.append(x)")
            .unwrap();
        py.close().unwrap();
    });

    let pool = Interpreter::sandboxed()
        .pool()
        .size(1)
        .recycle_after(1)
        .build()
        .unwrap();
    leaves_nothing("recycled", || {
        pool.submit::<()>(Task::exec("class C: pass\nx = [C()]\nx.append(x)"))
            .unwrap()
            .wait()
            .unwrap();
    });
    pool.shutdown().unwrap();

    // Given up in a function of the host, and back when that lets it.
    leaves_nothing("given up", || {
        let (begun, begins) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let py = Interpreter::builder()
            .function("away", move || {
                let _ = begun.send(());
                let _ = released.lock().unwrap().recv();
            })
            .limits(Limits::new().give_up_after(Duration::from_millis(5)))
            .build()
            .unwrap();
        let job: Job<()> = py.spawn(Task::exec("away()"));
        begins.recv_timeout(PATIENCE).unwrap();
        job.cancel();
        assert!(matches!(job.wait(), Err(Error::Unresponsive { .. })));
        drop(release);
        drop(py);
        // What was given to the interpreter is dropped when it has ended.
        assert_eq!(begins.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    });
}
