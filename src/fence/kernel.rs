//! The kernel's part of the fence, on Linux: what the calling thread cannot do from here on, whatever runs on it.

use std::{fs::File, io};

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

/// Gives the calling thread a table of descriptors of its own, in which there is nothing yet.
pub(super) fn own_descriptors() -> io::Result<()> {
    // SAFETY: the flag gives the thread a table of its own first, so what is closed is closed for this thread alone,
    // which has just started and owns no descriptor.
    match unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_UNSHARE) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Fences the calling thread for good.
pub(super) fn fence_thread(fence: &Fence) -> io::Result<()> {
    // The C library reads the time zone when it is first asked, and keeps what it then finds for the whole process.
    // SAFETY: tzset() takes no arguments; the C library locks what it writes.
    unsafe { tzset() };
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
