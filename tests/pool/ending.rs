//! Shutting down, dropping, cancelling.

use super::*;

#[test]
fn a_shutdown_runs_what_is_queued_and_takes_no_more() -> Result<()> {
    let pool = pool(2);
    let jobs: Vec<Job<i64>> = (0..200)
        .map(|n| pool.submit(Task::eval(format!("{n}"))))
        .collect::<Result<_>>()?;
    pool.shutdown()?;
    assert!(jobs.iter().all(Job::is_finished));
    assert_eq!(jobs.into_iter().map(finish).sum::<Result<i64>>()?, 199 * 100);
    assert!(matches!(
        pool.submit::<()>(Task::exec("pass")),
        Err(Error::Closed { .. })
    ));
    assert!(matches!(
        pool.map::<()>("print", [1]).next(),
        Some(Err(Error::Closed { .. }))
    ));
    assert!(pool.is_closed() && pool.interpreters().is_empty());
    assert_eq!(pool.stats().done, 200);
    pool.shutdown()?;
    pool.shutdown_now()
}

#[test]
fn a_shutdown_runs_atexit_functions() -> Result<()> {
    let (exits, exited) = unbounded();
    let note = move || exits.send(()).unwrap();
    let pool = builder().function("note", note).pool().size(3).build()?;
    pool.broadcast::<()>(Task::exec("import atexit; atexit.register(note)"));
    pool.shutdown()?;
    assert_eq!(exited.try_iter().count(), 3);
    Ok(())
}

#[test]
fn an_immediate_shutdown_cancels_what_runs_and_what_is_queued() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(2, 100);
    let mut jobs: Vec<Job<()>> = Vec::new();
    for _ in 0..2 {
        jobs.push(pool.submit(Task::exec("hold()\nwhile True: pass"))?);
        gate.wait_until_held();
        gate.let_go();
    }
    for _ in 0..50 {
        jobs.push(pool.submit(Task::exec("while True: pass"))?);
    }
    pool.shutdown_now()?;
    assert!(jobs.iter().all(Job::is_finished));
    for job in jobs {
        assert!(matches!(finish(job), Err(Error::Cancelled)));
    }
    assert_eq!(pool.stats().failed, 52);
    Ok(())
}

#[test]
fn an_immediate_shutdown_finds_a_task_at_every_moment() -> Result<()> {
    for _ in 0..20 {
        let pool = pool(2);
        let submitter = {
            let pool = pool.clone();
            thread::spawn(move || {
                let endless = || pool.submit::<()>(Task::exec("while True: pass")).ok();
                std::iter::from_fn(endless).take(50).collect::<Vec<_>>()
            })
        };
        pool.shutdown_now()?;
        for job in submitter.join().unwrap() {
            assert!(matches!(finish(job), Err(Error::Cancelled | Error::Closed { .. })));
        }
    }
    Ok(())
}

#[test]
fn a_graceful_shutdown_can_be_cut_short() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(1, 8);
    let endless: Job<()> = pool.submit(Task::exec("hold()\nwhile True: pass"))?;
    gate.wait_until_held();
    gate.let_go();
    thread::scope(|scope| {
        let graceful = scope.spawn(|| pool.shutdown());
        while !pool.is_closed() {
            thread::yield_now();
        }
        pool.shutdown_now()?;
        graceful.join().unwrap()
    })?;
    assert!(matches!(finish(endless), Err(Error::Cancelled)));
    Ok(())
}

#[test]
fn a_dropped_pool_answers_every_job_without_anyone_waiting() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(2, 100);
    let held: Vec<Job<()>> = (0..2)
        .map(|_| pool.submit(Task::exec("hold()")))
        .collect::<Result<_>>()?;
    let queued: Vec<Job<i64>> = (0..50)
        .map(|n| pool.submit(Task::eval(format!("{n}"))))
        .collect::<Result<_>>()?;
    let interpreter = pool.interpreters().remove(0);
    drop(pool);
    assert!(!held[0].is_finished(), "the drop has not waited");
    gate.let_go();
    gate.let_go();
    held.into_iter().try_for_each(finish)?;
    assert_eq!(queued.into_iter().map(finish).sum::<Result<i64>>()?, 49 * 25);
    interpreter.exec("still = 'usable by those who hold it'")
}

#[test]
fn a_dropped_pool_closes_its_interpreters() -> Result<()> {
    let (exits, exited) = unbounded();
    let note = move || exits.send(()).unwrap();
    let pool = builder().function("note", note).pool().size(3).build()?;
    pool.broadcast::<()>(Task::exec("import atexit; atexit.register(note)"));
    drop(pool);
    for _ in 0..3 {
        exited.recv_timeout(PATIENCE).expect("closed in the background");
    }
    Ok(())
}

#[test]
fn a_submitter_that_waits_for_room_learns_of_the_end() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(1, 1);
    let jobs = [pool.submit::<()>(Task::exec("hold()"))?, {
        gate.wait_until_held();
        pool.submit::<()>(Task::exec("pass"))?
    }];
    let refused = thread::scope(|scope| {
        let waiting = scope.spawn(|| pool.submit::<()>(Task::exec("pass")));
        let ending = scope.spawn(|| pool.shutdown());
        let refused = waiting.join().unwrap();
        gate.let_go();
        ending.join().unwrap().map(|()| refused)
    })?;
    assert!(matches!(refused, Err(Error::Closed { .. })), "{refused:?}");
    jobs.into_iter().try_for_each(finish)
}

#[test]
fn a_pool_is_not_shut_down_from_inside() -> Result<()> {
    let (pool, itself) = pool_that_knows_itself(|itself| {
        let end = move || format!("{:?}", itself.get().expect("set before any task").shutdown());
        builder().function("end", end).pool().size(1)
    });
    assert!(pool.call::<String>("end", ())?.contains("Reentrant"));
    drop(itself);
    pool.shutdown()
}
