//! Host futures, which run in Rust while a script waits.

use super::*;

/// A future that is done when `release` is called.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Vec<std::task::Waker>)>>);

impl Gate {
    fn release(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 = true;
        state.1.drain(..).for_each(std::task::Waker::wake);
    }

    async fn pass(&self) {
        std::future::poll_fn(|context| {
            let mut state = self.0.lock().unwrap();
            if state.0 {
                return std::task::Poll::Ready(());
            }
            state.1.push(context.waker().clone());
            std::task::Poll::Pending
        })
        .await
    }
}

/// Tells when it is dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// `double(x)`, done at once; `fail()`; `boom()`; `hang()`, never done, with a count of how many were dropped.
fn py() -> (Interpreter, Arc<AtomicUsize>) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = dropped.clone();
    let py = Interpreter::builder()
        .async_function("double", |x: i64| async move { x * 2 })
        .async_function("fail", || async { Err::<(), _>(HostError::new("KeyError", "gone")) })
        .async_function("boom", || async {
            if true {
                panic!("in the future")
            }
        })
        .async_function("hang", move || {
            let guard = Dropped(count.clone());
            async move {
                let _guard = guard;
                std::future::pending::<()>().await
            }
        })
        .build()
        .unwrap();
    (py, dropped)
}

#[test]
fn a_script_waits_for_the_result() {
    let (py, _) = py();
    py.exec(
        "
future = double(21)
assert future.wait() == 42 and future.done() and not future.cancelled() and not future.cancel()
assert future.wait(timeout=1) is future.wait()
assert repr(future) == '<HostFuture of double() done>'
assert [f.wait() for f in [double(n) for n in range(100)]] == [2 * n for n in range(100)]
",
    )
    .unwrap();
    assert_eq!(raised(&py, "fail().wait()").type_name(), "KeyError");
    assert_eq!(raised(&py, "boom().wait()").message(), "boom() panicked: in the future");
    assert!(
        raised(&py, "double('x')")
            .message()
            .starts_with("double() argument 1 (args[0]): ")
    );
}

#[test]
fn a_script_awaits_the_result() {
    let (py, _) = py();
    py.exec(
        "
import asyncio
async def main():
    assert await double(4) == 8
    assert await asyncio.gather(*(double(n) for n in range(200))) == [2 * n for n in range(200)]
    future = double(5)
    assert await future == 10 and await future == 10
    try:
        await fail()
    except KeyError as e:
        assert e.args == ('gone',)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(alone())
    return task.result()
async def alone():
    return await double(1) + await double(2)
assert asyncio.run(main()) == 6
assert asyncio.run(main()) == 6
",
    )
    .unwrap();
    assert_eq!(py.call_async::<i64>("alone", ()).unwrap(), 6);
}

#[test]
fn the_event_loop_goes_on_while_it_waits() {
    let gate = Gate::default();
    let inside = gate.clone();
    let py = Interpreter::builder()
        .async_function("later", move || {
            let gate = inside.clone();
            async move { gate.pass().await }
        })
        .function("release", move || gate.release())
        .build()
        .unwrap();
    py.exec(
        "
import asyncio
async def other():
    await asyncio.sleep(0.01)
    release()
async def main():
    await asyncio.gather(later(), later(), other())
asyncio.run(main())
",
    )
    .unwrap();
}

#[test]
fn a_wait_can_time_out() {
    let (py, _) = py();
    let exception = raised(&py, "f = hang()\nf.wait(0.02)");
    assert_eq!(exception.type_name(), "TimeoutError");
    assert_eq!(exception.message(), "hang() was not done after 0.02 seconds");
    py.exec("assert not f.done() and f.cancel() and f.done() and f.cancelled()")
        .unwrap();
    let exception = raised(&py, "f.wait()");
    assert_eq!(exception.message(), "hang() was cancelled");
    assert_eq!(
        raised(
            &py,
            "import asyncio\nasync def main(): await asyncio.wait_for(hang(), 0.02)\nasyncio.run(main())"
        )
        .type_name(),
        "TimeoutError"
    );
}

#[test]
fn cancelling_or_letting_go_drops_the_rust_future() {
    let (py, dropped) = py();
    py.exec("f = hang(); f.cancel()").unwrap();
    eventually(|| dropped.load(Ordering::Relaxed) == 1);
    py.exec("f = hang(); del f").unwrap();
    eventually(|| dropped.load(Ordering::Relaxed) == 2);
    py.exec(
        "
import asyncio
async def main():
    task = asyncio.create_task(alone())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return 'cancelled'
async def alone():
    await hang()
assert asyncio.run(main()) == 'cancelled'
",
    )
    .unwrap();
    eventually(|| dropped.load(Ordering::Relaxed) == 3);
}

