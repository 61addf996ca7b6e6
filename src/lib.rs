//! Python in Rust: an isolated interpreter for every thread, no GIL.
//!
//! An [`Interpreter`] is a thread with a Python of its own: its own heap, modules, types, collector and standard streams.
//! Nothing in Python is shared between two of them, so ten interpreters run on ten cores without waiting for one another,
//! and one that fails takes nothing down with it. What passes between them, and between Python and Rust, is data.
//!
//! This page is a tour of the crate; each of its examples is a test.
//!
//! # Hello
//!
//! ```
//! use ungil::Interpreter;
//!
//! let py = Interpreter::new()?;
//! py.exec("def greet(name): return f'hello {name}'")?;
//! let text: String = py.call("greet", ("world",))?;
//! assert_eq!(text, "hello world");
//! assert_eq!(py.eval::<u64>("2 ** 10")?, 1024);
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! The handle is `Clone + Send + Sync`: any thread may use it, and what it asks for is done in the order of asking. What a
//! script defines stays, in `__main__`, until [`Interpreter::close`] or the end of the last handle. The standard library is
//! compiled into the program; an interpreter needs no files.
//!
//! # Values and serde
//!
//! What serde can write can be an argument, and what it can read can be a result: numbers, text, options, tuples,
//! collections, structs and enums, nested as they like. A struct is a dict to Python.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use ungil::Interpreter;
//!
//! #[derive(Serialize)]
//! struct Order { id: u32, prices: Vec<f64>, coupon: Option<String> }
//!
//! #[derive(Debug, Deserialize, PartialEq)]
//! struct Invoice { order: u32, total: f64 }
//!
//! let py = Interpreter::new()?;
//! py.exec("
//! def bill(order):
//!     total = sum(order['prices'])
//!     return {'order': order['id'], 'total': total / 2 if order['coupon'] else total}
//! ")?;
//! let order = Order { id: 7, prices: vec![1.5, 2.5], coupon: Some("HALF".into()) };
//! let invoice: Invoice = py.call("bill", (&order,))?;
//! assert_eq!(invoice, Invoice { order: 7, total: 2.0 });
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! Where the type is not known, [`Value`] is: an enum of all that crosses, ints of any size, bytes, sets and dates included.
//! The module [`value`] has the table of what becomes what.
//!
//! ```
//! use ungil::{Interpreter, Value};
//!
//! let py = Interpreter::new()?;
//! let answer: Value = py.eval("{'big': 2 ** 100, 'tags': ('a', b'b')}")?;
//! assert_eq!(answer.to_string(), "{'big': 1267650600228229401496703205376, 'tags': ('a', b'b')}");
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! # Calling functions
//!
//! A tuple of arguments is spread; anything else is one argument. `"module.name"` imports the module. A [`Task`] says the
//! rest: keyword arguments, a file name for tracebacks, or a namespace made for this one run instead of `__main__`.
//!
//! ```
//! use ungil::{Interpreter, Task};
//!
//! let py = Interpreter::new()?;
//! assert_eq!(py.call::<u64>("math.comb", (5, 2))?, 10);
//!
//! let text: String = py.spawn(Task::call("json.dumps").args(([2, 1],)).kwarg("indent", ())).wait()?;
//! assert_eq!(text, "[2, 1]");
//!
//! let area: f64 = py.spawn(Task::eval("width * height").with("width", 3).with("height", 1.5)).wait()?;
//! assert_eq!(area, 4.5);
//! assert!(py.get::<i64>("width").is_err(), "it was in a namespace of its own");
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! A coroutine is awaited by [`Interpreter::call_async`], in an event loop that is made for the call.
//!
//! # Host functions
//!
//! Rust functions and closures of up to eight arguments can be called from every module of the interpreter. They need no
//! attributes; the types of their arguments say what is accepted. Interpreters built from one builder call them at the same
//! time, so they are `Send + Sync`.
//!
//! ```
//! use ungil::{HostError, HostFunction, Interpreter};
//!
//! let price = |sku: String| match sku.as_str() {
//!     "tea" => Ok(4.5),
//!     _ => Err(HostError::new("LookupError", format!("no price for {sku}"))),
//! };
//! let tax = HostFunction::new("tax", |net: f64, rate: f64| net * rate).arg("net").arg_default("rate", 0.2);
//! let py = Interpreter::builder().function("price", price).host_function(tax).build()?;
//!
//! assert_eq!(py.eval::<f64>("tax(price('tea'), rate=0.1)")?, 0.45);
//!
//! py.exec("
//! try:
//!     price('gold')
//! except LookupError as e:
//!     reason = str(e)
//! ")?;
//! assert_eq!(py.get::<String>("reason")?, "no price for gold");
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! Every error type of Rust can be returned; [`HostError`] also chooses the class of the exception. A panic in a host
//! function is raised as `ungil.HostPanic`, and takes neither the interpreter nor the program down. An async function gives
//! the script something to `await`, or to `wait()` for where it has no event loop:
//!
//! ```
//! use ungil::Interpreter;
//!
//! let py = Interpreter::builder()
//!     .async_function("fetch", |page: u32| async move { format!("page {page}") })
//!     .build()?;
//! assert_eq!(py.eval::<String>("fetch(1).wait()")?, "page 1");
//!
//! py.exec("
//! import asyncio
//! async def both():
//!     return await asyncio.gather(fetch(1), fetch(2))
//! ")?;
//! assert_eq!(py.call_async::<Vec<String>>("both", ())?, ["page 1", "page 2"]);
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! Such futures run on a thread of this crate, or wherever [`Builder::spawner`] says, such as a tokio runtime.
//!
//! # Modules and classes
//!
//! [`Module`] groups functions, constants and exceptions under a name that `import` finds, and [`Class`] offers a Rust type
//! with methods and properties. An instance stays in Rust; scripts hold references to it.
//!
//! ```
//! use std::sync::atomic::{AtomicU32, Ordering};
//! use ungil::{Class, HostRef, Interpreter, Module};
//!
//! struct Stock(AtomicU32);
//!
//! let class = Class::<Stock>::new("Stock")
//!     .method("take", |stock: &Stock, count: u32| stock.0.fetch_sub(count, Ordering::Relaxed) - count)
//!     .property("left", |stock: &Stock| stock.0.load(Ordering::Relaxed));
//! let py = Interpreter::builder()
//!     .module(Module::new("shop").constant("VAT", 0.2).class(class))
//!     .source("rules", "import shop\ndef sell(stock): return stock.take(2) * (1 + shop.VAT)")
//!     .build()?;
//!
//! let stock = HostRef::new(Stock(AtomicU32::new(12)));
//! assert_eq!(py.call::<f64>("rules.sell", (&stock,))?, 12.0);
//! assert_eq!(stock.0.load(Ordering::Relaxed), 10);
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! Python modules come from memory, as `rules` here, or from folders ([`Builder::search_path`]).
//!
//! # Output
//!
//! ```
//! use ungil::{Input, Interpreter, Output};
//!
//! let py = Interpreter::builder()
//!     .stdin(Input::bytes(*b"Ada\n"))
//!     .stdout(Output::Capture)
//!     .stderr(Output::Discard)
//!     .build()?;
//! py.exec("print('hello', input())")?;
//! assert_eq!(py.take_stdout(), b"hello Ada\n");
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! [`Output::callback`] hands the bytes to a function instead. By default the streams are the process's.
//!
//! # Jobs, and stopping them
//!
//! [`Interpreter::spawn`] does not wait. The [`Job`] that it returns is a future for any runtime, and can be waited for, with
//! or without a limit, by threads. [`Job::cancel`] stops a script that spins, sleeps or waits, also one that catches
//! everything; the interpreter can be used again.
//!
//! ```
//! use std::time::Duration;
//! use ungil::{Error, Interpreter, Task};
//!
//! let py = Interpreter::new()?;
//! py.exec("
//! def stubborn():
//!     while True:
//!         try:
//!             while True: pass
//!         except BaseException:
//!             pass
//! ")?;
//! let mut job = py.spawn::<()>(Task::call("stubborn"));
//! assert!(job.wait_timeout(Duration::from_secs(1)).is_none());
//! assert_eq!(py.stack()?[0].function, "stubborn");
//!
//! job.cancel();
//! assert!(matches!(job.wait(), Err(Error::Cancelled)));
//! assert_eq!(py.eval::<i64>("6 * 7")?, 42);
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! [`Interpreter::stack`] shows where a script is while it runs. Not interruptible is one that is inside a single native
//! operation, such as a product of huge numbers.
//!
//! # Limits
//!
//! [`Limits`] bound what a script may use: time on the clock, its own time without that of host functions, processor time,
//! memory, recursion, output, the size of results and messages, and what it starts itself. They are given to a builder, a
//! pool or a single task.
//!
//! ```
//! use std::time::Duration;
//! use ungil::{Error, Interpreter, LimitKind, Limits, Task};
//!
//! let py = Interpreter::builder().limits(Limits::new().wall_time(Duration::from_millis(50))).build()?;
//! let error = py.exec("while True: pass").unwrap_err();
//! assert_eq!(error.as_limit().unwrap().kind(), LimitKind::WallTime);
//! assert!(error.interpreter_usable());
//!
//! let limits = Limits::new().wall_time(Duration::from_secs(60)).recursion(100);
//! let deep = Task::exec("def f(n): return f(n + 1)\nf(0)").limits(limits);
//! let error = py.spawn::<()>(deep).wait().unwrap_err();
//! assert_eq!(error.as_exception().unwrap().type_name(), "RecursionError");
//! # Ok::<(), Error>(())
//! ```
//!
//! Memory is counted where the program installs [`alloc::Accounting`] as its global allocator. A script that cannot be
//! stopped is given up: its job gets [`Error::Unresponsive`], and a pool puts another interpreter in its place. Host
//! functions hear that they are to end from [`stop_token`]. `docs/limits.md` lists what is not interruptible.
//!
//! # Pools
//!
//! A [`Pool`] has several interpreters of one kind, by default as many as the machine runs threads at once, and a bounded
//! queue of tasks. [`Pool::map`] keeps the order of its items, [`Pool::map_unordered`] gives what is ready first, and an
//! item that fails fails alone.
//!
//! ```
//! use ungil::{Interpreter, Task};
//!
//! let pool = Interpreter::builder()
//!     .source("score", "def score(text): return len(text) / text.count('e')")
//!     .pool()
//!     .size(2)
//!     .build()?;
//! let scores: Vec<Result<f64, _>> = pool.map("score.score", ["steel", "tin", "bee"]).collect();
//! assert_eq!(*scores[0].as_ref().unwrap(), 2.5);
//! assert_eq!(scores[1].as_ref().unwrap_err().as_exception().unwrap().type_name(), "ZeroDivisionError");
//! assert_eq!(*scores[2].as_ref().unwrap(), 1.5);
//!
//! let job = pool.submit::<u64>(Task::eval("sum(range(100))"))?;
//! assert_eq!(job.wait()?, 4950);
//! pool.shutdown()?;
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! # Channels
//!
//! A [`channel`] has two ends, and either can be in Rust or in any interpreter: give an end to
//! [`Interpreter::set`], pass it as an argument, or send it through another channel. A full channel makes senders wait, and
//! a failed send gives its value back.
//!
//! ```
//! use ungil::{Interpreter, Task, channel};
//!
//! let (questions, to_python) = channel::<u64>(4);
//! let (to_rust, answers) = channel::<(u64, bool)>(4);
//!
//! let py = Interpreter::new()?;
//! py.exec("
//! def work(questions, answers):
//!     for n in questions:
//!         answers.send((n, n > 1 and all(n % d for d in range(2, n))))
//! ")?;
//! let job = py.spawn::<()>(Task::call("work").args((to_python, to_rust)));
//!
//! for n in [9, 11] {
//!     questions.send(n)?;
//! }
//! questions.close();
//! let answers: Vec<(u64, bool)> = answers.iter().collect::<Result<_, _>>()?;
//! assert_eq!(answers, [(9, false), (11, true)]);
//! job.wait()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In Python an end has `send` or `recv` (with a `timeout` in seconds), `try_send` or `try_recv`, `close` and `len()`, and
//! `ungil.channel(capacity)` makes a channel there.
//!
//! # Scripts
//!
//! A [`Script`] is compiled once, on any thread, and run many times in any interpreter.
//!
//! ```
//! use ungil::{Interpreter, Script, Task};
//!
//! let rule = Script::expression("total if total > 50 else total + 4.9", "rules/shipping.py")?;
//! for total in [20.0, 80.0] {
//!     let py = Interpreter::new()?;
//!     let charged: f64 = py.spawn(Task::script(&rule).with("total", total)).wait()?;
//!     assert_eq!(charged, if total > 50.0 { total } else { total + 4.9 });
//! }
//! assert!(Script::compile("for x in", "<input>").is_err());
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! # Objects
//!
//! What is not data, such as a function, a class or an instance, stays in its interpreter. An [`Object`] is a handle to it,
//! which can be sent to any thread, called later and dropped anywhere.
//!
//! ```
//! use ungil::Interpreter;
//!
//! let py = Interpreter::new()?;
//! py.exec("
//! class Account:
//!     def __init__(self, owner): self.owner, self.balance = owner, 0
//!     def add(self, amount): self.balance += amount
//! ")?;
//! let account = py.get_object("Account")?.call_object(("Ada",))?;
//! let add = account.get_object("add")?;
//! std::thread::spawn(move || add.call::<()>((5,))).join().unwrap()?;
//! assert_eq!(account.get::<i64>("balance")?, 5);
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! # Errors
//!
//! There is one [`Error`]. A Python exception in it is data, complete before it leaves its thread: the class and its bases,
//! the message, the frames with their source lines, notes, cause and context. Its `Display` is Python's traceback.
//!
//! ```
//! use ungil::{Error, Interpreter, Task};
//!
//! let py = Interpreter::new()?;
//! let source = "def ratio(a, b):\n    return a / b\n\nratio(1, 0)\n";
//! let error = py.spawn::<()>(Task::exec(source).filename("rules.py")).wait().unwrap_err();
//! assert_eq!(
//!     error.to_string().trim_end(),
//!     r#"Traceback (most recent call last):
//!   File "rules.py", line 4, in <module>
//!     ratio(1, 0)
//!   File "rules.py", line 2, in ratio
//!     return a / b
//! ZeroDivisionError: division by zero"#
//! );
//! let exception = error.as_exception().unwrap();
//! assert!(exception.is_instance("ArithmeticError"));
//! assert_eq!(exception.frames()[1].line, 2);
//! assert!(error.interpreter_usable());
//!
//! assert_eq!(py.exec("raise SystemExit(3)").unwrap_err().exit_code(), Some(3));
//! # Ok::<(), Error>(())
//! ```
//!
//! # What crosses, and what does not
//!
//! What crosses: the plain kinds of [`Value`], by copy; ends of channels, host functions, host objects and (to the
//! interpreter that they are of) Python objects, by reference. Anything else is an error that names the path to it, and
//! nothing is sent:
//!
//! ```
//! use ungil::{Error, Interpreter};
//!
//! let py = Interpreter::new()?;
//! let error = py.eval::<ungil::Value>("{'rules': [1, print]}").unwrap_err();
//! let Error::Conversion(error) = error else { panic!("{error}") };
//! assert_eq!(error.path(), r#"result["rules"][1]"#);
//!
//! let error = py.eval::<Vec<u8>>("[1, 300]").unwrap_err();
//! assert!(error.to_string().starts_with("result[1]: "));
//! # Ok::<(), Error>(())
//! ```
//!
//! # The VM itself
//!
//! The interpreter is that of `rustpython-vm`, which is re-exported as [`vm`]. [`Interpreter::with`] runs a closure on the
//! interpreter's thread with the raw VM. Only what is `Send` comes out, and no Python object is.
//!
//! ```
//! use ungil::Interpreter;
//!
//! let py = Interpreter::new()?;
//! let length = py.with(|vm| {
//!     let text = vm.ctx.new_str("grüezi");
//!     text.as_wtf8().code_points().count()
//! })?;
//! assert_eq!(length, 6);
//! # Ok::<(), ungil::Error>(())
//! ```
//!
//! # Threads
//!
//! - An interpreter lives on one thread, from its first instruction to its last; threads are used again when it is closed.
//! - Every handle in this crate ([`Interpreter`], [`Pool`], [`Object`], [`Script`], [`Job`], both ends of a channel) is
//!   `Send`, and dropping one anywhere never blocks.
//! - A method that waits must not be called from a host function for the interpreter that calls it: it returns
//!   [`Error::Reentrant`] instead of waiting for ever. Other interpreters can be called from there.
//! - In a host function, the waits of this crate end early when the script that called it is stopped.
//! - No lock of this crate is held while Python runs.
//! - Inside one interpreter, Python runs on one thread. Parallel work is work for several interpreters.
//! - On Linux each interpreter has its own working directory and umask; its `os.environ` is its own everywhere. Files,
//!   sockets and child processes are the process's: an interpreter is isolated from the others, it is not a sandbox.

#![deny(missing_docs)]

pub mod alloc;
pub mod value;

mod bridge;
mod buffer;
mod channel;
mod control;
mod error;
mod fence;
mod host;
mod interpreter;
mod modules;
mod parcel;
#[cfg(feature = "plugins")]
pub mod plugin;
mod pool;
mod runtime;
mod sync;

pub use rustpython_vm as vm;

pub use buffer::{BufferInUse, SharedBuffer};
pub use channel::*;
pub use control::Limits;
pub use error::{Allowance, ConversionError, Error, Exception, Frame, LimitExceeded, LimitKind, Result, SyntaxDetail};
pub use fence::Permissions;
pub use host::*;
pub use interpreter::{
    Input, Interpreter, Job, Object, Output, Script, Spares, Stats, Task, set_spares, spares, wait_for_spares,
};
pub use pool::*;
pub use runtime::Builder;
pub use value::Value;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
