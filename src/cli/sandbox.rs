//! Running a program that nobody here has written: on an interpreter with the permissions of the command line.

use std::{fs, path::Path};

use ungil::{Builder, Error, Permissions, Task};

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
    let task = match task(&program) {
        Ok(task) => task,
        Err(message) => {
            eprintln!("ungil: {message}");
            return STATUS_USAGE;
        }
    };
    match carry_out(arguments, &program, task) {
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

fn task(program: &Program) -> Result<Task, String> {
    match program {
        // Read by the command, which was told to run it; the script itself may not be allowed to.
        Program::File(path) => {
            let source =
                fs::read_to_string(path).map_err(|error| format!("can't open file '{}': {error}", path.display()))?;
            Ok(Task::exec(source).filename(path.to_string_lossy().into_owned()))
        }
        Program::Code(code) => Ok(Task::exec(code.to_string_lossy().into_owned()).filename("<string>")),
        Program::Module(name) => {
            let name = name.to_string_lossy();
            Ok(Task::exec(format!("import runpy\nrunpy._run_module_as_main({name:?})")).filename("<ungil>"))
        }
        Program::Stdin => {
            let source =
                std::io::read_to_string(std::io::stdin()).map_err(|error| format!("can't read stdin: {error}"))?;
            Ok(Task::exec(source).filename("<stdin>"))
        }
        Program::Container(_) => Err("a folder or archive cannot be run with --sandbox; run a file in it".to_owned()),
        Program::Repl => Err("--sandbox needs a program to run".to_owned()),
    }
}

fn carry_out(arguments: &Arguments, program: &Program, task: Task) -> Result<(), Error> {
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
    let outcome = interpreter.spawn::<()>(task).wait();
    interpreter.close()?;
    outcome
}

/// Modules beside the script are found as far as it may read them.
fn prefer_folder(interpreter: &ungil::Interpreter, folder: &Path) -> Result<(), Error> {
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
