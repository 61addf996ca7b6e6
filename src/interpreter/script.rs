//! Source compiled once, run many times, anywhere.

use std::{
    cell::RefCell,
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustpython_vm::{
    PyRef, VirtualMachine,
    builtins::PyCode,
    compiler::{self, CodeObject, CompileError, CompileOpts, Mode},
};

use crate::{
    bridge::Sources,
    error::{Error, Exception, Result, SyntaxDetail},
};

/// Interpreters keep this many scripts ready to run; an older one is prepared again from its code, without parsing.
const KEPT_READY: usize = 256;

/// A Python script, compiled. Compile it once on any thread, then run it in any number of interpreters.
///
/// ```
/// use ungil::{Interpreter, Script, Task};
/// let script = Script::expression("price * 1.2", "rules/tax.py")?;
/// let py = Interpreter::new()?;
/// for price in [10.0, 20.0] {
///     let gross: f64 = py.spawn(Task::script(&script).with("price", price)).wait()?;
///     assert_eq!(gross, price * 1.2);
/// }
/// # Ok::<(), ungil::Error>(())
/// ```
#[derive(Clone)]
pub struct Script(Arc<Compiled>);

struct Compiled {
    id: u64,
    code: CodeObject,
    file: Arc<str>,
    source: Arc<str>,
}

impl Script {
    /// The same for clones of one script.
    pub(super) fn number(&self) -> u64 {
        self.0.id
    }
}

thread_local! {
    static READY: RefCell<HashMap<u64, PyRef<PyCode>>> = RefCell::default();
}

impl Script {
    /// Compiles statements. `file` is the name that tracebacks show; it need not exist.
    ///
    /// # Errors
    /// A syntax error, as [`Error::Exception`] with [`Exception::syntax`].
    pub fn compile(source: impl Into<Arc<str>>, file: impl Into<Arc<str>>) -> Result<Self> {
        Self::new(source.into(), file.into(), Mode::Exec)
    }

    /// Compiles one expression, whose value is the result of running it.
    ///
    /// # Errors
    /// As [`Script::compile`].
    pub fn expression(source: impl Into<Arc<str>>, file: impl Into<Arc<str>>) -> Result<Self> {
        Self::new(source.into(), file.into(), Mode::Eval)
    }

    fn new(source: Arc<str>, file: Arc<str>, mode: Mode) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let code = compile_anywhere(&source, &file, mode)?;
        Ok(Self(Arc::new(Compiled {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            code,
            file,
            source,
        })))
    }

    /// The file name that tracebacks show.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// The source it was compiled from.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The code object of this thread's interpreter.
    pub(super) fn code(&self, vm: &VirtualMachine) -> PyRef<PyCode> {
        Sources::remember(&self.0.file, &self.0.source);
        READY.with_borrow_mut(|ready| {
            if let Some(code) = ready.get(&self.0.id) {
                return code.clone();
            }
            if ready.len() >= KEPT_READY {
                ready.clear();
            }
            let code = PyCode::new_ref_from_bytecode(vm, self.0.code.clone());
            ready.insert(self.0.id, code.clone());
            code
        })
    }

    /// Drops what this thread's interpreter has ready: it is being finalized.
    pub(super) fn forget_ready() {
        READY.with_borrow_mut(HashMap::clear);
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&self.0.file).finish()
    }
}

fn compile_anywhere(source: &str, file: &str, mode: Mode) -> Result<CodeObject> {
    if source.contains('\0') {
        return Err(syntax_error(
            "SyntaxError",
            "source code cannot contain null bytes",
            file,
            SyntaxDetail::default(),
        ));
    }
    compiler::compile(source, mode, file, CompileOpts::default()).map_err(|error| describe(&error, source, file))
}

/// A compile error as the exception that Python would raise for it; there is no VM here to make one.
fn describe(error: &CompileError, source: &str, file: &str) -> Error {
    let (line, column) = error.python_location();
    let (end_line, end_column) = error.python_end_location().unwrap_or_default();
    let message = error.to_string();
    let indentation = message.to_ascii_lowercase().contains("indent");
    let at_end = line >= source.lines().count();
    let incomplete = match error {
        CompileError::Parse(parse) => {
            parse.is_unclosed_bracket
                || parse.is_unclosed_string
                || (at_end && (message.starts_with("expected an indented block") || message.contains("EOF")))
        }
        CompileError::Codegen(_) => false,
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(0);
    let detail = SyntaxDetail {
        file: file.to_owned(),
        line: number(line),
        column: number(column),
        end_line: number(end_line),
        end_column: number(end_column),
        text: source.lines().nth(line.saturating_sub(1)).map(str::to_owned),
        incomplete,
    };
    let class = if indentation { "IndentationError" } else { "SyntaxError" };
    syntax_error(class, &message, file, detail)
}

fn syntax_error(class: &str, message: &str, file: &str, detail: SyntaxDetail) -> Error {
    let bases: &[&str] = match class {
        "SyntaxError" => &["Exception", "BaseException", "object"],
        _ => &["SyntaxError", "Exception", "BaseException", "object"],
    };
    Error::Exception(Box::new(Exception {
        type_name: class.to_owned(),
        base_names: bases.iter().map(|&base| base.to_owned()).collect(),
        message: message.to_owned(),
        syntax: Some(SyntaxDetail {
            file: file.to_owned(),
            ..detail
        }),
        ..Exception::default()
    }))
}
