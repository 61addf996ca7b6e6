//! The smallest `python`: runs a script on rustpython-vm as it is linked, patched or not.

use rustpython_vm::{Interpreter, Settings, compiler::Mode};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(path) = arguments.first().cloned() else {
        eprintln!("usage: vm-runner SCRIPT [ARGUMENT...]");
        return ExitCode::from(2);
    };
    let source = match std::fs::read_to_string(&path) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    };
    // Deep recursion is Python's to limit, not the main thread's stack.
    let run = move || {
        let mut settings = Settings::default();
        settings.argv = arguments;
        settings.import_site = false;
        if let Some(folder) = std::path::Path::new(&path).parent() {
            settings.path_list.push(folder.to_string_lossy().into_owned());
        }
        let builder = Interpreter::builder(settings);
        let modules = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
        let interpreter = builder
            .add_native_modules(&modules)
            .add_frozen_modules(rustpython_pylib::FROZEN_STDLIB)
            .build();
        interpreter.run(|vm| {
            let code = vm
                .compile(&source, Mode::Exec, &path)
                .map_err(|error| vm.new_value_error(error.to_string()))?;
            let scope = vm.new_scope_with_main()?;
            vm.run_code_obj(code, scope).map(drop)
        })
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run);
    let status = thread.ok().and_then(|thread| thread.join().ok());
    ExitCode::from(u8::try_from(status.unwrap_or(101)).unwrap_or(1))
}
