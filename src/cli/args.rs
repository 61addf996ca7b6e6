//! What the command line says.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{CommandFactory, FromArgMatches, Parser};
use ungil::{Limits, vm::version};

use super::{limits, paths, run::Program, stdin_is_terminal, threads_of_machine};

/// Runs Python: a file, a module, code, or what is typed.
#[derive(Debug, Default, Parser)]
#[command(
    name = "ungil",
    override_usage = "ungil [OPTIONS] [FILE [ARGS]...]\n       \
                      ungil [OPTIONS] -c CODE [ARGS]...\n       \
                      ungil [OPTIONS] -m MODULE [ARGS]...\n       \
                      ungil plugin <new|check|run>",
    after_help = "FILE is a script, a folder or zip file with a __main__.py, or - for standard input. Without one, lines \
                  are read from the terminal, or a script from standard input if that is none. Everything behind FILE, \
                  CODE or MODULE is the program's own: sys.argv.\n\n\
                  PYTHONPATH, PYTHONWARNINGS and PYTHONUNBUFFERED mean what they mean to Python. The packages of the \
                  virtual environment that VIRTUAL_ENV names, else of a .venv beside the script or in the working \
                  directory, can be imported."
)]
pub(super) struct Arguments {
    /// Run this code
    #[arg(
        short = 'c',
        value_name = "CODE",
        allow_hyphen_values = true,
        conflicts_with = "module"
    )]
    code: Option<OsString>,

    /// Run a module, or a package's __main__, as a script
    #[arg(short = 'm', value_name = "MODULE", allow_hyphen_values = true)]
    module: Option<OsString>,

    /// Read lines from the terminal when the program has ended
    #[arg(short = 'i', conflicts_with = "sandbox")]
    pub(super) interactive: bool,

    /// Leave out the greeting before the first prompt
    #[arg(short = 'q')]
    pub(super) quiet: bool,

    /// Do not buffer standard output and standard error
    #[arg(short = 'u')]
    unbuffered: bool,

    /// Look for modules in this folder too; can be given several times
    #[arg(long = "path", value_name = "DIR")]
    path: Vec<PathBuf>,

    /// Filter warnings, as in -W error or -W ignore::DeprecationWarning; can be given several times
    #[arg(short = 'W', value_name = "FILTER", allow_hyphen_values = true)]
    warnings: Vec<String>,

    /// Write no .pyc files
    #[arg(short = 'B')]
    no_bytecode: bool,

    /// Take no notice of PYTHON* environment variables
    #[arg(short = 'E')]
    ignore_environment: bool,

    /// Do not put the script's folder on sys.path
    #[arg(short = 'P')]
    safe_path: bool,

    /// Take no notice of the environment, virtual ones included, and of the script's folder: -E and -P
    #[arg(short = 'I')]
    isolated: bool,

    /// Take no notice of the user's own site-packages, which is how it is anyway
    // Python's subprocess and multiprocessing give it to the interpreters that they start.
    #[arg(short = 's', hide = true)]
    no_user_site: bool,

    #[command(flatten)]
    pub(super) grants: Grants,

    /// Stop the program when it has run for so many seconds
    #[arg(long = "timeout", value_name = "SECONDS", value_parser = limits::seconds)]
    timeout: Option<Duration>,

    /// Let the program's objects take so much memory at most: 500M, 2G
    #[arg(long = "memory", value_name = "SIZE", value_parser = limits::memory)]
    memory: Option<u64>,

    /// Stop the program when it has written more than that to standard output and standard error: 64K, 10M
    #[arg(long = "max-output", value_name = "SIZE", value_parser = limits::size)]
    max_output: Option<u64>,

    /// Let the program have started so many interpreters at once: processes, threads, workers. In the sandbox it may have
    /// twice as many as the machine runs threads, and 8 at least, unless this says otherwise
    #[arg(long = "max-interpreters", value_name = "COUNT")]
    max_interpreters: Option<u64>,

    /// The program and its arguments
    #[arg(value_name = "FILE [ARGS]", hide = true)]
    rest: Vec<OsString>,
}

