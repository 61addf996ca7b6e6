//! Two finders that `import` asks about packages: for those that are adjusted when they are imported, and for what
//! cannot be imported because it is compiled for CPython.
//!
//! Both are native and decide at once about what does not concern them: an interpreter that imports neither pays for
//! neither. What they do is Python: `ungil.compat`, and `_ungil_extensions`.

use rustpython_vm::{
    AsObject, PyPayload, PyResult, VirtualMachine,
    builtins::{PyListRef, PyNamespace, PyStr},
    function::FuncArgs,
};

use super::closure::closure;

/// The modules that `ungil.compat` adjusts; its own list must name the same.
pub(super) const ADJUSTED: [&str; 8] = [
    "dask.bag.core",
    "dask.delayed",
    "dask.diagnostics.progress",
    "joblib.parallel",
    "rich.live",
    "rich.progress",
    "anyio._backends._asyncio",
    "prompt_toolkit.application.application",
];

/// What `site` tries to import at each start, and hardly anybody has: no reason to load what explains.
const OPTIONAL: [&str; 2] = ["sitecustomize", "usercustomize"];

/// Adds the finders to `sys.meta_path`: one before the finder that looks in folders, one behind all others.
pub(super) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let finders: PyListRef = vm.sys_module.get_attr("meta_path", vm)?.try_into_value(vm)?;
    let adjusting = finder(vm, "ungil.compat", |name| ADJUSTED.contains(&name))?;
    let explaining = finder(vm, "_ungil_extensions", |name| !OPTIONAL.contains(&name))?;
    let mut finders = finders.borrow_vec_mut();
    let last = finders.len().saturating_sub(1);
    finders.insert(last, adjusting);
    finders.push(explaining);
    Ok(())
}

/// A finder that leaves the names it is concerned with to the `find_spec` of a module.
fn finder(vm: &VirtualMachine, module: &'static str, concerns: fn(&str) -> bool) -> PyResult {
    let finder = PyNamespace::default().into_ref(&vm.ctx);
    let find_spec = closure(vm, "find_spec", move |args: FuncArgs, vm| -> PyResult {
        let name = args.args.first().and_then(|name| name.downcast_ref::<PyStr>());
        if name.and_then(|name| name.to_str()).is_some_and(concerns) {
            find(vm, module)?.call(args, vm)
        } else {
            Ok(vm.ctx.none())
        }
    });
    finder.as_object().set_attr("find_spec", find_spec, vm)?;
    Ok(finder.into())
}

/// The function, which is imported when it is first needed.
fn find(vm: &VirtualMachine, module: &'static str) -> PyResult {
    let names = vm.ctx.new_tuple(vec![vm.ctx.new_str("find_spec").into()]);
    vm.import_from(module, names, 0)?.get_attr("find_spec", vm)
}
