//! Lays the patched source out, and sets what upstream's build script sets.

#[path = "../standin.rs"]
mod standin;

use std::env;
use std::process::Command;

/// The Python whose standard library and behaviour upstream 0.6.0 follows.
const PYTHON: [u32; 3] = [3, 14, 0];
/// Upstream's tag. Its build script asks git, which here would describe another repository.
const TAG: &str = "tags/0.6.0";
const REVISION: &str = "b2626c56d";

fn main() {
    standin::lay_out(&["src", "Lib"]);

    let [major, minor, micro] = PYTHON;
    set("MAJOR_CPY", major);
    set("MINOR_CPY", minor);
    set("MICRO_CPY", micro);
    set("RELEASE_LEVEL_CPY", "alpha");
    set("RELEASE_LEVEL_N_CPY", 0xA);
    set("SERIAL_CPY", 0);
    set("WINVER_CPY", format!("{major}.{minor}"));

    let version = env!("CARGO_PKG_VERSION");
    let compiler = compiler_version();
    let build = format!("{TAG}:{REVISION}");
    // On Windows, ctypes.util looks for the C library by this.
    let windows = env::var_os("CARGO_CFG_WINDOWS").is_some();
    let wide = env::var("CARGO_CFG_TARGET_POINTER_WIDTH").is_ok_and(|width| width == "64");
    let library = match (windows, wide) {
        (true, true) => " MSC v.1929 64 bit (AMD64)",
        (true, false) => " MSC v.1929 32 bit (Intel)",
        (false, _) => "",
    };
    // The two lines of sys.version; an environment variable cannot hold both.
    set(
        "RUSTPYTHON_VERSION_LEFT",
        format!("{major}.{minor}.{micro}.alpha ({build})"),
    );
    set(
        "RUSTPYTHON_VERSION_RIGHT",
        format!("[RustPython {version} with {compiler}{library}]"),
    );
    set("RUSTPYTHON_BUILD_INFO", build);
    set("RUSTC_VERSION", compiler);

    set("RUSTPYTHON_GIT_HASH", REVISION);
    set("RUSTPYTHON_GIT_TIMESTAMP", 0);
    set("RUSTPYTHON_GIT_TAG", TAG);
    set("RUSTPYTHON_GIT_BRANCH", TAG);
    set("RUSTPYTHON_GIT_IDENTIFIER", TAG);
    set("RUSTPYTHON_RELEASE_LEVEL", "alpha");
    set("RUSTPYTHON_RELEASE_LEVEL_N", 0xA);
    set("RUSTPYTHON_RELEASE_SERIAL", 0);
    set("RUSTPYTHON_TARGET_TRIPLE", env::var("TARGET").unwrap_or_default());
}

fn set(name: &str, value: impl std::fmt::Display) {
    println!("cargo::rustc-env={name}={value}");
}

fn compiler_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("-V")
        .output()
        .ok()
        .filter(|output| output.status.success());
    output
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map_or_else(|| "rustc [unknown]".into(), |text| text.trim().into())
}
