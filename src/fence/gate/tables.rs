//! What each native module, and each of its functions, asks for. What is not here is not to be had.

use std::sync::Arc;

use rustpython_vm::{
    Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyType},
    function::{Callee, FuncArgs, PyNativeFn},
};

#[cfg(feature = "ssl")]
use super::tls;
use super::{clock, files, gate_init, gate_method, init_file, memory, sources};
#[cfg(unix)]
use super::{network, programs};
use crate::fence::{Fence, outside};

type Ask = fn(&VirtualMachine, &Arc<Fence>, &str, &mut FuncArgs) -> PyResult<()>;
type Around = fn(&VirtualMachine, &Arc<Fence>, FuncArgs, Callee, &dyn PyNativeFn) -> PyResult;
type Body = fn(&VirtualMachine, &Arc<Fence>, &str, FuncArgs) -> PyResult;

/// What becomes of a module.
#[derive(Clone, Copy)]
pub(super) enum Module {
    /// It reaches nothing outside the interpreter.
    Free,
    /// Its functions have rules.
    Gated(fn(&str) -> Rule),
    /// It can be imported, but whatever is asked of it is refused: these names stand for its classes.
    Face(&'static [&'static str]),
    /// It cannot be imported.
    Absent,
}

/// What becomes of a function.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    Free,
    /// Raises PermissionError, which names the permission if there is one.
    Refuse(&'static str),
    /// Asks, then does what it does.
    Ask(Ask),
    /// Does what it does, and takes something out of the result.
    Filter(fn(&VirtualMachine, PyObjectRef) -> PyResult),
    /// Does something else.
    Instead(Body),
    /// Does something before and after.
    Around(Around),
}

const NEVER: Rule = Rule::Refuse("");
const RUN: Rule = Rule::Refuse("allow_run(program)");

pub(super) fn module(name: &str) -> Module {
    match name {
        "_abc" | "_ast" | "_asyncio" | "_bisect" | "_blake2" | "_bz2" | "_codecs" | "_codecs_cn" | "_codecs_hk"
        | "_codecs_iso2022" | "_codecs_jp" | "_codecs_kr" | "_codecs_tw" | "_collections" | "_contextvars" | "_csv"
        | "_elementtree" | "_functools" | "_hashlib" | "_heapq" | "_json" | "_lzma" | "_md5" | "_multibytecodec"
        | "_opcode" | "_operator" | "_pickle" | "_queue" | "_random" | "_sha1" | "_sha256" | "_sha3" | "_sha512"
        | "_sre" | "_stat" | "_statistics" | "_string" | "_struct" | "_suggestions" | "_sysconfig"
        | "_sysconfigdata" | "_tokenize" | "_types" | "_typing" | "_warnings" | "_weakref" | "_zoneinfo" | "array"
        | "atexit" | "binascii" | "cmath" | "errno" | "itertools" | "marshal" | "math" | "pyexpat" | "select"
        | "unicodedata" | "zlib" => Module::Free,
        "_symtable" => Module::Gated(|_| Rule::Around(sources::compile)),
        "posix" => Module::Gated(posix),
        "_io" => Module::Gated(io),
        "_signal" => Module::Gated(signal),
        "_socket" => Module::Gated(socket),
        #[cfg(feature = "ssl")]
        "_ssl" => Module::Gated(tls::function),
        "_datetime" => Module::Gated(free),
        "time" => Module::Gated(time),
        "gc" => Module::Gated(gc),
        "_imp" => Module::Gated(imp),
        "fcntl" => Module::Gated(fcntl),
        "resource" => Module::Gated(resource),
        "_locale" => Module::Gated(locale),
        #[cfg(unix)]
        "_posixsubprocess" => Module::Gated(|_| Rule::Instead(programs::fork_exec)),
        "mmap" => Module::Face(&["mmap"]),
        "grp" | "pwd" => Module::Gated(users),
        "faulthandler" | "syslog" | "termios" | "_posixshmem" => Module::Gated(|_| NEVER),
        _ => Module::Absent,
    }
}

fn free(_: &str) -> Rule {
    Rule::Free
}

