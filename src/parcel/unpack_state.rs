//! Unpacking what says itself how it is rebuilt.

use rustpython_vm::{
    PyObject, PyObjectRef, PyResult,
    builtins::{PyDict, PyStr, PyTuple},
    function::{FuncArgs, KwArgs},
};

use super::{op::Op, unpack::Machine};

impl Machine<'_> {
    pub(super) fn execute_protocol(&mut self, op: Op) -> PyResult<()> {
        let vm = self.vm;
        match op {
            Op::New => {
                let args = self.tuple()?;
                let class = self.pop()?;
                let mut all = vec![class.clone()];
                all.extend(args.as_slice().iter().cloned());
                let made = class.get_attr("__new__", vm)?.call(all, vm)?;
                self.stack.push(made);
            }
            Op::NewWith => {
                let keywords = self.pop()?;
                let keywords = self.cast::<PyDict>(keywords)?;
                let args = self.tuple()?;
                let class = self.pop()?;
                let mut all = vec![class.clone()];
                all.extend(args.as_slice().iter().cloned());
                let mut names = Vec::new();
                for (name, value) in keywords.items_vec() {
                    names.push((self.cast::<PyStr>(name)?.as_wtf8().to_owned(), value));
                }
                let args = FuncArgs::new(all, KwArgs::new(names.into_iter().collect()));
                let made = class.get_attr("__new__", vm)?.call(args, vm)?;
                self.stack.push(made);
            }
            Op::Call => {
                let args = self.tuple()?;
                let callable = self.pop()?;
                let made = callable.call(args.as_slice().to_vec(), vm)?;
                self.stack.push(made);
            }
            Op::State => {
                let state = self.pop()?;
                let object = self.top()?;
                self.set_state(&object, state)?;
            }
            Op::SetState => {
                let state = self.pop()?;
                let setter = self.pop()?;
                let object = self.top()?;
                setter.call((object, state), vm)?;
            }
            Op::Append(count) => {
                let items = self.take(count)?;
                let object = self.top()?;
                self.append(&object, items)?;
            }
            Op::SetItems(count) => {
                let mut entries = self.take(2 * count)?.into_iter();
                let object = self.top()?;
                while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
                    object.set_item(&*key, value, vm)?;
                }
            }
            other => self.execute_by_value(other)?,
        }
        Ok(())
    }

    fn append(&self, object: &PyObject, items: Vec<PyObjectRef>) -> PyResult<()> {
        let vm = self.vm;
        if items.is_empty() {
            return Ok(());
        }
        // As pickle does it: a class may have its own way to take them.
        let list = vm.ctx.new_list(items);
        if let Some(extend) = vm.get_attribute_opt(object, "extend")? {
            extend.call((list,), vm)?;
            return Ok(());
        }
        let items: Vec<PyObjectRef> = list.borrow_vec().to_vec();
        for item in items {
            vm.call_method(object, "append", (item,))?;
        }
        Ok(())
    }

    fn set_state(&self, object: &PyObject, state: PyObjectRef) -> PyResult<()> {
        let vm = self.vm;
        if let Some(set_state) = vm.get_attribute_opt(object, "__setstate__")? {
            set_state.call((state,), vm)?;
            return Ok(());
        }
        let (dict, slots) = match state.downcast_ref::<PyTuple>().map(|pair| pair.as_slice()) {
            Some([dict, slots]) => (dict.clone(), Some(slots.clone())),
            _ => (state, None),
        };
        if let Some(dict) = dict.downcast_ref::<PyDict>().filter(|dict| !dict.is_empty()) {
            let own = object.get_attr("__dict__", vm)?;
            for (key, value) in dict.items_vec() {
                own.set_item(&*key, value, vm)?;
            }
        }
        if let Some(slots) = slots.as_ref().and_then(|slots| slots.downcast_ref::<PyDict>()) {
            for (name, value) in slots.items_vec() {
                let name = self.cast::<PyStr>(name)?;
                object.set_attr(&*name, value, vm)?;
            }
        }
        Ok(())
    }
}
