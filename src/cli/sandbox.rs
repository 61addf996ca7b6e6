//! Running a program that nobody here has written: on an interpreter with the permissions of the command line.

use std::{fs, io::Read, path::Path};

use ungil::{Builder, Error, Interpreter, Permissions, Task, Value};

use super::{
    STACK, STATUS_USAGE,
    args::{self, Arguments, Grants},
    run::{HELPER, HELPER_SOURCE, Program},
};

/// What stands for a grant without a value.
const EVERYTHING: &str = "*";

/// Runs it; the exit status.
pub(super) fn run(arguments: &Arguments) -> i32 {
    let program = match arguments.program() {
        Ok(program) => program,
        Err(message) => {
            eprintln!("ungil: {message}");
            return STATUS_USAGE;
        }
    };
    let source = match read(&program) {
        Ok(source) => source,
        Err(message) => {
            eprintln!("ungil: {message}");
            return STATUS_USAGE;
        }
    };
    match carry_out(arguments, &program, source) {
        Ok(()) => 0,
        Err(Error::Exit { code, message }) => {
            if let Some(message) = message {
                eprintln!("{message}");
            }
            code
        }
        Err(error) => {
            super::report(&error);
            super::status_of(&error)
        }
    }
}

/// What a program's code is, and the name that tracebacks show for it.
struct Source {
    text: Text,
    name: String,
}

enum Text {
    Decoded(String),
    /// As it is in a file.
    Raw(Vec<u8>),
}

/// What is in a file is read by the command, which was told to run it. The script itself may not be allowed to.
fn read(program: &Program) -> Result<Source, String> {
    let source = |text, name: &str| Source {
        text,
        name: name.to_owned(),
    };
    match program {
        Program::File(path) => {
            let read = fs::read(path).map_err(|error| format!("can't open file '{}': {error}", path.display()));
            Ok(source(Text::Raw(read?), &path.to_string_lossy()))
        }
        Program::Stdin => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().read_to_end(&mut bytes);
            read.map_err(|error| format!("can't read stdin: {error}"))?;
            Ok(source(Text::Raw(bytes), "<stdin>"))
        }
        Program::Code(code) => Ok(source(Text::Decoded(code.to_string_lossy().into_owned()), "<string>")),
        Program::Module(name) => {
            let code = format!("import runpy\nrunpy._run_module_as_main({:?})", name.to_string_lossy());
            Ok(source(Text::Decoded(code), "<ungil>"))
        }
        Program::Container(_) => Err("a folder or archive cannot be run with --sandbox; run a file in it".to_owned()),
        Program::Repl => Err("--sandbox needs a program to run".to_owned()),
    }
}

fn task(interpreter: &Interpreter, source: Source) -> Result<Task, Error> {
    let text = match source.text {
        Text::Decoded(text) => text,
        // It knows encodings and byte order marks.
        Text::Raw(bytes) => interpreter.call("importlib.util.decode_source", (Value::Bytes(bytes),))?,
    };
    Ok(Task::exec(text).filename(source.name))
}

fn carry_out(arguments: &Arguments, program: &Program, source: Source) -> Result<(), Error> {
    let argv = arguments.argv();
    let mut builder = Builder::new()
        .name("main")
        .stack_size(STACK)
        .permissions(permissions(&arguments.grants))
        .limits(arguments.limits())
        .argv(argv.iter().map(|word| word.to_string_lossy()));
    for folder in arguments.search_paths() {
        builder = builder.search_path(folder);
    }
    for filter in arguments.warning_filters() {
        builder = builder.warning_filter(filter);
    }
    if arguments.unbuffered() {
        builder = builder.source(HELPER, HELPER_SOURCE);
    }
    let interpreter = builder.build()?;
    if arguments.unbuffered() {
        interpreter.call::<()>(&format!("{HELPER}.stop_buffering"), ())?;
    }
    ungil::set_spares(super::most_spares());
    if let Program::File(path) = program {
        interpreter.set("__file__", path.to_string_lossy())?;
        if !arguments.safe_path() {
            prefer_folder(&interpreter, &args::script_folder(path))?;
        }
    }
    let task = task(&interpreter, source)?;
    let outcome = interpreter.spawn::<()>(task).wait();
    interpreter.close()?;
    outcome
}

/// Modules beside the script are found as far as it may read them.
fn prefer_folder(interpreter: &Interpreter, folder: &Path) -> Result<(), Error> {
    let insert = Task::exec("import sys\nsys.path.insert(0, folder)");
    interpreter
        .spawn(insert.with("folder", folder.to_string_lossy()))
        .wait()
}

fn permissions(grants: &Grants) -> Permissions {
    let mut permissions = Permissions::none().allow_module("*").allow_clock();
    let path = |text: &String| {
        if text == EVERYTHING {
            "/".to_owned()
        } else {
            text.clone()
        }
    };
    for folder in grants.read.iter().flatten().map(path) {
        permissions = permissions.allow_read(folder);
    }
    for folder in grants.write.iter().flatten().map(path) {
        permissions = permissions.allow_write(folder);
    }
    for address in grants.net.iter().flatten() {
        permissions = permissions.allow_connect(address).allow_bind(address);
    }
    for name in grants.env.iter().flatten() {
        permissions = permissions.allow_env(name);
    }
    for program in grants.run.iter().flatten() {
        permissions = permissions.allow_run(program);
    }
    permissions
}
