//! What becomes of tasks when interpreters are lost.

use super::*;

#[test]
fn a_panicked_interpreter_is_replaced() -> Result<()> {
    quiet_deliberate_panics();
    let meeting = Arc::new(Barrier::new(2));
    let meet = meeting.clone();
    let pool = builder()
        .function("meet", move || {
            meet.wait();
        })
        .pool()
        .size(2)
        .build()?;
    for round in 1..=5 {
        while pool.interpreters().len() < 2 {
            thread::yield_now();
        }
        for interpreter in pool.interpreters() {
            let lost = interpreter.with(|_| panic!("deliberate"));
            assert!(matches!(lost, Err(Error::Panicked { .. })));
        }
        // Two tasks meet only on two interpreters.
        let jobs = [
            pool.submit::<()>(Task::exec("meet()"))?,
            pool.submit(Task::exec("meet()"))?,
        ];
        jobs.into_iter().try_for_each(finish)?;
        assert_eq!(pool.len(), 2);
        assert_eq!(pool.stats().lost, 2 * round);
    }
    assert_eq!(pool.call::<i64>("work.double", (21,))?, 42);
    pool.shutdown()
}

#[test]
fn tasks_that_wait_are_not_lost_with_an_interpreter() -> Result<()> {
    quiet_deliberate_panics();
    let pool = pool(2);
    let jobs: Vec<Job<i64>> = (0..500)
        .map(|n| pool.submit(Task::eval(format!("{n}"))))
        .collect::<Result<_>>()?;
    for interpreter in pool.interpreters() {
        drop(interpreter.spawn_with(|_| panic!("deliberate")));
    }
    assert_eq!(jobs.into_iter().map(finish).sum::<Result<i64>>()?, 499 * 250);
    pool.shutdown()
}

#[test]
fn an_interpreter_that_someone_closes_is_replaced() -> Result<()> {
    let pool = pool(1);
    pool.interpreters()[0].close()?;
    assert_eq!(pool.call::<i64>("work.double", (21,))?, 42);
    pool.shutdown()?;
    assert_eq!(pool.stats().lost, 1);
    Ok(())
}

#[test]
fn when_none_can_be_built_any_more_every_task_learns_why() -> Result<()> {
    quiet_deliberate_panics();
    let folder = std::env::temp_dir().join(format!("ungil-pool-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let pool = builder().working_dir(&folder).pool().size(2).build()?;
    std::fs::remove_dir(&folder).unwrap();
    let job: Job<()> = pool.submit(Task::exec("pass"))?;
    finish(job)?;
    for interpreter in pool.interpreters() {
        let _ = interpreter.with(|_| panic!("deliberate"));
    }
    while !pool.is_closed() {
        thread::yield_now();
    }
    let refused = pool.submit::<()>(Task::exec("pass"));
    assert!(
        matches!(refused, Err(Error::Io { .. } | Error::Config { .. })),
        "{refused:?}"
    );
    pool.shutdown()
}
