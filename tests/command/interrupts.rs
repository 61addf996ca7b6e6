//! Ctrl-C and other signals, sent when the script has said that it is ready for them.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, ChildStdout},
    time::Instant,
};

use nix::{
    sys::signal::{SigHandler, Signal, kill, signal},
    unistd::Pid,
};

use crate::harness::{self, Outcome, ungil};

/// A running script of which the output is read line by line.
struct Script {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Script {
    /// Starts it and waits until it prints `ready`.
    fn start(source: &str) -> Self {
        let mut command = ungil();
        command.args(["-u", "-c", source]);
        Self::from_command(command)
    }

    fn from_command(mut command: std::process::Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut script = Self { child, stdout };
        script.expect("ready");
        script
    }

    /// Waits for a line of output.
    fn expect(&mut self, line: &str) {
        let mut found = String::new();
        self.stdout.read_line(&mut found).expect("it can be read");
        assert_eq!(found.trim_end(), line);
    }

    fn send(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the process is there");
    }

    fn interrupt(&self) {
        self.send(Signal::SIGINT);
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Its end: which signal killed it, and what it left.
    fn end(mut self) -> (Option<i32>, Outcome) {
        // Standard input stays open meanwhile, for scripts that wait for it.
        let stdin = self.child.stdin.take();
        let signal = harness::wait(&mut self.child).signal();
        drop(stdin);
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).expect("UTF-8");
        let mut outcome = harness::conclude(self.child, b"");
        outcome.stdout = rest;
        (signal, outcome)
    }
}

const SIGINT: Option<i32> = Some(Signal::SIGINT as i32);

/// Interrupts the script once; it must be killed by SIGINT in the end, after a traceback.
#[track_caller]
fn interrupted(waits: &str) -> Outcome {
    interrupted_when_ready(&format!("print('ready')\n{waits}"))
}

/// The same for a script that says itself that it is ready.
#[track_caller]
fn interrupted_when_ready(source: &str) -> Outcome {
    let script = Script::start(&format!("import time, sys\n{source}"));
    script.interrupt();
    let (signal, outcome) = script.end();
    assert_eq!(signal, SIGINT, "{outcome:?}");
    assert!(
        outcome.stderr.starts_with("Traceback (most recent call last):\n"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.ends_with("KeyboardInterrupt\n"), "{}", outcome.stderr);
    outcome
}

#[test]
fn ctrl_c_ends_a_busy_loop() {
    interrupted("while True: pass");
}

#[test]
fn ctrl_c_ends_a_sleep() {
    interrupted("time.sleep(1000)");
}

#[test]
fn ctrl_c_ends_reading() {
    interrupted("sys.stdin.read()");
}

#[test]
fn ctrl_c_ends_waiting_for_a_channel() {
    interrupted_when_ready("import ungil\nsender, receiver = ungil.channel(1)\nprint('ready')\nreceiver.recv()");
}

#[test]
fn ctrl_c_can_be_caught() {
    let script = Script::start(
        "import time\ntry:\n    print('ready')\n    time.sleep(1000)\nexcept KeyboardInterrupt:\n    print('caught')\n",
    );
    script.interrupt();
    let (_, outcome) = script.end();
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "caught\n"));
}

#[test]
fn cleaning_up_runs_after_ctrl_c() {
    let outcome = interrupted_when_ready(
        "import atexit\natexit.register(print, 'atexit')\ntry:\n    print('ready')\n    time.sleep(1000)\nfinally:\n    print('finally')\n",
    );
    assert_eq!(outcome.stdout, "finally\natexit\n");
}

#[test]
fn a_second_ctrl_c_ends_a_script_that_will_not_listen() {
    let mut script = Script::start(
        "import time\nwhile True:\n    try:\n        print('ready')\n        time.sleep(1000)\n    \
         except BaseException:\n        print('swallowed')\n",
    );
    script.interrupt();
    script.expect("swallowed");
    script.expect("ready");
    script.interrupt();
    let (signal, outcome) = script.end();
    assert_eq!((signal, outcome.stdout.as_str()), (SIGINT, ""));
}

#[test]
fn a_second_ctrl_c_ends_native_code_that_cannot_listen() {
    let mut script = Script::start("print('ready')\nany(iter(int, 1))\n");
    let started = Instant::now();
    // Two that come before the first is seen are one to the system.
    while script.child.try_wait().expect("it can be waited for").is_none() {
        if started.elapsed() > harness::LIMIT {
            let _ = script.child.kill();
            panic!("the process did not end");
        }
        script.interrupt();
        std::thread::yield_now();
    }
    assert_eq!(script.end().0, SIGINT);
}

#[test]
fn a_script_with_a_handler_of_its_own_gets_every_ctrl_c() {
    let mut script = Script::start(
        "import signal\nseen = []\n\
         def handler(number, frame):\n    seen.append(number)\n    print('handled', len(seen))\n\
         signal.signal(signal.SIGINT, handler)\nprint('ready')\nwhile len(seen) < 3: signal.pause()\n",
    );
    for count in 1..=3 {
        script.interrupt();
        script.expect(&format!("handled {count}"));
    }
    assert_eq!(script.end().1.status, Some(0));
}

#[test]
fn a_handler_runs_while_the_script_waits_for_a_channel() {
    let script = Script::start(
        "import signal, ungil\nsender, receiver = ungil.channel(1)\n\
         signal.signal(signal.SIGTERM, lambda *_: sender.send('from the handler'))\n\
         print('ready')\nprint(receiver.recv())\n",
    );
    script.send(Signal::SIGTERM);
    let (_, outcome) = script.end();
    assert_eq!(
        (outcome.status, outcome.stdout.as_str()),
        (Some(0), "from the handler\n")
    );
}

#[test]
fn signals_without_a_handler_do_what_they_always_do() {
    let script = Script::start("import time\nprint('ready')\ntime.sleep(1000)\n");
    script.send(Signal::SIGTERM);
    assert_eq!(script.end().0, Some(Signal::SIGTERM as i32));
}

#[test]
fn ctrl_c_stays_ignored_where_it_was_ignored_from_the_start() {
    let mut command = ungil();
    command.args([
        "-c",
        "import signal; print('ready'); print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)",
    ]);
    let ignore = || {
        // SAFETY: nothing else in the forked child cares for this signal.
        unsafe { signal(Signal::SIGINT, SigHandler::SigIgn) }
            .map(drop)
            .map_err(Into::into)
    };
    // SAFETY: setting a signal's disposition is async-signal-safe.
    unsafe { command.pre_exec(ignore) };
    let (_, outcome) = Script::from_command(command).end();
    assert_eq!(outcome.stdout, "True\n");
}

#[test]
fn started_programs_begin_with_no_signal_blocked() {
    let script = Script::start(
        "import subprocess, sys\n\
         child = subprocess.Popen(['sleep', '1000'])\nchild.terminate()\nprint('ready')\nprint(child.wait())\n",
    );
    let (_, outcome) = script.end();
    assert_eq!(outcome.stdout, "-15\n");
}