fn posix(function: &str) -> Rule {
    match function {
        "WCOREDUMP"
        | "WEXITSTATUS"
        | "WIFCONTINUED"
        | "WIFEXITED"
        | "WIFSIGNALED"
        | "WIFSTOPPED"
        | "WSTOPSIG"
        | "WTERMSIG"
        | "_is_inputhook_installed"
        | "close"
        | "closerange"
        | "copy_file_range"
        | "cpu_count"
        | "device_encoding"
        | "dup"
        | "dup2"
        | "fchdir"
        | "fspath"
        | "fstat"
        | "fsync"
        | "ftruncate"
        | "get_blocking"
        | "get_inheritable"
        | "get_terminal_size"
        | "getcwd"
        | "getcwdb"
        | "getegid"
        | "geteuid"
        | "getgid"
        | "getpid"
        | "getppid"
        | "getrandom"
        | "getuid"
        | "isatty"
        | "lseek"
        | "pipe"
        | "pipe2"
        | "pread"
        | "pwrite"
        | "read"
        | "readinto"
        | "register_at_fork"
        | "sched_get_priority_max"
        | "sched_get_priority_min"
        | "sched_yield"
        | "sendfile"
        | "set_blocking"
        | "set_inheritable"
        | "strerror"
        | "sysconf"
        | "umask"
        | "uname"
        | "urandom"
        | "waitstatus_to_exitcode"
        | "write" => Rule::Free,
        "times" => Rule::Ask(clock::ask),
        "listdir" | "scandir" | "chdir" => Rule::Ask(files::read),
        "stat" | "access" => Rule::Ask(files::look),
        "lstat" | "readlink" => Rule::Ask(files::look_at_link),
        "mkdir" | "mkdirs" | "remove" | "rmdir" | "unlink" => Rule::Ask(files::write_entry),
        "truncate" => Rule::Ask(files::write),
        "rename" | "replace" => Rule::Ask(files::write_two),
        "symlink" => Rule::Ask(files::symlink),
        "open" => Rule::Ask(files::open),
        #[cfg(unix)]
        "waitpid" => Rule::Instead(programs::waitpid),
        #[cfg(unix)]
        "kill" => Rule::Instead(programs::kill),
        "execv" | "execve" | "fork" | "forkpty" | "posix_spawn" | "posix_spawnp" | "system" => RUN,
        "_create_environ" => Rule::Instead(memory::environment),
        _ => NEVER,
    }
}

fn users(function: &str) -> Rule {
    match function {
        "getgrall" | "getpwall" => NEVER,
        // What libraries are prepared for.
        _ => Rule::Instead(memory::nobody),
    }
}

fn io(function: &str) -> Rule {
    match function {
        // They make a file object, which asks.
        "open" | "open_code" | "text_encoding" => Rule::Free,
        _ => NEVER,
    }
}

fn signal(function: &str) -> Rule {
    match function {
        // Handlers are recorded, not installed.
        "default_int_handler" | "getsignal" | "signal" | "strsignal" | "valid_signals" => Rule::Free,
        "set_wakeup_fd" => Rule::Instead(memory::no_descriptor),
        _ => NEVER,
    }
}

fn time(function: &str) -> Rule {
    match function {
        "get_clock_info" | "clock_getres" | "mktime" | "sleep" | "strptime" => Rule::Free,
        "clock_gettime" | "clock_gettime_ns" | "monotonic" | "monotonic_ns" | "perf_counter" | "perf_counter_ns"
        | "process_time" | "process_time_ns" | "thread_time" | "thread_time_ns" | "time" | "time_ns" => {
            Rule::Ask(clock::ask)
        }
        "asctime" | "ctime" | "gmtime" | "localtime" | "strftime" => Rule::Ask(clock::ask_without_time),
        _ => NEVER,
    }
}

fn gc(function: &str) -> Rule {
    match function {
        "collect" | "disable" | "enable" | "get_count" | "get_debug" | "get_freeze_count" | "get_stats"
        | "get_threshold" | "is_finalized" | "is_tracked" | "isenabled" | "set_threshold" => Rule::Free,
        // Walks over what is on the thread, and what stays there when the interpreter is gone.
        _ => NEVER,
    }
}

