//! The prompt at a terminal: the binary is given one end of a pseudo-terminal, and the test types at the other.

use std::{
    ffi::CStr,
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::{
        fd::{FromRawFd, OwnedFd},
        unix::{fs::OpenOptionsExt, process::CommandExt},
    },
    process::Child,
    sync::mpsc,
    thread,
    time::Instant,
};

use crate::harness::{self, Folder, LIMIT, ungil};

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const ENTER: &str = "\r";
const TAB: &str = "\t";
const UP: &str = "\x1b[A";

/// A session at a terminal.
struct Terminal {
    child: Child,
    keyboard: File,
    screen: mpsc::Receiver<Vec<u8>>,
    /// What was printed and no `expect` has passed yet.
    unseen: String,
}

impl Terminal {
    /// Starts the command, with `home` for what it keeps.
    fn start(home: &Folder, arguments: &[&str]) -> Self {
        let (keyboard, other_end) = open();
        let mut command = ungil();
        command.args(arguments);
        command
            .env("TERM", "xterm")
            .env("HOME", home.root())
            .env("XDG_DATA_HOME", home.root());
        command.stdin(other_end.try_clone().unwrap());
        command.stdout(other_end.try_clone().unwrap());
        command.stderr(other_end);
        let adopt = || {
            // SAFETY: both calls are async-signal-safe; descriptor 0 is the terminal by now.
            let adopted = unsafe { libc::setsid() != -1 && libc::ioctl(0, libc::TIOCSCTTY as _, 0) != -1 };
            if adopted {
                Ok(())
            } else {
                Err(std::io::Error::last_os_error())
            }
        };
        // SAFETY: it makes two system calls.
        unsafe { command.pre_exec(adopt) };
        let child = command.spawn().expect("the binary starts");
        // It holds the other end, which must be closed when the child has ended.
        drop(command);
        let (send, screen) = mpsc::channel();
        let mut output = keyboard.try_clone().unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if send.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            screen,
            unseen: String::new(),
        }
    }

    /// Keys pressed while something runs go to that, not to the prompt: wait for it first.
    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal is open");
    }

    fn enter(&mut self, line: &str) {
        self.press(line);
        self.press(ENTER);
    }

    /// Waits until the text appears.
    #[track_caller]
    fn expect(&mut self, text: &str) {
        let started = Instant::now();
        loop {
            if let Some(at) = self.unseen.find(text) {
                self.unseen.drain(..at + text.len());
                return;
            }
            let left = LIMIT.saturating_sub(started.elapsed());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.unseen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(error) => {
                    let _ = self.child.kill();
                    panic!("{text:?} did not appear ({error}) in {:?}", self.unseen);
                }
            }
        }
    }

    #[track_caller]
    fn end(mut self) -> Option<i32> {
        harness::wait(&mut self.child).code()
    }
}

/// A new pseudo-terminal: the end for the hand, and the end for the program.
fn open() -> (File, File) {
    // SAFETY: each call gets what it asks for: a descriptor just made, which nobody else owns.
    let (hand, name) = unsafe {
        let descriptor = libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        assert!(descriptor >= 0);
        assert_eq!((libc::grantpt(descriptor), libc::unlockpt(descriptor)), (0, 0));
        let mut name = [0; 128];
        assert_eq!(libc::ptsname_r(descriptor, name.as_mut_ptr(), name.len()), 0);
        (
            OwnedFd::from_raw_fd(descriptor),
            CStr::from_ptr(name.as_ptr()).to_owned(),
        )
    };
    let program = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open(name.to_str().unwrap())
        .unwrap();
    (hand.into(), program)
}

#[test]
fn lines_are_run_and_values_shown() {
    let home = Folder::new();
    let mut terminal = Terminal::start(&home, &[]);
    terminal.expect("ungil ");
    terminal.expect(">>> ");
    terminal.enter("6 * 7");
    terminal.expect("\n42");
    terminal.expect(">>> ");
    terminal.enter("def double(x):");
    terminal.expect("... ");
    terminal.enter("    return x * 2");
    terminal.expect("... ");
    terminal.enter("");
    terminal.expect(">>> ");
    terminal.enter("double('ab')");
    terminal.expect("'abab'");
    terminal.expect(">>> ");
    terminal.enter("1 / 0");
    terminal.expect("ZeroDivisionError");
    terminal.expect(">>> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn exit_ends_with_its_status() {
    let mut terminal = Terminal::start(&Folder::new(), &["-q"]);
    terminal.expect(">>> ");
    terminal.enter("exit(3)");
    assert_eq!(terminal.end(), Some(3));
}

#[test]
fn ctrl_c_at_the_prompt_drops_what_was_typed() {
    let mut terminal = Terminal::start(&Folder::new(), &["-q"]);
    terminal.expect(">>> ");
    terminal.enter("if True:");
    terminal.expect("... ");
    terminal.press("    1 / 0");
    terminal.press(CTRL_C);
    terminal.expect("KeyboardInterrupt");
    terminal.expect(">>> ");
    terminal.enter("'still' + ' here'");
    terminal.expect("'still here'");
    terminal.expect(">>> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn ctrl_c_ends_what_runs_every_time_and_the_prompt_comes_back() {
    let mut terminal = Terminal::start(&Folder::new(), &["-q"]);
    for _ in 0..3 {
        terminal.expect(">>> ");
        // Without a line end: the VM drops an interrupt that comes while it flushes a line on its own account.
        terminal.enter("import time; print('on ' + 'it', end='', flush=True); time.sleep(1000)");
        terminal.expect("on it");
        terminal.press(CTRL_C);
        terminal.expect("KeyboardInterrupt");
    }
    terminal.expect(">>> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn lines_of_an_earlier_session_come_back_with_the_arrow_key() {
    let home = Folder::new();
    let mut terminal = Terminal::start(&home, &["-q"]);
    terminal.expect(">>> ");
    terminal.enter("print('from ' + 'before')");
    terminal.expect("from before");
    terminal.expect(">>> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));

    let mut terminal = Terminal::start(&home, &["-q"]);
    terminal.expect(">>> ");
    terminal.press(UP);
    terminal.press(ENTER);
    terminal.expect("from before");
    terminal.expect(">>> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn tab_completes_names_and_attributes() {
    let mut terminal = Terminal::start(&Folder::new(), &["-q"]);
    terminal.expect(">>> ");
    terminal.enter("remarkable_name = 'x'");
    terminal.expect(">>> ");
    terminal.press("remarka");
    terminal.press(TAB);
    terminal.expect("remarkable_name");
    terminal.press(".casef");
    terminal.press(TAB);
    terminal.expect("casefold(");
    terminal.press(CTRL_C);
    terminal.expect(">>> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn pasted_lines_are_run_in_their_order() {
    let mut terminal = Terminal::start(&Folder::new(), &["-q"]);
    terminal.expect(">>> ");
    // As a terminal marks what was pasted.
    terminal.press("\x1b[200~for x in 'ab':\n    print(x * 3)\n\nprint('do' + 'ne')\x1b[201~");
    terminal.press(ENTER);
    terminal.expect("aaa");
    terminal.expect("bbb");
    terminal.expect("done");
    terminal.expect(">>> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn the_prompt_follows_a_script_when_asked_for() {
    let mut terminal = Terminal::start(&Folder::new(), &["-i", "-c", "answer = 42; 1 / 0"]);
    terminal.expect("ZeroDivisionError");
    terminal.expect(">>> ");
    terminal.enter("answer + 1");
    terminal.expect("43");
    terminal.expect(">>> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}
