//! Instances that are nothing but their attributes.

use rustpython_vm::{
    AsObject, Py, PyObject, VirtualMachine,
    builtins::{PyBaseObject, PyDict, PyStrInterned, PyType},
};

/// The names that decide how an instance is reduced.
pub(super) struct Names {
    reduce_ex: &'static PyStrInterned,
    reduce: &'static PyStrInterned,
    getstate: &'static PyStrInterned,
    getattribute: &'static PyStrInterned,
    getnewargs: &'static PyStrInterned,
    getnewargs_ex: &'static PyStrInterned,
    /// How an object crosses that cannot be pickled, or not in that way: as `__reduce__`, for this purpose alone.
    pub(super) ungil_reduce: &'static PyStrInterned,
}

impl Names {
    pub(super) fn new(vm: &VirtualMachine) -> Self {
        Self {
            reduce_ex: vm.ctx.intern_str("__reduce_ex__"),
            reduce: vm.ctx.intern_str("__reduce__"),
            getstate: vm.ctx.intern_str("__getstate__"),
            getattribute: vm.ctx.intern_str("__getattribute__"),
            getnewargs: vm.ctx.intern_str("__getnewargs__"),
            getnewargs_ex: vm.ctx.intern_str("__getnewargs_ex__"),
            ungil_reduce: vm.ctx.intern_str("__ungil_reduce__"),
        }
    }

    /// True if `object.__reduce_ex__` is what reduces instances of the class, and would give nothing but `__dict__`.
    pub(super) fn plain(&self, vm: &VirtualMachine, object: &PyObject, dispatch: Option<&Py<PyDict>>) -> bool {
        let class = object.class();
        if object.downcast_ref::<PyBaseObject>().is_none() || class.slots.member_count != 0 {
            return false;
        }
        let root = vm.ctx.types.object_type;
        let sizes = |class: &Py<PyType>| (class.slots.basicsize, class.slots.itemsize);
        if sizes(class) != sizes(root) || has_members(class) {
            return false;
        }
        let untouched = [self.reduce_ex, self.reduce, self.getstate, self.getattribute]
            .into_iter()
            .all(|name| match (class.get_attr(name), root.get_attr(name)) {
                (Some(own), Some(inherited)) => own.is(&inherited),
                (own, inherited) => own.is_none() && inherited.is_none(),
            });
        untouched
            && class.get_attr(self.getnewargs).is_none()
            && class.get_attr(self.getnewargs_ex).is_none()
            && class.get_attr(self.ungil_reduce).is_none()
            && !dispatch.is_some_and(|table| table.contains_key(class.as_object(), vm))
    }
}

/// True if it, or a base of it, has slots that hold values.
fn has_members(class: &Py<PyType>) -> bool {
    class.mro_collect().iter().any(|class| {
        let slots = class.heaptype_ext.as_ref().and_then(|ext| ext.slots.as_ref());
        slots.is_some_and(|slots| !slots.is_empty())
    })
}
