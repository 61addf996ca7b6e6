//! Which system calls a fenced thread may make: an allow-list, in which everything that is not named fails with EPERM.

use std::collections::BTreeMap;

use libc::{c_int, c_long};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Op, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// Not in the C library's list yet.
const PR_GET_AUXV: u64 = 0x4155_5856;

type Built<T> = Result<T, seccompiler::BackendError>;

/// What the fence's permissions open in the list.
pub(super) struct Openings {
    /// Paths can be named; Landlock decides which.
    pub(super) files: bool,
    /// Sockets can be made; connecting and listening is done for the thread by the host's side.
    pub(super) network: bool,
}

/// The list that is being made: for each call the combinations of arguments that are allowed; none means all.
#[derive(Default)]
struct List(BTreeMap<i64, Vec<SeccompRule>>);

impl List {
    fn allow(&mut self, calls: &[c_long]) {
        for call in calls {
            self.0.insert(*call, Vec::new());
        }
    }

    /// Allows a call where all of the conditions hold; further ones of the same call are alternatives.
    fn allow_if(&mut self, call: c_long, conditions: Vec<SeccompCondition>) -> Built<()> {
        self.0.entry(call).or_default().push(SeccompRule::new(conditions)?);
        Ok(())
    }

    fn allow_values(&mut self, call: c_long, argument: u8, values: &[u64]) -> Built<()> {
        for value in values {
            self.allow_if(call, vec![equal(argument, *value)?])?;
        }
        Ok(())
    }
}

fn equal(argument: u8, value: u64) -> Built<SeccompCondition> {
    SeccompCondition::new(argument, Length::Dword, Op::Eq, value)
}

/// Of the bits in `mask` exactly those of `value` are set.
fn masked(argument: u8, mask: u64, value: u64) -> Built<SeccompCondition> {
    SeccompCondition::new(argument, Length::Qword, Op::MaskedEq(mask), value)
}

fn null(argument: u8) -> Built<SeccompCondition> {
    SeccompCondition::new(argument, Length::Qword, Op::Eq, 0)
}

fn bits(flags: c_int) -> u64 {
    u64::from(flags.cast_unsigned())
}

/// The filters to install, in that order.
pub(super) fn filters(openings: &Openings, process: u32, thread: u32) -> Built<[BpfProgram; 2]> {
    // The C library tries clone3 first, whose flags no filter can see, and takes this answer for an old kernel's.
    let no_clone3 = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS.cast_unsigned()),
        std::env::consts::ARCH.try_into()?,
    )?;
    let mut list = List::default();
    harmless(&mut list);
    own_memory(&mut list)?;
    own_descriptors(&mut list)?;
    own_threads(&mut list, process, thread)?;
    files(&mut list, openings.files)?;
    sockets(&mut list, openings.network)?;
    let allowed = SeccompFilter::new(
        list.0,
        SeccompAction::Errno(libc::EPERM.cast_unsigned()),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok([no_clone3.try_into()?, allowed.try_into()?])
}

/// What touches nothing but the thread, or only looks at what is no secret.
fn harmless(list: &mut List) {
    list.allow(&[
        libc::SYS_clock_getres,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_clone3,
        libc::SYS_exit,
        // An abort of the process by Rust code on this thread must end it, not leave it half alive.
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getcwd,
        libc::SYS_getegid,
        libc::SYS_geteuid,
        libc::SYS_getgid,
        libc::SYS_getpid,
        libc::SYS_getppid,
        libc::SYS_getrandom,
        libc::SYS_getrusage,
        libc::SYS_gettid,
        libc::SYS_gettimeofday,
        libc::SYS_getuid,
        libc::SYS_membarrier,
        libc::SYS_nanosleep,
        libc::SYS_restart_syscall,
        libc::SYS_rseq,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_set_robust_list,
        libc::SYS_sigaltstack,
        libc::SYS_sysinfo,
        libc::SYS_times,
        libc::SYS_umask,
        libc::SYS_uname,
    ]);
    #[cfg(target_arch = "x86_64")]
    list.allow(&[libc::SYS_time]);
}