/// How many interpreters a program in the sandbox may have started: enough for a pool that fits the machine, and a second.
fn most_in_sandbox() -> u64 {
    const LEAST: u64 = 8;
    LEAST.max(2 * threads_of_machine() as u64)
}

/// What a program that is run with `--sandbox` may do. Each without a value grants everything of its kind.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Permissions")]
pub(super) struct Grants {
    /// Run the program without files, network, programs and environment, except what is allowed here
    #[arg(long)]
    pub(super) sandbox: bool,

    /// Let it read these files and what is below these folders
    #[arg(long = "allow-read", value_name = "PATH,…", requires = "sandbox", value_delimiter = ',', num_args = 0.., require_equals = true, default_missing_value = "*")]
    pub(super) read: Option<Vec<String>>,

    /// Let it write to these files and below these folders
    #[arg(long = "allow-write", value_name = "PATH,…", requires = "sandbox", value_delimiter = ',', num_args = 0.., require_equals = true, default_missing_value = "*")]
    pub(super) write: Option<Vec<String>>,

    /// Let it connect to, and listen on, these hosts; with or without a port
    #[arg(long = "allow-net", value_name = "HOST[:PORT],…", requires = "sandbox", value_delimiter = ',', num_args = 0.., require_equals = true, default_missing_value = "*")]
    pub(super) net: Option<Vec<String>>,

    /// Let it see these environment variables
    #[arg(long = "allow-env", value_name = "NAME,…", requires = "sandbox", value_delimiter = ',', num_args = 0.., require_equals = true, default_missing_value = "*")]
    pub(super) env: Option<Vec<String>>,

    /// Let it run these programs, which are not in the sandbox
    #[arg(long = "allow-run", value_name = "PROGRAM,…", requires = "sandbox", value_delimiter = ',', num_args = 0.., require_equals = true, default_missing_value = "*")]
    pub(super) run: Option<Vec<String>>,
}

