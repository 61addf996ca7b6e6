//! Interpreters that look attributes up whose entries of the method cache are one and the same, and tell whether the reference
//! counts of what they looked up are what they were.
//!
//! In the unpatched VM's one cache for the process, a reader takes the pointer out of an entry and counts a reference on it
//! before it finds out that the entry is another thread's by now. `Counts::lost` is how far off the counts were when all
//! threads had come to rest.

use rustpython_vm::builtins::{PyBaseExceptionRef, PyStrInterned, PyType, PyTypeRef};
use rustpython_vm::{AsObject, PyObjectRef, VirtualMachine, compiler::Mode};
use std::sync::Barrier;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Of the method cache.
const ENTRIES: usize = 4096;
/// Counts that may be lost before something is freed that is in use.
const SPARE: usize = 1 << 20;
const CLASS: &str = "
class Kind:
    def method(self): pass
";

pub struct Counts {
    /// Successful and not, of this thread.
    pub lookups: u64,
    /// References of this thread's object that nobody holds, less those that are held and not counted, in absolute figures.
    pub lost: u64,
    /// Lookups that found another object than this thread's.
    pub strangers: u64,
}

/// Looks up for so long, one entry after the other: where an entry lies in the lines of the processor's cache matters.
pub fn look_up(vm: &VirtualMachine, together: &Barrier, time: Duration) -> Result<Counts, String> {
    const PLACES: usize = 8;
    let (kind, method) = class(vm)?;
    let name = vm.ctx.intern_str("method");
    let spare: Vec<PyObjectRef> = (0..SPARE).map(|_| method.clone()).collect();
    let mut counts = Counts {
        lookups: 0,
        lost: 0,
        strangers: 0,
    };
    for place in 0..PLACES {
        move_to(&kind, name, place * ENTRIES / PLACES + place)?;
        together.wait();
        let before = method.strong_count();
        together.wait();
        let until = Instant::now() + time / PLACES as u32;
        while Instant::now() < until {
            for _ in 0..1000 {
                let found = kind.get_attr(name);
                counts.strangers += u64::from(!found.is_some_and(|found| found.is(&method)));
            }
            counts.lookups += 1000;
        }
        together.wait();
        counts.lost += method.strong_count().abs_diff(before) as u64;
    }
    // What is not counted right must not be freed.
    std::mem::forget(spare);
    Ok(counts)
}

fn class(vm: &VirtualMachine) -> Result<(PyTypeRef, PyObjectRef), String> {
    let attempt = || {
        let code = vm
            .compile(CLASS, Mode::Exec, "<counts>")
            .map_err(|error| vm.new_value_error(error.to_string()))?;
        let scope = vm.new_scope_with_builtins();
        vm.run_code_obj(code, scope.clone())?;
        let kind = scope.globals.get_item("Kind", vm)?;
        let method = kind.get_attr("method", vm)?;
        let kind = kind.downcast::<PyType>();
        Ok((kind.map_err(|_| vm.new_type_error("a class"))?, method))
    };
    attempt().map_err(|exception: PyBaseExceptionRef| exception.as_object().class().name().to_string())
}

/// Gives the class new versions, as every change of a class does, until its entry for the name is this one.
fn move_to(kind: &PyTypeRef, name: &'static PyStrInterned, entry: usize) -> Result<(), String> {
    let address = std::ptr::from_ref(name).addr() >> 3;
    for _ in 0..1000 * ENTRIES {
        if (kind.tp_version_tag.load(Ordering::Relaxed) as usize ^ address) % ENTRIES == entry {
            return Ok(());
        }
        kind.modified();
        // The lookup is what gives it a version.
        kind.get_attr(name);
    }
    Err(format!("no version of the class has the entry {entry}"))
}
