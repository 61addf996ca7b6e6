//! Jobs: waited for by threads, by any async runtime, or not at all.

use std::time::Duration;

use ungil::{Error, Interpreter, Job, Task};

fn three(py: &Interpreter) -> [Job<i64>; 3] {
    [1, 2, 3].map(|n| py.spawn(Task::eval(format!("{n} * 10"))))
}

#[test]
fn without_a_runtime() {
    let py = Interpreter::new().unwrap();
    let results = three(&py).map(|job| job.wait().unwrap());
    assert_eq!(results, [10, 20, 30]);
}

#[test]
fn under_tokio() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let py = Interpreter::new().unwrap();
        let mut sum = 0;
        for job in three(&py) {
            sum += job.await.unwrap();
        }
        assert_eq!(sum, 60);
        let spinning: Job<()> = py.spawn(Task::exec("while True: pass"));
        let mut spinning = std::pin::pin!(spinning);
        let timed_out = tokio::time::timeout(Duration::from_millis(20), spinning.as_mut()).await;
        assert!(timed_out.is_err());
        spinning.cancel();
        assert!(matches!(spinning.await, Err(Error::Cancelled)));
    });
}

#[test]
fn under_the_executor_that_smol_uses() {
    let executor = async_executor::Executor::new();
    let py = Interpreter::new().unwrap();
    let tasks = three(&py).map(|job| executor.spawn(job));
    futures_lite::future::block_on(executor.run(async {
        for (task, expected) in tasks.into_iter().zip([10, 20, 30]) {
            assert_eq!(task.await.unwrap(), expected);
        }
    }));
}

#[test]
fn jobs_run_in_the_order_in_which_they_were_given() {
    let py = Interpreter::new().unwrap();
    py.exec("seen = []").unwrap();
    let jobs: Vec<Job<()>> = (0..100)
        .map(|n| py.spawn(Task::exec(format!("seen.append({n})"))))
        .collect();
    for job in jobs {
        job.wait().unwrap();
    }
    assert_eq!(py.get::<Vec<i64>>("seen").unwrap(), (0..100).collect::<Vec<_>>());
}

#[test]
fn a_dropped_handle_does_not_stop_its_job() {
    let py = Interpreter::new().unwrap();
    drop(py.spawn::<()>(Task::exec("done = True")));
    assert!(py.get::<bool>("done").unwrap());
}

#[test]
fn a_limited_wait_comes_back_and_the_job_goes_on() {
    let (sender, receiver) = ungil::channel::<i64>(1);
    let py = Interpreter::new().unwrap();
    py.set("gate", receiver).unwrap();
    let mut job: Job<i64> = py.spawn(Task::eval("gate.recv()"));
    assert!(job.wait_timeout(Duration::from_millis(5)).is_none());
    assert!(!job.is_finished());
    sender.send(7).unwrap();
    assert_eq!(job.wait_timeout(Duration::from_secs(60)).unwrap().unwrap(), 7);
    assert!(
        matches!(job.wait(), Err(Error::Config { .. })),
        "a result is taken once"
    );
}

#[test]
fn a_host_function_can_wait_for_another_interpreter() {
    let other = Interpreter::new().unwrap();
    let py = Interpreter::builder()
        .function("elsewhere", move |source: String| {
            other.eval::<i64>(source).map_err(|e| e.to_string())
        })
        .build()
        .unwrap();
    assert_eq!(py.eval::<i64>("elsewhere('6 * 7')").unwrap(), 42);
}
