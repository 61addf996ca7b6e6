//! Lines typed at a prompt, run one input at a time.

use std::{
    env,
    io::{self, IsTerminal},
    mem::ManuallyDrop,
    path::PathBuf,
};

use rustyline::{
    Config, Context, Editor, Helper,
    completion::Completer,
    error::ReadlineError,
    highlight::Highlighter,
    hint::Hinter,
    history::{FileHistory, History},
    validate::Validator,
};
use ungil::{
    Error, Interpreter,
    vm::{AsObject, PyResult, VirtualMachine, builtins::PyBaseExceptionRef},
};

use super::{
    args, paths,
    run::{self, Ending, Program},
    signals, stdin_is_terminal,
};

/// How many lines the history file keeps.
const HISTORY: usize = 10_000;
/// What the Tab key inserts where there is nothing to complete.
const INDENTATION: &str = "    ";

/// Reads and runs until the end of the input or `exit()`.
pub(super) fn run(interpreter: &Interpreter, program: &Program, quiet: bool) -> Result<Ending, Error> {
    if matches!(program, Program::Repl) && !quiet {
        eprintln!("ungil {} on {}", args::versions(), env::consts::OS);
        eprintln!("exit() or Ctrl-D leaves, help() explains.");
    }
    signals::ignore_interrupts();
    let mut lines: Box<dyn Lines> = match Typed::new(interpreter) {
        Some(typed) => Box::new(typed),
        None => Box::new(Piped(interpreter.clone())),
    };
    // Lines that wait for more.
    let mut pending = String::new();
    loop {
        let (first, further) = interpreter.with(prompts)?;
        let prompt = if pending.is_empty() { first } else { further };
        match lines.read(&prompt)? {
            Line::Text(text) => {
                // Pasted text comes with its line ends.
                for line in text.split('\n') {
                    if let Some(ending) = feed(interpreter, &mut pending, line.trim_end_matches('\r'))? {
                        return Ok(ending);
                    }
                }
            }
            Line::Interrupted => {
                eprintln!("KeyboardInterrupt");
                pending.clear();
            }
            Line::End if pending.is_empty() => return Ok(Ending::Status(0)),
            Line::End => {
                let source = std::mem::take(&mut pending);
                if let Step::Leave(ending) = step(interpreter, source, true)? {
                    return Ok(ending);
                }
            }
        }
    }
}

/// Adds a line to those that wait, and runs them if that makes them complete.
fn feed(interpreter: &Interpreter, pending: &mut String, line: &str) -> Result<Option<Ending>, Error> {
    if pending.is_empty() && line.trim().is_empty() {
        return Ok(None);
    }
    pending.push_str(line);
    match step(interpreter, pending.clone(), false)? {
        Step::Incomplete => pending.push('\n'),
        Step::Done => pending.clear(),
        Step::Leave(ending) => return Ok(Some(ending)),
    }
    Ok(None)
}

/// What became of an input.
enum Step {
    Incomplete,
    Done,
    Leave(Ending),
}

fn step(interpreter: &Interpreter, source: String, is_last: bool) -> Result<Step, Error> {
    signals::count_interrupts();
    let step = interpreter.with(move |vm| {
        let step = match run_input(vm, &source, is_last) {
            Ok(step) => step,
            Err(exception) if exception.fast_isinstance(vm.ctx.exceptions.system_exit) => {
                Step::Leave(run::end_with(vm, exception))
            }
            Err(exception) => {
                run::flush_quietly(vm);
                run::report(vm, &exception);
                Step::Done
            }
        };
        run::leave_forked_child(vm, Ending::Status(0));
        step
    });
    signals::ignore_interrupts();
    step
}

fn run_input(vm: &VirtualMachine, source: &str, is_last: bool) -> PyResult<Step> {
    // The frames of what compiles are none of the user's.
    let untraced = |exception: PyBaseExceptionRef| {
        exception.set_traceback(None);
        exception
    };
    let compiled = run::help(vm, "compile_lines", (source,)).map_err(untraced)?;
    if vm.is_none(&compiled) {
        if is_last {
            // Nothing follows, so this raises what is wrong with it.
            let compile = vm.builtins.get_attr("compile", vm)?;
            compile.call((source, "<stdin>", "single"), vm).map_err(untraced)?;
        }
        return Ok(Step::Incomplete);
    }
    let code = run::as_code(vm, compiled)?;
    // Without it, tracebacks show no lines.
    let _ = vm.register_code_in_linecache(&code, source);
    vm.run_code_obj(code, run::main_scope(vm)?)?;
    Ok(Step::Done)
}

fn prompts(vm: &VirtualMachine) -> (String, String) {
    let ask = || -> PyResult<(String, String)> {
        let pair = run::help(vm, "prompts", ())?;
        let text = |index: usize| Ok(pair.get_item(&index, vm)?.str(vm)?.to_string_lossy().into_owned());
        Ok((text(0)?, text(1)?))
    };
    ask().unwrap_or_else(|_| (">>> ".to_owned(), "... ".to_owned()))
}