impl Arguments {
    /// Reads the process's command line; ends the process if it cannot be understood, or asks for help or the version.
    pub(super) fn parse() -> Self {
        Self::from_command_line(env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn from_command_line(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = Self::command().version(versions());
        let line = set_program_apart(line, &command);
        let matches = command.try_get_matches_from_mut(line)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }

    /// What to run. An error is the message for a file that cannot be.
    pub(super) fn program(&self) -> Result<Program, String> {
        if let Some(code) = &self.code {
            return Ok(Program::Code(code.clone()));
        }
        if let Some(module) = &self.module {
            return Ok(Program::Module(module.clone()));
        }
        match self.rest.first() {
            Some(file) if file != "-" => find_script(file),
            _ if stdin_is_terminal() || self.interactive => Ok(Program::Repl),
            _ => Ok(Program::Stdin),
        }
    }

    /// What the program may use.
    pub(super) fn limits(&self) -> Limits {
        let mut limits = Limits::new();
        if let Some(time) = self.timeout {
            limits = limits.wall_time(time);
        }
        if let Some(bytes) = self.memory {
            limits = limits.memory(bytes);
        }
        if let Some(bytes) = self.max_output {
            limits = limits.output(bytes);
        }
        if let Some(count) = self.max_interpreters.or(self.grants.sandbox.then(most_in_sandbox)) {
            limits = limits.interpreters(count);
        }
        limits
    }

    /// `sys.argv`.
    pub(super) fn argv(&self) -> Vec<OsString> {
        let first: Option<OsString> = if self.code.is_some() {
            Some("-c".into())
        } else if self.module.is_some() {
            // Replaced by the module's file once that is found.
            Some("-m".into())
        } else if self.rest.is_empty() {
            Some(OsString::new())
        } else {
            None
        };
        first.into_iter().chain(self.rest.iter().cloned()).collect()
    }

    /// Where modules are looked for before the standard library, the script's own folder aside.
    pub(super) fn search_paths(&self) -> Vec<PathBuf> {
        let mut folders = self.path.clone();
        if let Some(list) = self.variable("PYTHONPATH") {
            folders.extend(paths::split(&list));
        }
        folders
    }

    /// From the environment first, because the last filter that matches decides.
    pub(super) fn warning_filters(&self) -> Vec<String> {
        let from_environment = self.variable("PYTHONWARNINGS").unwrap_or_default();
        let from_environment = from_environment.to_string_lossy();
        from_environment
            .split(',')
            .filter(|filter| !filter.is_empty())
            .map(str::to_owned)
            .chain(self.warnings.iter().cloned())
            .collect()
    }

    pub(super) fn unbuffered(&self) -> bool {
        self.unbuffered || self.variable("PYTHONUNBUFFERED").is_some()
    }

    pub(super) fn writes_bytecode(&self) -> bool {
        !self.no_bytecode && self.variable("PYTHONDONTWRITEBYTECODE").is_none()
    }

    pub(super) fn isolated(&self) -> bool {
        self.isolated
    }

    pub(super) fn safe_path(&self) -> bool {
        self.safe_path || self.isolated || self.variable("PYTHONSAFEPATH").is_some()
    }

    /// One of Python's environment variables, if it is to be heeded and not empty.
    fn variable(&self, name: &str) -> Option<OsString> {
        if self.ignore_environment || self.isolated {
            return None;
        }
        env::var_os(name).filter(|value| !value.is_empty())
    }
}

/// The versions of this program, of the language and of the VM.
pub(super) fn versions() -> &'static str {
    use std::sync::OnceLock;
    static VERSIONS: OnceLock<String> = OnceLock::new();
    VERSIONS.get_or_init(|| {
        format!(
            "{} (Python {}.{}.{}, rustpython-vm {}.{}.{})",
            env!("CARGO_PKG_VERSION"),
            version::MAJOR,
            version::MINOR,
            version::MICRO,
            version::MAJOR_IMPL,
            version::MINOR_IMPL,
            version::MICRO_IMPL,
        )
    })
}

/// Puts a `--` in front of what belongs to the program, so that its options are not taken for ours.
fn set_program_apart(line: impl IntoIterator<Item = OsString>, command: &clap::Command) -> Vec<OsString> {
    let mut words = line.into_iter();
    let mut marked: Vec<OsString> = words.next().into_iter().collect();
    while let Some(word) = words.next() {
        if word == "-" || !word.as_encoded_bytes().starts_with(b"-") {
            marked.push("--".into());
            marked.push(word);
            break;
        }
        let kind = Word::read(&word, command);
        marked.push(word);
        if kind.takes_next {
            marked.extend(words.next());
        }
        if kind.ends_options {
            marked.push("--".into());
            break;
        }
        if kind.is_mark {
            break;
        }
    }
    marked.extend(words);
    // A lone mark at the end would hide that an option lacks its value.
    if marked.last().is_some_and(|last| last == "--") {
        marked.pop();
    }
    marked
}

/// What a word that starts with `-` means for those behind it.
#[derive(Default)]
struct Word {
    takes_next: bool,
    ends_options: bool,
    is_mark: bool,
}

impl Word {
    fn read(word: &OsStr, command: &clap::Command) -> Self {
        let bytes = word.as_encoded_bytes();
        if bytes.starts_with(b"--") {
            return Self {
                takes_next: takes_next(command, &word.to_string_lossy()[2..]),
                ends_options: false,
                is_mark: bytes == b"--",
            };
        }
        // Flags can share a dash, and the last of them can have its value attached: -qc"print(1)".
        for (index, letter) in bytes.iter().enumerate().skip(1) {
            if matches!(letter, b'c' | b'm' | b'W') {
                return Self {
                    takes_next: index + 1 == bytes.len(),
                    ends_options: *letter != b'W',
                    is_mark: false,
                };
            }
        }
        Self::default()
    }
}

/// Whether the word behind that long option is its value.
fn takes_next(command: &clap::Command, name: &str) -> bool {
    let option = command.get_arguments().find(|option| option.get_long() == Some(name));
    option.is_some_and(|option| option.get_action().takes_values() && !option.is_require_equals_set())
}

fn find_script(file: &OsStr) -> Result<Program, String> {
    // Not made simpler in any other way: `..` behind a link to a folder is not its parent.
    let path = env::current_dir().unwrap_or_default().join(file);
    let refuse = |error: io::Error| {
        let reason = match error.raw_os_error() {
            Some(code) => format!("[Errno {code}] {}", without_code(&error.to_string())),
            None => error.to_string(),
        };
        format!("can't open file '{}': {reason}", path.display())
    };
    let kind = fs::metadata(&path).map_err(refuse)?;
    if kind.is_dir() {
        return Ok(Program::Container(path));
    }
    if !kind.is_file() {
        // Opening a pipe only to look would take its writer away.
        return Ok(Program::File(path));
    }
    let mut opened = File::open(&path).map_err(refuse)?;
    if paths::looks_like_zip(&mut opened) {
        return Ok(Program::Container(path));
    }
    Ok(Program::File(path))
}

/// Rust appends the number that Python writes in front.
fn without_code(message: &str) -> &str {
    message.split(" (os error").next().unwrap_or(message)
}

/// The folder of the script itself, where it is a link that of what it leads to.
pub(super) fn script_folder(script: &Path) -> PathBuf {
    // Windows' canonical paths are of a form that many programs do not understand.
    let real = if cfg!(windows) {
        script.to_owned()
    } else {
        fs::canonicalize(script).unwrap_or_else(|_| script.to_owned())
    };
    real.parent().map(Path::to_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(line: &str) -> String {
        let words = line.split(' ').map(OsString::from);
        let words: Vec<String> = set_program_apart(words, &Arguments::command())
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect();
        words.join(" ")
    }

    #[test]
    fn the_first_word_that_is_no_option_starts_the_program() {
        assert_eq!(marked("ungil -q a.py -q --path x"), "ungil -q -- a.py -q --path x");
        assert_eq!(
            marked("ungil -W error --path d a.py"),
            "ungil -W error --path d -- a.py"
        );
        assert_eq!(marked("ungil -Werror --path=d -"), "ungil -Werror --path=d -- -");
        assert_eq!(marked("ungil -- -a.py -q"), "ungil -- -a.py -q");
        assert_eq!(
            marked("ungil --memory 1G --sandbox --allow-read a.py"),
            "ungil --memory 1G --sandbox --allow-read -- a.py"
        );
    }

    #[test]
    fn code_and_module_end_the_options() {
        assert_eq!(marked("ungil -c code -c -h"), "ungil -c code -- -c -h");
        assert_eq!(marked("ungil -qc code"), "ungil -qc code");
        assert_eq!(marked("ungil -mmod -- x"), "ungil -mmod -- -- x");
        assert_eq!(marked("ungil -c"), "ungil -c");
    }

    #[test]
    fn a_program_keeps_its_arguments() {
        let line = ["ungil", "-i", "-m", "mod", "--", "-c", "x"].map(OsString::from);
        let arguments = Arguments::from_command_line(line).unwrap();
        assert!(arguments.interactive);
        assert_eq!(arguments.argv(), ["-m", "--", "-c", "x"]);
    }

    #[test]
    fn code_without_code_is_an_error() {
        assert!(Arguments::from_command_line(["ungil", "-c"].map(OsString::from)).is_err());
        assert!(Arguments::from_command_line(["ungil", "-c", "1", "x"].map(OsString::from)).is_ok());
        assert!(Arguments::from_command_line(["ungil", "--unknown"].map(OsString::from)).is_err());
    }
}