fn imp(function: &str) -> Rule {
    match function {
        "create_dynamic" | "exec_dynamic" => NEVER,
        _ => Rule::Free,
    }
}

fn fcntl(function: &str) -> Rule {
    match function {
        "flock" | "lockf" => Rule::Free,
        #[cfg(unix)]
        "fcntl" => Rule::Ask(network::fcntl),
        _ => NEVER,
    }
}

fn resource(function: &str) -> Rule {
    match function {
        "getpagesize" => Rule::Free,
        "getrusage" => Rule::Ask(clock::ask),
        _ => NEVER,
    }
}

fn locale(function: &str) -> Rule {
    match function {
        "getencoding" | "localeconv" | "strcoll" | "strxfrm" => Rule::Free,
        "setlocale" => Rule::Ask(memory::only_ask_locale),
        _ => NEVER,
    }
}

fn socket(function: &str) -> Rule {
    match function {
        "CMSG_LEN" | "CMSG_SPACE" | "close" | "dup" | "getdefaulttimeout" | "htonl" | "htons" | "inet_aton"
        | "inet_ntoa" | "inet_ntop" | "inet_pton" | "ntohl" | "ntohs" | "setdefaulttimeout" => Rule::Free,
        #[cfg(unix)]
        "socketpair" => Rule::Ask(network::socketpair),
        #[cfg(unix)]
        "getaddrinfo" => Rule::Instead(network::getaddrinfo),
        #[cfg(unix)]
        "gethostbyname" => Rule::Instead(network::gethostbyname),
        _ => NEVER,
    }
}

/// Gates the classes of a module that has just been filled, and changes what else needs it.
pub(super) fn finish(vm: &VirtualMachine, name: &str, module: &Py<PyModule>) -> PyResult<()> {
    let Some(fence) = outside::current() else {
        return Err(vm.new_system_error("a sandboxed module on a thread without a fence"));
    };
    match name {
        "mmap" => {
            // What other modules read when they are imported.
            for (name, value) in [("ACCESS_READ", 1), ("ACCESS_WRITE", 2), ("ACCESS_COPY", 3)] {
                module.set_attr(name, vm.ctx.new_int(value), vm)?;
            }
            module.set_attr("error", vm.ctx.exceptions.os_error.to_owned(), vm)
        }
        "posix" => {
            module.set_attr(
                "environ",
                memory::environment(vm, &fence, name, FuncArgs::default())?,
                vm,
            )?;
            let entry = class(vm, module, "DirEntry")?;
            gate_method(vm, entry, "stat", Rule::Ask(files::look_at_entry), &fence);
            for method in ["is_dir", "is_file"] {
                gate_method(vm, entry, method, Rule::Around(files::entry_is), &fence);
            }
            // Of os.supports_dir_fd and its like, nothing: paths are what is asked for.
            module.set_attr("_have_functions", vm.ctx.new_list(Vec::new()), vm)
        }
        "_io" => {
            gate_init(vm, class(vm, module, "FileIO")?, init_file);
            Ok(())
        }
        #[cfg(unix)]
        "_socket" => network::gate_sockets(vm, class(vm, module, "socket")?, &fence),
        #[cfg(feature = "ssl")]
        "_ssl" => {
            tls::gate_contexts(vm, class(vm, module, "_SSLContext")?, &fence);
            Ok(())
        }
        "_datetime" => {
            for (name, methods) in [("date", &["today"][..]), ("datetime", &["today", "now", "utcnow"])] {
                let class = class(vm, module, name)?;
                for method in methods {
                    gate_method(vm, class, method, Rule::Ask(clock::ask), &fence);
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A class of the module, which lives as long as the thread.
fn class(vm: &VirtualMachine, module: &Py<PyModule>, name: &'static str) -> PyResult<&'static Py<PyType>> {
    let found: PyObjectRef = module.get_attr(name, vm)?;
    let class = found.downcast::<PyType>();
    let class = class.map_err(|_| vm.new_system_error(format!("{name} of a sandboxed module is no class")))?;
    // Native classes are statics of their thread; this keeps even one that is not.
    Ok(memory::keep(class))
}