/// What a prompt was answered with.
enum Line {
    /// Without the line end.
    Text(String),
    Interrupted,
    End,
}

trait Lines {
    fn read(&mut self, prompt: &str) -> Result<Line, Error>;
}

/// Lines of a standard input that is no terminal, or a terminal that cannot edit. Python itself reads them, so that
/// they and what `input()` reads are one stream.
struct Piped(Interpreter);

impl Lines for Piped {
    fn read(&mut self, prompt: &str) -> Result<Line, Error> {
        let prompt = prompt.to_owned();
        let line = self.0.with(move |vm| {
            let line = run::help(vm, "read_line", (prompt.as_str(),)).and_then(|line| line.str(vm));
            match line {
                Ok(line) if line.is_empty() => Line::End,
                Ok(line) => Line::Text(line.to_string_lossy().trim_end_matches('\n').to_owned()),
                Err(exception) if exception.fast_isinstance(vm.ctx.exceptions.keyboard_interrupt) => Line::Interrupted,
                Err(exception) => {
                    run::report(vm, &exception);
                    Line::End
                }
            }
        })?;
        if !matches!(line, Line::Text(_)) {
            eprintln!();
        }
        Ok(line)
    }
}

/// Lines edited at a terminal, with the history of earlier sessions.
struct Typed {
    /// Never dropped: it would put back the handler of SIGINT that it found, whatever the script did since.
    editor: ManuallyDrop<Editor<Completion, FileHistory>>,
    history: Option<PathBuf>,
}

impl Typed {
    /// `None` if standard input and output are not a terminal in which lines can be edited.
    fn new(interpreter: &Interpreter) -> Option<Self> {
        let plain = env::var("TERM").is_ok_and(|terminal| matches!(terminal.as_str(), "dumb" | "cons25" | "emacs"));
        if plain || !stdin_is_terminal() || !io::stdout().is_terminal() {
            return None;
        }
        let config = Config::builder()
            .max_history_size(HISTORY)
            .ok()?
            .completion_type(rustyline::CompletionType::List)
            .build();
        // The editor takes over SIGINT for good, though Ctrl-C is no signal while it edits.
        let mut editor = signals::keep_interrupt(|| Editor::with_config(config)).ok()?;
        signals::attend_terminal();
        editor.set_helper(Some(Completion(interpreter.clone())));
        let history = paths::history_file();
        if let Some(file) = &history {
            if let Some(folder) = file.parent() {
                let _ = std::fs::create_dir_all(folder);
            }
            // A first session finds none.
            let _ = editor.load_history(file);
        }
        Some(Self {
            editor: ManuallyDrop::new(editor),
            history,
        })
    }

    fn remember(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        let _ = self.editor.add_history_entry(line);
        // At once, because a second Ctrl-C ends the process without a farewell.
        if let Some(file) = &self.history {
            let _ = self.editor.history_mut().append(file);
        }
    }
}

impl Lines for Typed {
    fn read(&mut self, prompt: &str) -> Result<Line, Error> {
        loop {
            match self.editor.readline(prompt) {
                Ok(text) => {
                    self.remember(&text);
                    return Ok(Line::Text(text));
                }
                Err(ReadlineError::Interrupted) => return Ok(Line::Interrupted),
                // The window has a new size.
                Err(ReadlineError::Signal(_)) => {}
                // The terminal is gone, or there is no more.
                Err(_) => return Ok(Line::End),
            }
        }
    }
}

/// Completes names and attributes of `__main__`.
struct Completion(Interpreter);

impl Completer for Completion {
    type Candidate = String;

    fn complete(&self, line: &str, end: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = &line[..end];
        if before.trim().is_empty() {
            return Ok((end, vec![INDENTATION.to_owned()]));
        }
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, letter)| is_part(*letter))
            .last()
            .map_or(end, |(index, _)| index);
        let word = before[start..].to_owned();
        if word.is_empty() {
            return Ok((end, Vec::new()));
        }
        let found = self.0.with(move |vm| complete(vm, &word).unwrap_or_default());
        Ok((start, found.unwrap_or_default()))
    }
}

fn complete(vm: &VirtualMachine, word: &str) -> PyResult<Vec<String>> {
    let found = run::help(vm, "complete", (word,))?;
    let mut words = Vec::new();
    for index in 0..found.length(vm)? {
        words.push(found.get_item(&index, vm)?.str(vm)?.to_string_lossy().into_owned());
    }
    Ok(words)
}

impl Hinter for Completion {
    type Hint = String;
}

impl Highlighter for Completion {}

impl Validator for Completion {}

impl Helper for Completion {}
