//! Tasks that are submitted one by one, and the queue that they wait in.

use super::*;

#[test]
fn every_job_gets_its_result() -> Result<()> {
    let pool = pool(2);
    let jobs: Vec<Job<i64>> = (0..100)
        .map(|n| pool.submit(Task::call("work.double").args((n,))))
        .collect::<Result<_>>()?;
    for (n, job) in (0..100).zip(jobs) {
        assert_eq!(finish(job)?, 2 * n);
    }
    assert_eq!(pool.call::<i64>("work.double", (21,))?, 42);
    Ok(())
}

#[test]
fn a_pool_has_as_many_interpreters_as_the_machine_runs_threads() -> Result<()> {
    assert_eq!(Pool::new()?.len(), thread::available_parallelism().unwrap().get());
    assert_eq!(Pool::builder().interpreters(builder()).size(3).build()?.len(), 3);
    Ok(())
}

#[test]
fn tasks_run_at_the_same_time() -> Result<()> {
    let meeting = Arc::new(Barrier::new(3));
    let meet = meeting.clone();
    let pool = builder()
        .function("meet", move || {
            meet.wait();
        })
        .pool()
        .size(3)
        .build()?;
    for _ in 0..50 {
        let jobs: Vec<Job<()>> = (0..3)
            .map(|_| pool.submit(Task::exec("meet()")))
            .collect::<Result<_>>()?;
        jobs.into_iter().try_for_each(finish)?;
    }
    Ok(())
}

#[test]
fn a_task_that_fails_fails_alone() -> Result<()> {
    let pool = pool(1);
    let jobs: Vec<Job<i64>> = ["1", "1 / 0", "undefined", "exit(3)", "print", "2"]
        .map(|source| pool.submit(Task::eval(source)))
        .into_iter()
        .collect::<Result<_>>()?;
    let results: Vec<Result<i64>> = jobs.into_iter().map(finish).collect();
    assert_eq!(type_name(&results[1]), "ZeroDivisionError");
    assert_eq!(type_name(&results[2]), "NameError");
    assert!(matches!(results[4], Err(Error::Conversion(_))));
    assert!(matches!((&results[0], &results[5]), (Ok(1), Ok(2))), "{results:?}");
    Ok(())
}

#[test]
fn a_full_queue_makes_the_submitter_wait_and_gives_a_task_back_that_cannot_wait() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(1, 1);
    let running: Job<()> = pool.submit(Task::exec("hold()"))?;
    gate.wait_until_held();
    let queued: Job<i64> = pool.submit(Task::eval("1"))?;
    let refused = pool.try_submit::<i64>(Task::eval("2")).unwrap_err();
    assert!(matches!(refused.error(), Error::QueueFull { capacity: 1 }));
    thread::scope(|scope| {
        let task = refused.into_task();
        let (submitted, job) = bounded(1);
        let pool = &pool;
        scope.spawn(move || submitted.send(pool.submit::<i64>(task)).unwrap());
        assert!(job.try_recv().is_err(), "there is no room yet");
        gate.let_go();
        assert_eq!(finish(job.recv_timeout(PATIENCE).expect("there is room")?)?, 2);
        finish(running)?;
        assert_eq!(finish(queued)?, 1);
        Ok(())
    })
}

#[test]
fn a_task_cancelled_in_the_queue_never_runs() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(1, 8);
    let running: Job<()> = pool.submit(Task::exec("hold()"))?;
    gate.wait_until_held();
    let queued: Job<()> = pool.submit(Task::exec("import builtins; builtins.has_run = True"))?;
    queued.cancel();
    gate.let_go();
    finish(running)?;
    assert!(matches!(finish(queued), Err(Error::Cancelled)));
    assert!(!finish(
        pool.submit::<bool>(Task::eval("hasattr(__builtins__, 'has_run')"))?
    )?);
    Ok(())
}

#[test]
fn a_running_task_can_be_cancelled() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(1, 8);
    let endless: Job<()> = pool.submit(Task::exec("hold()\nwhile True: pass"))?;
    gate.wait_until_held();
    gate.let_go();
    endless.cancel();
    assert!(matches!(finish(endless), Err(Error::Cancelled)));
    assert_eq!(pool.call::<i64>("work.double", (4,))?, 8);
    Ok(())
}

#[test]
fn a_task_submits_more_tasks_but_never_waits_for_its_own_pool() -> Result<()> {
    let (pool, itself) = pool_that_knows_itself(|itself| {
        let more = move |how: String| -> String {
            let pool = itself.get().expect("set before any task");
            let outcome = match &*how {
                "call" => pool.call::<i64>("work.double", (1,)).map(drop),
                "wait" => pool.submit::<()>(Task::exec("pass")).and_then(Job::wait),
                // More than fit: the first are taken, the others refused.
                _ => (0..10).try_for_each(|_| pool.submit::<()>(Task::exec("pass")).map(drop)),
            };
            format!("{outcome:?}")
        };
        builder().function("more", more).pool().size(1).queue(4)
    });
    let refused: String = finish(pool.submit(Task::eval("more('submit')"))?)?;
    assert!(refused.contains("QueueFull"), "{refused}");
    for how in ["call", "wait"] {
        let refused: String = finish(pool.submit(Task::eval(format!("more({how:?})")))?)?;
        assert!(refused.contains("Reentrant"), "{how}: {refused}");
    }
    drop(itself);
    Ok(())
}

#[test]
fn a_pool_without_room_or_interpreters_is_refused() {
    for wrong in [
        builder().pool().size(0),
        builder().pool().queue(0),
        builder().stack_size(1).pool(),
    ] {
        assert!(matches!(wrong.build(), Err(Error::Config { .. })));
    }
}

#[test]
fn a_builder_that_fails_fails_the_pool() {
    let wrong = builder().working_dir("/there/is/no/such/folder").pool().size(3).build();
    assert!(wrong.is_err(), "{wrong:?}");
}
