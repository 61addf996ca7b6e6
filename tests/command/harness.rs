//! Running the binary, with a limit of time that only a hang reaches.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

/// No test takes a tenth of it, on an idle machine.
pub const LIMIT: Duration = Duration::from_secs(600);

/// What a process left behind.
#[derive(Debug)]
pub struct Outcome {
    /// `None` if a signal killed it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The command with pipes as its streams, and without what the environment of the tests would tell it.
pub fn ungil() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ungil"));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    heed_interrupts(&mut command);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("PYTHON") || text == "VIRTUAL_ENV" {
            command.env_remove(&name);
        }
    }
    command
}

/// Tests that a shell runs in the background have SIGINT ignored, and would pass that on.
#[cfg(unix)]
fn heed_interrupts(command: &mut Command) {
    use nix::sys::signal::{SigHandler, Signal, signal};
    use std::os::unix::process::CommandExt;

    let heed = || {
        // SAFETY: the default action calls nothing.
        unsafe { signal(Signal::SIGINT, SigHandler::SigDfl) }
            .map(drop)
            .map_err(Into::into)
    };
    // SAFETY: setting a signal's disposition is async-signal-safe.
    unsafe { command.pre_exec(heed) };
}

pub fn code(source: &str) -> Outcome {
    run(&["-c", source])
}

pub fn run(arguments: &[&str]) -> Outcome {
    let mut command = ungil();
    command.args(arguments);
    finish(command, b"")
}

pub fn run_in(folder: &Folder, arguments: &[&str]) -> Outcome {
    let mut command = ungil();
    command.args(arguments).current_dir(folder.root());
    finish(command, b"")
}

/// Runs to the end with that input.
pub fn finish(mut command: Command, input: &[u8]) -> Outcome {
    conclude(command.spawn().expect("the binary starts"), input)
}

/// Gives the rest of the input, and collects what is printed until the process ends.
pub fn conclude(mut child: Child, input: &[u8]) -> Outcome {
    if let Some(mut stdin) = child.stdin.take() {
        // A process that ends without reading it all closes the pipe.
        let _ = stdin.write_all(input);
    }
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let status = wait(&mut child);
    let text = |receiver: mpsc::Receiver<Vec<u8>>| {
        let bytes = receiver
            .recv_timeout(LIMIT)
            .expect("the streams are closed when the process has ended");
        String::from_utf8(bytes).expect("UTF-8")
    };
    Outcome {
        status: status.code(),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (send, collected) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        let _ = send.send(bytes);
    });
    collected
}

/// Waits for the end, or kills at the limit and fails.
pub fn wait(child: &mut Child) -> ExitStatus {
    let started = std::time::Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return status;
        }
        if started.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("the process did not end");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A folder that is there for one test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ungil-command-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for temporary files");
        Self(path.canonicalize().expect("it exists"))
    }

    /// With that file in it.
    pub fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is inside")).expect("folders can be made");
        fs::write(path, content).expect("files can be written");
        self
    }

    pub fn root(&self) -> &Path {
        &self.0
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
