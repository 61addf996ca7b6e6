//! Installed packages: where they are found, what is kept of them, and what is said about those that need more than Python.
//!
//! The packages here are written by the tests; real ones are in `packages.rs`.

#[allow(dead_code)]
#[path = "command/harness.rs"]
mod harness;

#[path = "site_packages/adjustments.rs"]
mod adjustments;
#[path = "site_packages/bytecode.rs"]
mod bytecode;
#[path = "site_packages/embedded.rs"]
mod embedded;
#[path = "site_packages/extensions.rs"]
mod extensions;
#[path = "site_packages/from_the_command.rs"]
mod from_the_command;

use harness::{Folder, Outcome};

/// Where a virtual environment of CPython has its packages.
#[cfg(unix)]
const PACKAGES: &str = "venv/lib/python3.13/site-packages";
#[cfg(windows)]
const PACKAGES: &str = "venv/Lib/site-packages";

/// A virtual environment as pip leaves it, with a package, its metadata, and what `.pth` files can hold.
fn environment() -> Folder {
    Folder::new()
        .with("venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.13.1\n")
        .with(&format!("{PACKAGES}/prices/__init__.py"), "from .tax import gross\n")
        .with(
            &format!("{PACKAGES}/prices/tax.py"),
            "def gross(net):\n    return net * 1.25\n",
        )
        .with(
            &format!("{PACKAGES}/prices-2.1.dist-info/METADATA"),
            "Metadata-Version: 2.1\nName: prices\nVersion: 2.1\n",
        )
        .with(
            &format!("{PACKAGES}/prices-2.1.dist-info/entry_points.txt"),
            "[shop.rules]\ngross = prices.tax:gross\n",
        )
        .with(
            &format!("{PACKAGES}/_linked.pth"),
            "\u{feff}# a comment\n\n../../../../linked\nnowhere\n",
        )
        .with(
            &format!("{PACKAGES}/hook.pth"),
            "import sys; sys.found_from = sys._getframe(1).f_locals['sitedir']\n",
        )
        .with("linked/editable.py", "NAME = 'editable'\n")
}

fn succeeds(outcome: &Outcome) {
    assert!(
        outcome.status == Some(0) && outcome.stderr.is_empty(),
        "status {:?}\n{}\n{}",
        outcome.status,
        outcome.stdout,
        outcome.stderr
    );
}