#[test]
fn an_interpreter_that_ends_takes_its_futures_with_it() {
    let (py, dropped) = py();
    py.exec("kept = [hang()]; kept.append(kept)").unwrap();
    py.close().unwrap();
    eventually(|| dropped.load(Ordering::Relaxed) == 1);

    let (py, dropped) = self::py();
    py.exec("kept = hang()").unwrap();
    let panicked = py.with(|_| {
        if true {
            panic!("in the VM")
        }
    });
    assert!(matches!(panicked, Err(Error::Panicked { .. })));
    eventually(|| dropped.load(Ordering::Relaxed) == 1);
}

#[test]
fn a_job_that_waits_can_be_cancelled() {
    let (py, _) = py();
    for source in [
        "hang().wait()",
        "import asyncio\nasync def main(): await hang()\nasyncio.run(main())",
    ] {
        let job = py.spawn::<()>(Task::exec(source));
        thread::sleep(Duration::from_millis(50));
        job.cancel();
        assert!(matches!(job.wait(), Err(Error::Cancelled)), "{source}");
    }
    assert_eq!(py.eval::<i64>("double(2).wait()").unwrap(), 4);
}

#[test]
fn the_host_can_run_the_futures_itself() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let spawner = Spawner::new(move |task| {
        count.fetch_add(1, Ordering::Relaxed);
        thread::spawn(move || futures_lite::future::block_on(task));
    });
    let py = Interpreter::builder()
        .spawner(spawner)
        .async_function("f", || async { 1 })
        .module(Module::new("m").async_function("g", || async { 2 }))
        .build()
        .unwrap();
    assert_eq!(py.eval::<i64>("f().wait() + __import__('m').g().wait()").unwrap(), 3);
    assert_eq!(seen.load(Ordering::Relaxed), 2);
}

#[test]
fn a_spawner_that_fails_leaves_nobody_waiting() {
    let drops = HostFunction::new_async("drops", || async { 1 }).with_spawner(Spawner::new(drop));
    let panics = HostFunction::new_async("panics", || async { 1 })
        .with_spawner(Spawner::new(|_| panic!("the runtime is shut down")));
    let py = Interpreter::builder()
        .host_function(drops)
        .host_function(panics)
        .build()
        .unwrap();
    let exception = raised(&py, "drops().wait()");
    assert_eq!(
        exception.message(),
        "drops() was dropped by its spawner before it was done"
    );
    assert_eq!(
        raised(&py, "panics()").message(),
        "panics() panicked: the runtime is shut down"
    );
}

#[test]
fn methods_can_be_async() {
    struct Store(Mutex<Vec<i64>>);
    let class = Class::<Store>::new("Store")
        .constructor(|| Store(Mutex::default()))
        .async_method("put", |this: HostRef<Store>, x: i64| async move {
            let mut items = this.0.lock().unwrap();
            items.push(x);
            items.len()
        });
    let py = Interpreter::builder()
        .module(Module::new("stores").class(class))
        .build()
        .unwrap();
    py.exec("from stores import Store\ns = Store()").unwrap();
    assert_eq!(
        py.eval::<(i64, i64)>("(s.put(5).wait(), s.put(6).wait())").unwrap(),
        (1, 2)
    );
}

#[test]
fn many_loops_leave_no_descriptors_behind() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let (py, _) = py();
    let run = "import asyncio, os
async def main(): return await double(1)
for _ in range(50): asyncio.run(main())
import gc
gc.collect()
len(os.listdir('/proc/self/fd'))";
    let count = |py: &Interpreter| {
        py.exec(run).unwrap();
        py.eval::<i64>("len(os.listdir('/proc/self/fd'))").unwrap()
    };
    let first = count(&py);
    // Other tests of this process open some, too.
    assert!(count(&py) < first + 60, "each loop of 50 leaves its two behind");
}

#[test]
fn an_argument_can_be_any_value() {
    let echo = HostFunction::new_async("echo", |value: Value| async move { value }).arg("value");
    let py = Interpreter::builder().host_function(echo).build().unwrap();
    py.exec("assert echo(value={'a': [1, (2.5, None)]}).wait() == {'a': [1, (2.5, None)]}")
        .unwrap();
}
