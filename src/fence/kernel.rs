//! The kernel's part of the fence, on Linux: what the calling thread cannot do from here on, whatever runs on it.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, RawFd},
};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use super::{
    policy::{Fence, Root, identity},
    syscalls::{self, Openings},
};

/// The oldest Landlock that knows all that can be done to a file's content: truncation came with it.
const OLDEST: ABI = ABI::V3;
/// What is asked for beyond it where the kernel has it.
const NEWEST: ABI = ABI::V6;

/// Whether the kernel can do it; the error says what is missing.
pub(super) fn support() -> Result<(), String> {
    if cfg!(not(any(target_arch = "x86_64", target_arch = "aarch64"))) {
        return Err("the system calls of this processor are not known".to_owned());
    }
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST))
        .and_then(Ruleset::create);
    ruleset
        .map(drop)
        .map_err(|error| format!("this kernel has no Landlock, or too old a one ({error})"))
}

/// Fences the calling thread for good. Of its descriptors only `broker` stays, under its number, in a table that the
/// thread shares with nobody; those of the standard streams lead nowhere.
pub(super) fn fence_thread(fence: &Fence, broker: RawFd) -> io::Result<()> {
    // The C library reads the time zone when it is first asked, and keeps what it then finds for the whole process.
    // SAFETY: tzset() takes no arguments; the C library locks what it writes.
    unsafe { tzset() };
    own_descriptors(broker)?;
    let _ = std::env::set_current_dir(fence.start_folder());
    restrict_files(fence)?;
    let openings = Openings {
        files: fence.uses_files(),
        network: fence.uses_network(),
    };
    let thread = nix::unistd::gettid().as_raw().cast_unsigned();
    for filter in syscalls::filters(&openings, std::process::id(), thread).map_err(io::Error::other)? {
        seccompiler::apply_filter(&filter).map_err(io::Error::other)?;
    }
    Ok(())
}

unsafe extern "C" {
    fn tzset();
}

fn own_descriptors(broker: RawFd) -> io::Result<()> {
    let first = 3;
    let broker = u32::try_from(broker).map_err(io::Error::other)?;
    close_range(broker + 1, u32::MAX, libc::CLOSE_RANGE_UNSHARE)?;
    if broker > first {
        close_range(first, broker - 1, 0)?;
    }
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    for stream in 0..i32::try_from(first).unwrap_or_default() {
        // SAFETY: both are plain numbers; the table is the thread's own since the call above, so nobody else's stream is
        // replaced.
        if unsafe { libc::dup2(nowhere.as_raw_fd(), stream) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn close_range(first: u32, last: u32, flags: u32) -> io::Result<()> {
    // SAFETY: the first call gives the thread a table of its own, so what is closed is closed for this thread alone,
    // which has just started and owns no descriptor.
    match unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn restrict_files(fence: &Fence) -> io::Result<()> {
    let made = || -> Result<_, RulesetError> {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(OLDEST))?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(NEWEST))?
            .handle_access(AccessNet::from_all(NEWEST))?
            .scope(Scope::from_all(NEWEST))?
            .create()
    };
    let mut ruleset = made().map_err(io::Error::other)?;
    let rules = fence.rules();
    let reading = rules.read.iter().map(|root| (root, reading(root)));
    let writing = rules.write.iter().map(|root| (root, writing(root)));
    for (root, access) in reading.chain(writing) {
        let rule = PathBeneath::new(open(root)?, access);
        ruleset = ruleset.add_rule(rule).map_err(io::Error::other)?;
    }
    let status = ruleset.restrict_self().map_err(io::Error::other)?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(io::Error::other("the kernel did not enforce the Landlock rules")),
        _ => Ok(()),
    }
}

fn reading(root: &Root) -> BitFlags<AccessFs> {
    if root.is_folder {
        AccessFs::ReadFile | AccessFs::ReadDir
    } else {
        AccessFs::ReadFile.into()
    }
}

/// Plain files, folders and links; no devices, pipes or sockets, behind which there is somebody else.
fn writing(root: &Root) -> BitFlags<AccessFs> {
    let content = AccessFs::WriteFile | AccessFs::Truncate;
    if !root.is_folder {
        return content;
    }
    let made = AccessFs::MakeDir | AccessFs::MakeReg | AccessFs::MakeSym;
    content | made | AccessFs::RemoveDir | AccessFs::RemoveFile | AccessFs::Refer
}

/// Opens what was granted, if it is still the same.
fn open(root: &Root) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = File::options()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_NOFOLLOW)
        .open(&root.path)?;
    if identity(&file.metadata()?) != root.identity {
        return Err(io::Error::other(format!(
            "{} is not the file that was granted any more; build the interpreter anew",
            root.path.display()
        )));
    }
    Ok(file)
}
