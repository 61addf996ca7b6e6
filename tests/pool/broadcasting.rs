//! What runs once on each interpreter.

use super::*;

#[test]
fn a_broadcast_runs_once_on_each_interpreter() -> Result<()> {
    let pool = pool(3);
    let runs = pool.broadcast::<()>(Task::exec("runs = globals().get('runs', 0) + 1"));
    assert_eq!(runs.into_iter().filter(Result::is_ok).count(), 3);
    for interpreter in pool.interpreters() {
        assert_eq!(interpreter.get::<i64>("runs")?, 1);
    }
    Ok(())
}

#[test]
fn a_busy_interpreter_runs_it_after_its_task() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(1, 8);
    let running: Job<()> = pool.submit(Task::exec("hold(); order = ['task']"))?;
    gate.wait_until_held();
    let queued: Job<()> = pool.submit(Task::exec("order.append('queued')"))?;
    thread::scope(|scope| {
        let broadcast = scope.spawn(|| pool.broadcast::<()>(Task::exec("order.append('broadcast')")));
        while pool.interpreters()[0].stats().queued == 0 {
            thread::yield_now();
        }
        gate.let_go();
        broadcast.join().unwrap()
    })
    .remove(0)?;
    finish(running)?;
    finish(queued)?;
    assert_eq!(
        pool.interpreters()[0].get::<Vec<String>>("order")?,
        ["task", "broadcast", "queued"]
    );
    Ok(())
}

#[test]
fn each_interpreter_answers_for_itself() {
    let pool = pool(2);
    let results = pool.broadcast::<i64>(Task::exec("1 / 0"));
    assert_eq!(
        results.iter().map(type_name).collect::<Vec<_>>(),
        ["ZeroDivisionError"; 2]
    );
}

#[test]
fn a_long_broadcast_does_not_hold_up_tasks_that_others_can_run() -> Result<()> {
    let gate = Gate::new();
    let pool = gate.pool(2, 8);
    let held: Job<()> = pool.interpreters()[0].spawn(Task::exec("hold()"));
    gate.wait_until_held();
    for n in 0..200 {
        assert_eq!(finish(pool.submit::<i64>(Task::eval(format!("{n}")))?)?, n);
    }
    gate.let_go();
    finish(held)
}
