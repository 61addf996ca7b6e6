//! Modules in Rust: shared by all interpreters, called without a lock, and with memory that is not copied.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ungil::{BufferInUse, Interpreter, Job, Module, Output, SharedBuffer, Task};

/// No test takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a module of the host has for all interpreters.
struct Table {
    squares: Vec<u64>,
}

static MADE: AtomicU32 = AtomicU32::new(0);

impl Table {
    fn new() -> Self {
        MADE.fetch_add(1, Ordering::SeqCst);
        Self {
            squares: (0..1000).map(|n| n * n).collect(),
        }
    }
}

#[test]
fn one_module_serves_every_interpreter_and_is_made_once() {
    let table = Arc::new(Table::new());
    let calls = Arc::new(AtomicU32::new(0));
    let (looked_up, counted) = (table.clone(), calls.clone());
    let module = Module::new("myModule")
        .function("add", |a: i64, b: i64| a + b)
        .function("place", move || Arc::as_ptr(&looked_up) as usize as u64)
        .function("square", move |n: usize| {
            counted.fetch_add(1, Ordering::SeqCst);
            table.squares[n]
        });
    let builder = Interpreter::builder().module(module);
    let places: Vec<u64> = (0..4)
        .map(|_| {
            let py = builder.clone().build().unwrap();
            py.exec("import myModule\nassert myModule.add(3, 5) == 8 and myModule.square(30) == 900")
                .unwrap();
            py.eval("myModule.place()").unwrap()
        })
        .collect();
    // Those that a script starts have it, too.
    let py = builder.build().unwrap();
    py.exec(
        "from multiprocessing import Pool
import myModule
with Pool(2) as pool:
    assert pool.map(myModule.square, range(4)) == [0, 1, 4, 9]
    assert set(pool.map(lambda _: myModule.place(), range(4))) == {myModule.place()}",
    )
    .unwrap();
    assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 8);
    assert_eq!(MADE.load(Ordering::SeqCst), 1);
}

#[test]
fn calls_of_two_interpreters_run_at_the_same_time() {
    let both = Arc::new(Barrier::new(2));
    let module = Module::new("meeting").function("meet", move || {
        both.wait();
    });
    let builder = Interpreter::builder().module(module);
    let interpreters = [builder.clone().build().unwrap(), builder.build().unwrap()];
    let jobs: Vec<Job<()>> = interpreters
        .iter()
        .map(|py| py.spawn(Task::exec("import meeting; meeting.meet()")))
        .collect();
    for mut job in jobs {
        job.wait_timeout(PATIENCE).expect("they meet").unwrap();
    }
}

/// A module that works on memory where it is, and says where that was.
fn memory_module() -> Module {
    Module::new("memory")
        .function("place", |buffer: SharedBuffer| {
            buffer.read(|bytes| bytes.as_ptr().addr() as u64)
        })
        .function("reverse", |buffer: SharedBuffer| buffer.write(<[u8]>::reverse))
        .function("make", |len: usize| SharedBuffer::new(len).ok_or("no memory"))
}

#[test]
fn memory_of_a_script_is_changed_where_it_is() {
    let builder = Interpreter::builder().module(memory_module());
    let first = builder.clone().build().unwrap();
    first
        .exec(
            "import memory, ungil
buffer = ungil.SharedBuffer(b'abcdef')
memory.reverse(buffer)
assert bytes(buffer) == b'fedcba'
left, right = buffer.split(2)
memory.reverse(right)
assert bytes(buffer) == b'fedabc'
made = memory.make(100)
assert len(made) == 100 and bytes(made) == bytes(100)",
        )
        .unwrap();
    let buffer: SharedBuffer = first.get("buffer").unwrap();
    assert_eq!(buffer.read(<[u8]>::to_vec), Ok(b"fedabc".to_vec()));
    let second = builder.build().unwrap();
    second.set("buffer", &buffer).unwrap();
    second
        .exec("import memory\nbuffer[0] = ord('F')\nmemory.reverse(buffer)")
        .unwrap();
    assert_eq!(buffer.read(<[u8]>::to_vec), Ok(b"cbadeF".to_vec()));

    let places: Vec<u64> = [&first, &second]
        .iter()
        .map(|py| py.eval("memory.place(buffer)").unwrap())
        .collect();
    let here = buffer.read(|bytes| bytes.as_ptr().addr() as u64).unwrap();
    assert_eq!(places, [here, here]);
}

#[test]
fn a_view_that_the_script_has_is_in_the_way_until_it_is_released() {
    let py = Interpreter::builder()
        .module(memory_module())
        .stderr(Output::Discard)
        .build()
        .unwrap();
    py.exec("import memory, ungil\nbuffer = ungil.SharedBuffer(b'abc')\nview = buffer.view()")
        .unwrap();
    let refused = py.exec("memory.reverse(buffer)").unwrap_err().to_string();
    assert!(refused.contains(&BufferInUse.to_string()), "{refused}");
    let buffer: SharedBuffer = py.get("buffer").unwrap();
    assert_eq!(buffer.read(<[u8]>::to_vec), Err(BufferInUse));
    py.exec("view.release()\nmemory.reverse(buffer)\nassert bytes(buffer) == b'cba'")
        .unwrap();
}

#[test]
fn two_threads_of_the_host_write_their_parts_and_never_the_same() {
    let buffer = SharedBuffer::new(2000).unwrap();
    std::thread::scope(|scope| {
        for (index, part) in buffer.split(2).into_iter().enumerate() {
            scope.spawn(move || {
                for _ in 0..200 {
                    part.write(|bytes| bytes.iter_mut().for_each(|byte| *byte += index as u8))
                        .unwrap();
                }
            });
        }
    });
    let sum = buffer.read(|bytes| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    assert_eq!(sum, Ok(200 * 1000));
}
