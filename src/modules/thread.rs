//! The native part of `threading`: our locks, identities, thread-local data, and what `_thread` has beside them.
//!
//! A thread of Python is an interpreter of its own, which `_ungil_threads` starts; this module only names the functions.

pub(super) use _thread::module_def;

#[rustpython_vm::pymodule]
mod _thread {
    use std::cell::RefCell;

    use rustpython_vm::{
        AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
        builtins::{PyModule, PyStrRef, PyTypeRef},
        class::{PyClassImpl, StaticType},
        function::{FuncArgs, OptionalArg},
        pyclass, pystruct_sequence, pystruct_sequence_data,
        types::PyStructSequence,
    };

    use crate::{
        control::Control,
        modules::sync::{self, PyLock, PyRLock},
    };

    /// The smallest stack that can be asked for: what an interpreter needs for itself.
    const SMALLEST_STACK: usize = 32 * 1024;

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        let lock = PyLock::make_static_type();
        module.set_attr("lock", lock.clone(), vm)?;
        module.set_attr("LockType", lock, vm)?;
        module.set_attr("RLock", PyRLock::make_static_type(), vm)?;
        module.set_attr("error", vm.ctx.exceptions.runtime_error.to_owned(), vm)?;
        module.set_attr("TIMEOUT_MAX", vm.ctx.new_float(sync::TIMEOUT_MAX), vm)
    }

    /// What is written in Python.
    fn in_python(name: &'static str, vm: &VirtualMachine) -> PyResult {
        vm.import("_ungil_threads", 0)?.get_attr(name, vm)
    }

    /// A new lock.
    #[pyfunction]
    #[pyfunction(name = "allocate")]
    fn allocate_lock(vm: &VirtualMachine) -> PyObjectRef {
        PyLock::make(vm)
    }

    /// A number of the thread that no other thread of the process has or had: that of its interpreter.
    #[pyfunction]
    fn get_ident() -> u64 {
        Control::current().map_or(0, |control| control.id())
    }

    /// The number that the system gave to the thread.
    #[pyfunction]
    fn get_native_id() -> u64 {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return nix::unistd::gettid().as_raw().unsigned_abs().into();
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        get_ident()
    }

    /// The number of the thread that started this one's program: of this interpreter, unless it is a thread of another.
    #[pyfunction]
    fn _get_main_thread_ident(vm: &VirtualMachine) -> PyResult {
        in_python("main_thread_ident", vm)?.call((), vm)
    }

    #[pyfunction]
    fn _is_main_interpreter(vm: &VirtualMachine) -> PyResult {
        in_python("is_main_interpreter", vm)?.call((), vm)
    }

    /// How many threads that this one started are running.
    #[pyfunction]
    fn _count(vm: &VirtualMachine) -> PyResult {
        in_python("count", vm)?.call((), vm)
    }

    #[pyfunction]
    fn daemon_threads_allowed() -> bool {
        true
    }

    /// Waits for the threads that were started and are not daemons.
    #[pyfunction]
    fn _shutdown(vm: &VirtualMachine) -> PyResult {
        in_python("shutdown", vm)?.call((), vm)
    }

    /// Runs function(*args, **kwargs) on an interpreter of its own, and returns the number of that thread.
    #[pyfunction]
    #[pyfunction(name = "start_new")]
    fn start_new_thread(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        in_python("start_new_thread", vm)?.call(args, vm)
    }

    /// Runs function() on an interpreter of its own, and returns a handle that can be joined.
    #[pyfunction]
    fn start_joinable_thread(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        in_python("start_joinable_thread", vm)?.call(args, vm)
    }

    #[pyfunction]
    fn _make_thread_handle(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        in_python("make_thread_handle", vm)?.call(args, vm)
    }

    /// Prints an exception that ended a thread.
    #[pyfunction]
    fn _excepthook(args: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        if !args.class().is(ExceptHookArgs::static_type()) {
            return Err(vm.new_type_error("_thread._excepthook argument type must be ExceptHookArgs"));
        }
        in_python("excepthook", vm)?.call((args,), vm)
    }

    /// A lock that is released when the thread ends.
    #[pyfunction]
    fn _set_sentinel(vm: &VirtualMachine) -> PyObjectRef {
        PyLock::make(vm)
    }

    /// Ends the thread: raises SystemExit.
    #[pyfunction]
    #[pyfunction(name = "exit_thread")]
    fn exit(vm: &VirtualMachine) -> PyResult<()> {
        Err(vm.new_exception_empty(vm.ctx.exceptions.system_exit.to_owned()))
    }

    /// Names the thread for the system's tools.
    #[pyfunction]
    fn set_name(name: PyStrRef) {
        #[cfg(target_os = "linux")]
        {
            let name: String = name
                .to_string_lossy()
                .chars()
                .filter(|character| *character != '\0')
                .collect();
            // The system keeps 15 bytes.
            let mut end = name.len().min(15);
            while !name.is_char_boundary(end) {
                end -= 1;
            }
            if let Ok(name) = std::ffi::CString::new(&name[..end]) {
                let _ = nix::sys::prctl::set_name(&name);
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = name;
    }

    thread_local! {
        static STACK_SIZE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    /// The size that was asked for the stacks of new threads, 0 for the default. A new interpreter has the stack that
    /// its builder says, which is larger than what threads of CPython have.
    #[pyfunction]
    fn stack_size(size: OptionalArg<isize>, vm: &VirtualMachine) -> PyResult<usize> {
        let OptionalArg::Present(size) = size else {
            return Ok(STACK_SIZE.get());
        };
        match usize::try_from(size) {
            Ok(size) if size == 0 || size >= SMALLEST_STACK => Ok(STACK_SIZE.replace(size)),
            Ok(_) => Err(vm.new_value_error(format!("size not valid: {size} bytes"))),
            Err(_) => Err(vm.new_value_error("size must be 0 or a positive value")),
        }
    }

    /// Acts as if the signal had arrived: its handler runs at the next step of this interpreter.
    #[pyfunction]
    fn interrupt_main(number: OptionalArg<i32>, vm: &VirtualMachine) -> PyResult<()> {
        const SIGINT: i32 = 2;
        let number = number.unwrap_or(SIGINT);
        if !(1..65).contains(&number) {
            return Err(vm.new_value_error("signal number out of range"));
        }
        let Some(control) = Control::current() else {
            return Ok(());
        };
        control.run_at_next_bytecode(Box::new(move |vm| {
            let signal = vm.import("_signal", 0)?;
            let handler = vm.call_method(&signal, "getsignal", (number,))?;
            if handler.is_callable() {
                return handler.call((number, vm.ctx.none()), vm).map(drop);
            }
            // No handler is installed in an embedded interpreter; SIGINT has its meaning all the same.
            let ignored = vm.bool_eq(&handler, &*signal.get_attr("SIG_IGN", vm)?)?;
            if number == SIGINT && !ignored {
                return Err(vm.new_exception_empty(vm.ctx.exceptions.keyboard_interrupt.to_owned()));
            }
            Ok(())
        }));
        Ok(())
    }

    /// Names that are classes written in Python.
    #[pyfunction]
    fn __getattr__(name: PyStrRef, vm: &VirtualMachine) -> PyResult {
        match name.to_string_lossy().as_ref() {
            "_ThreadHandle" => in_python("ThreadHandle", vm),
            other => Err(vm.new_attribute_error(format!("module '_thread' has no attribute '{other}'"))),
        }
    }

    #[pystruct_sequence_data]
    struct ExceptHookArgsData {
        exc_type: PyObjectRef,
        exc_value: PyObjectRef,
        exc_traceback: PyObjectRef,
        thread: PyObjectRef,
    }

    #[pyattr]
    #[pystruct_sequence(name = "_ExceptHookArgs", module = "_thread", data = "ExceptHookArgsData")]
    struct ExceptHookArgs;

    #[pyclass(with(PyStructSequence))]
    impl ExceptHookArgs {}

    /// Data of its own for each thread. A thread is an interpreter here, so an object of this class is that thread's
    /// already; one that crosses is made anew on the other side, from the arguments it was made of.
    #[pyattr]
    #[pyclass(module = "_thread", name = "_local")]
    #[derive(Debug, PyPayload)]
    struct Local {
        args: RefCell<Option<FuncArgs>>,
    }

    #[pyclass(flags(BASETYPE, HAS_DICT, HAS_WEAKREF))]
    impl Local {
        #[pyslot]
        fn slot_new(class: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
            let no_init = class.get_attr(vm.ctx.intern_str("__init__")).is_some_and(|init| {
                let of_object = vm.ctx.types.object_type.get_attr(vm.ctx.intern_str("__init__"));
                of_object.is_some_and(|of_object| init.is(&of_object))
            });
            if !args.is_empty() && no_init {
                return Err(vm.new_type_error("Initialization arguments are not supported"));
            }
            let args = RefCell::new((!args.is_empty()).then_some(args));
            Self { args }.into_ref_with_type(vm, class).map(Into::into)
        }

        #[pymethod]
        fn __reduce__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
            let name = zelf.class().name().to_string();
            Err(vm.new_type_error(format!("cannot pickle '{name}' object")))
        }

        /// How it crosses.
        #[pymethod]
        fn __ungil_reduce__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
            let rebuild = vm.import("_thread", 0)?.get_attr("_rebuild_local", vm)?;
            let args = zelf.args.borrow().clone().unwrap_or_default();
            let kwargs = vm.ctx.new_dict();
            for (name, value) in args.kwargs {
                kwargs.set_item(&*name, value, vm)?;
            }
            let parts = vec![
                zelf.class().to_owned().into(),
                vm.ctx.new_tuple(args.args).into(),
                kwargs.into(),
            ];
            Ok(vm.ctx.new_tuple(vec![rebuild, vm.ctx.new_tuple(parts).into()]).into())
        }
    }

    #[pyfunction]
    fn _rebuild_local(class: PyTypeRef, args: PyObjectRef, kwargs: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        in_python("call", vm)?.call((class, args, kwargs), vm)
    }
}