/// Memory of its own: no file is mapped (one that shrinks would kill the process), and nothing becomes code.
fn own_memory(list: &mut List) -> Built<()> {
    list.allow(&[libc::SYS_brk, libc::SYS_mremap, libc::SYS_munmap]);
    list.allow_if(
        libc::SYS_mmap,
        vec![
            masked(2, bits(libc::PROT_EXEC), 0)?,
            masked(3, bits(libc::MAP_ANONYMOUS), bits(libc::MAP_ANONYMOUS))?,
        ],
    )?;
    list.allow_if(libc::SYS_mprotect, vec![masked(2, bits(libc::PROT_EXEC), 0)?])?;
    let advice = [
        libc::MADV_NORMAL,
        libc::MADV_RANDOM,
        libc::MADV_SEQUENTIAL,
        libc::MADV_WILLNEED,
    ];
    let advice = advice
        .into_iter()
        .chain([libc::MADV_DONTNEED, libc::MADV_FREE, libc::MADV_HUGEPAGE]);
    let advice: Vec<u64> = advice
        .chain([libc::MADV_NOHUGEPAGE, libc::MADV_DONTDUMP])
        .map(bits)
        .collect();
    list.allow_values(libc::SYS_madvise, 2, &advice)
}

/// Descriptors: the thread has a table of its own, in which there is only what it may use.
fn own_descriptors(list: &mut List) -> Built<()> {
    list.allow(&[
        libc::SYS_close,
        libc::SYS_copy_file_range,
        libc::SYS_dup,
        libc::SYS_dup3,
        libc::SYS_epoll_create1,
        libc::SYS_epoll_ctl,
        libc::SYS_epoll_pwait,
        libc::SYS_eventfd2,
        libc::SYS_fdatasync,
        libc::SYS_flock,
        libc::SYS_fstat,
        libc::SYS_fsync,
        libc::SYS_ftruncate,
        libc::SYS_lseek,
        libc::SYS_pipe2,
        libc::SYS_ppoll,
        libc::SYS_pread64,
        libc::SYS_preadv,
        libc::SYS_pselect6,
        libc::SYS_pwrite64,
        libc::SYS_pwritev,
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_sendfile,
        libc::SYS_write,
        libc::SYS_writev,
    ]);
    #[cfg(target_arch = "x86_64")]
    list.allow(&[
        libc::SYS_dup2,
        libc::SYS_epoll_create,
        libc::SYS_epoll_wait,
        libc::SYS_pipe,
        libc::SYS_poll,
        libc::SYS_select,
    ]);
    // Not F_SETOWN, F_SETSIG, F_SETLEASE or F_NOTIFY: they have signals sent to the process.
    let commands = [
        libc::F_DUPFD,
        libc::F_DUPFD_CLOEXEC,
        libc::F_GETFD,
        libc::F_SETFD,
        libc::F_GETFL,
    ];
    let commands = commands
        .into_iter()
        .chain([libc::F_SETLK, libc::F_SETLKW, libc::F_GETLK, libc::F_GETPIPE_SZ]);
    let commands: Vec<u64> = commands.map(bits).collect();
    list.allow_values(libc::SYS_fcntl, 1, &commands)?;
    let quiet = vec![equal(1, bits(libc::F_SETFL))?, masked(2, bits(libc::O_ASYNC), 0)?];
    list.allow_if(libc::SYS_fcntl, quiet)?;
    let requests = [
        libc::TCGETS,
        libc::TIOCGWINSZ,
        libc::FIONBIO,
        libc::FIONREAD,
        libc::FIOCLEX,
        libc::FIONCLEX,
    ];
    // The type of a request differs between C libraries.
    #[expect(clippy::unnecessary_cast, reason = "it is an int with musl")]
    let requests: Vec<u64> = requests.into_iter().map(|request| request as u64).collect();
    list.allow_values(libc::SYS_ioctl, 1, &requests)
}

/// Threads of the process, but no processes; signals that wake a thread, and the one of an abort.
fn own_threads(list: &mut List, process: u32, thread: u32) -> Built<()> {
    let needed = libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND;
    let spaces = libc::CLONE_NEWNS | libc::CLONE_NEWUSER | libc::CLONE_NEWPID | libc::CLONE_NEWNET;
    let spaces = spaces | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS | libc::CLONE_NEWCGROUP | libc::CLONE_PTRACE;
    let flags = masked(0, bits(needed | spaces), bits(needed))?;
    list.allow_if(libc::SYS_clone, vec![flags])?;
    let process = u64::from(process);
    list.allow_if(
        libc::SYS_tgkill,
        vec![equal(0, process)?, equal(2, bits(libc::SIGURG))?],
    )?;
    let itself = vec![
        equal(0, process)?,
        equal(1, u64::from(thread))?,
        equal(2, bits(libc::SIGABRT))?,
    ];
    list.allow_if(libc::SYS_tgkill, itself)?;
    // The last one tells libraries the size of a page.
    let controls = [bits(libc::PR_SET_NAME), bits(libc::PR_GET_NAME), PR_GET_AUXV];
    list.allow_values(libc::SYS_prctl, 0, &controls)?;
    // Looking at a handler, not setting one; but abort() restores the default for its own signal.
    list.allow_if(libc::SYS_rt_sigaction, vec![null(1)?])?;
    list.allow_if(libc::SYS_rt_sigaction, vec![equal(0, bits(libc::SIGABRT))?])
}

fn files(list: &mut List, granted: bool) -> Built<()> {
    if !granted {
        // The C library's and Rust's way to ask about a descriptor; no filter can see that the path is empty.
        let empty = bits(libc::AT_EMPTY_PATH);
        list.allow_if(libc::SYS_newfstatat, vec![masked(3, empty, empty)?])?;
        return list.allow_if(libc::SYS_statx, vec![masked(2, empty, empty)?]);
    }
    list.allow(&[
        libc::SYS_chdir,
        libc::SYS_faccessat,
        libc::SYS_faccessat2,
        libc::SYS_fchdir,
        libc::SYS_getdents64,
        libc::SYS_mkdirat,
        libc::SYS_newfstatat,
        libc::SYS_openat,
        libc::SYS_readlinkat,
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_statx,
        libc::SYS_symlinkat,
        libc::SYS_truncate,
        libc::SYS_unlinkat,
    ]);
    #[cfg(target_arch = "x86_64")]
    list.allow(&[
        libc::SYS_access,
        libc::SYS_lstat,
        libc::SYS_mkdir,
        libc::SYS_open,
        libc::SYS_readlink,
        libc::SYS_rename,
        libc::SYS_rmdir,
        libc::SYS_stat,
        libc::SYS_symlink,
        libc::SYS_unlink,
    ]);
    Ok(())
}

/// Sockets that cannot reach anything by themselves: pairs, and TCP without connect, bind and listen.
fn sockets(list: &mut List, network: bool) -> Built<()> {
    let kind = bits(!(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK));
    let stream = |family: c_int, protocol: c_int| -> Built<Vec<SeccompCondition>> {
        Ok(vec![
            equal(0, bits(family))?,
            masked(1, kind, bits(libc::SOCK_STREAM))?,
            equal(2, bits(protocol))?,
        ])
    };
    list.allow_if(libc::SYS_socketpair, stream(libc::AF_UNIX, 0)?)?;
    list.allow(&[
        libc::SYS_getpeername,
        libc::SYS_getsockname,
        libc::SYS_getsockopt,
        libc::SYS_recvfrom,
        libc::SYS_recvmsg,
        libc::SYS_shutdown,
    ]);
    // Without an address, and not as the first data of a connection that is still to be made.
    let fast_open = bits(libc::MSG_FASTOPEN);
    list.allow_if(libc::SYS_sendto, vec![null(4)?, masked(3, fast_open, 0)?])?;
    list.allow_if(libc::SYS_sendmsg, vec![masked(2, fast_open, 0)?])?;
    let basic = [
        libc::SO_REUSEADDR,
        libc::SO_KEEPALIVE,
        libc::SO_BROADCAST,
        libc::SO_SNDBUF,
        libc::SO_RCVBUF,
    ];
    let basic = basic.into_iter().chain([
        libc::SO_LINGER,
        libc::SO_RCVTIMEO,
        libc::SO_SNDTIMEO,
        libc::SO_OOBINLINE,
    ]);
    for option in basic {
        let conditions = vec![equal(1, bits(libc::SOL_SOCKET))?, equal(2, bits(option))?];
        list.allow_if(libc::SYS_setsockopt, conditions)?;
    }
    if !network {
        return Ok(());
    }
    list.allow(&[libc::SYS_accept4]);
    #[cfg(target_arch = "x86_64")]
    list.allow(&[libc::SYS_accept]);
    for family in [libc::AF_INET, libc::AF_INET6] {
        for protocol in [0, libc::IPPROTO_TCP] {
            list.allow_if(libc::SYS_socket, stream(family, protocol)?)?;
        }
    }
    let tcp = [
        libc::TCP_NODELAY,
        libc::TCP_KEEPIDLE,
        libc::TCP_KEEPINTVL,
        libc::TCP_KEEPCNT,
    ];
    for option in tcp.into_iter().chain([libc::TCP_USER_TIMEOUT, libc::TCP_QUICKACK]) {
        let conditions = vec![equal(1, bits(libc::IPPROTO_TCP))?, equal(2, bits(option))?];
        list.allow_if(libc::SYS_setsockopt, conditions)?;
    }
    let only = vec![equal(1, bits(libc::IPPROTO_IPV6))?, equal(2, bits(libc::IPV6_V6ONLY))?];
    list.allow_if(libc::SYS_setsockopt, only)
}
