//! Objects that say themselves how they are rebuilt, and those for which `_ungil_reduce` says it.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyBaseExceptionRef, PyDict, PyDictRef, PyStr, PyTuple, PyTupleRef},
    function::IntoFuncArgs,
};

use super::{
    error::{Packing, Stop, refuse},
    frame::{Label, Step},
    op::Op,
    pack::Packer,
};

/// Python objects that packing needs, looked up when they are first needed.
#[derive(Default)]
pub(super) struct Tools {
    copyreg: Option<Copyreg>,
    helper: Option<PyObjectRef>,
    table: Option<PyDictRef>,
}

#[derive(Clone)]
struct Copyreg {
    dispatch_table: Option<PyDictRef>,
    newobj: PyObjectRef,
    newobj_ex: PyObjectRef,
}

impl Tools {
    fn copyreg(&mut self, vm: &VirtualMachine) -> PyResult<Copyreg> {
        if let Some(known) = &self.copyreg {
            return Ok(known.clone());
        }
        let module = vm.import("copyreg", 0)?;
        let found = Copyreg {
            dispatch_table: module.get_attr("dispatch_table", vm)?.downcast().ok(),
            newobj: module.get_attr("__newobj__", vm)?,
            newobj_ex: module.get_attr("__newobj_ex__", vm)?,
        };
        Ok(self.copyreg.insert(found).clone())
    }

    /// What `copyreg.pickle` was told.
    pub(super) fn dispatch_table(&mut self, vm: &VirtualMachine) -> Option<PyDictRef> {
        self.copyreg(vm).ok()?.dispatch_table
    }

    /// The module that knows kinds which cannot be pickled.
    fn helper(&mut self, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
        if let Some(known) = &self.helper {
            return Ok(known.clone());
        }
        let module = vm.import("_ungil_reduce", 0)?;
        Ok(self.helper.insert(module).clone())
    }

    /// Calls a function of the helper.
    pub(super) fn ask(&mut self, vm: &VirtualMachine, name: &str, args: impl IntoFuncArgs) -> PyResult {
        let helper = self.helper(vm)?;
        vm.call_method(&helper, name, args)
    }

    /// The function of the helper for exactly this class.
    fn reducer(&mut self, vm: &VirtualMachine, class: &PyObject) -> PyResult<Option<PyObjectRef>> {
        let table = match &self.table {
            Some(known) => known.clone(),
            None => {
                let table = self.helper(vm)?.get_attr("table", vm)?;
                let table = table.downcast::<PyDict>();
                let table = table.map_err(|_| vm.new_type_error("_ungil_reduce.table must be a dict"))?;
                self.table.insert(table).clone()
            }
        };
        table.get_item_opt(class, vm)
    }
}

impl Packer<'_> {
    /// Packs what it is rebuilt from.
    pub(super) fn reduced(&mut self, object: &PyObject) -> Packing {
        // Fields of dataclasses are marked with such.
        if let Some(global) = self.singleton(object)? {
            self.atom(object, Op::Global(Box::new(global)));
            return Ok(());
        }
        self.careful()?;
        if !self.enter(object) {
            let class = object.class().name().to_string();
            return refuse(format!("a {class} that refers to itself through what it is made from"));
        }
        let reduced = match self.reduce(object) {
            Ok(reduced) => reduced,
            Err(raised) => return Err(self.refused(object, raised)),
        };
        if let Some(name) = reduced.downcast_ref::<PyStr>() {
            let name = name.to_string_lossy().into_owned();
            return self.global_by_name(object, &name);
        }
        match reduced.downcast::<PyTuple>() {
            Ok(parts) if (2..=6).contains(&parts.as_slice().len()) => self.rebuild(object, &parts),
            _ => {
                let class = object.class().name().to_string();
                refuse(format!(
                    "the __reduce_ex__ of {class} gave neither a str nor a tuple of 2 to 6 parts"
                ))
            }
        }
    }

    fn reduce(&mut self, object: &PyObject) -> PyResult {
        let vm = self.vm;
        let class = object.class().to_owned();
        if object.downcast_ref::<PyBaseException>().is_some() {
            return self.tools.ask(vm, "exception", (object.to_owned(),));
        }
        if class.get_attr(self.names.ungil_reduce).is_some() {
            return vm.call_method(object, "__ungil_reduce__", ());
        }
        if let Some(reducer) = self.tools.reducer(vm, class.as_object())? {
            return reducer.call((object.to_owned(),), vm);
        }
        if let Some(table) = self.tools.dispatch_table(vm)
            && let Some(reducer) = table.get_item_opt(class.as_object(), vm)?
        {
            return reducer.call((object.to_owned(),), vm);
        }
        vm.call_method(object, "__reduce_ex__", (4,))
    }

    /// A `TypeError` is how objects say that they cannot be pickled; anything else is an error of theirs.
    fn refused(&self, object: &PyObject, raised: PyBaseExceptionRef) -> Stop {
        let errors = &self.vm.ctx.exceptions;
        if !raised.fast_isinstance(errors.type_error) && !raised.fast_isinstance(errors.attribute_error) {
            return Stop::Raised(raised);
        }
        let class = object.class().name().to_string();
        Stop::Refused {
            message: format!("a {class} cannot be sent to another interpreter"),
            cause: Some(raised),
        }
    }

    fn rebuild(&mut self, object: &PyObject, parts: &PyTupleRef) -> Packing {
        let vm = self.vm;
        let copyreg = self.tools.copyreg(vm)?;
        let part = |index: usize| parts.as_slice().get(index).filter(|part| !vm.is_none(part)).cloned();
        let callable = parts.as_slice()[0].clone();
        let args = parts.as_slice()[1].clone();
        let Some(args_tuple) = args.downcast_ref::<PyTuple>() else {
            return refuse("its __reduce_ex__ gave arguments that are not a tuple");
        };
        let slice = args_tuple.as_slice();
        // Keeps what the parts refer to counted until all of it is packed.
        let mut steps = Vec::new();
        if callable.is(&copyreg.newobj) && !slice.is_empty() {
            let rest = vm.ctx.new_tuple(slice[1..].to_vec());
            steps.push(Step::Visit(slice[0].clone(), Label::Attribute("__class__")));
            steps.push(Step::Visit(rest.into(), Label::Hidden));
            steps.push(Step::Emit(Op::New));
        } else if callable.is(&copyreg.newobj_ex) && slice.len() == 3 {
            for part in slice {
                steps.push(Step::Visit(part.clone(), Label::Hidden));
            }
            steps.push(Step::Emit(Op::NewWith));
        } else {
            steps.push(Step::Visit(callable, Label::Hidden));
            steps.push(Step::Visit(args.clone(), Label::Hidden));
            steps.push(Step::Emit(Op::Call));
        }
        steps.push(Step::Define(object.to_owned()));
        steps.push(Step::Close(object.to_owned()));
        if let Some(items) = part(3) {
            let items = elements(vm, &items)?;
            let count = items.len();
            let visits = items.into_iter().enumerate();
            steps.extend(visits.map(|(index, item)| Step::Visit(item, Label::Index(index))));
            steps.push(Step::Emit(Op::Append(count)));
        }
        if let Some(items) = part(4) {
            let pairs = elements(vm, &items)?;
            let count = pairs.len();
            for pair in pairs {
                let pair = pair.downcast::<PyTuple>().ok();
                let Some([key, value]) = pair.as_ref().map(|pair| pair.as_slice()) else {
                    return refuse("its __reduce_ex__ gave items of a dict that are not pairs");
                };
                steps.push(Step::Visit(key.clone(), Label::Attribute("keys()")));
                steps.push(Step::Visit(value.clone(), Label::Key(key.clone())));
            }
            steps.push(Step::Emit(Op::SetItems(count)));
        }
        if let Some(state) = part(2) {
            match part(5) {
                Some(setter) => {
                    steps.push(Step::Visit(setter, Label::Hidden));
                    steps.push(Step::Visit(state, Label::State));
                    steps.push(Step::Emit(Op::SetState));
                }
                None => {
                    steps.push(Step::Visit(state, Label::State));
                    steps.push(Step::Emit(Op::State));
                }
            }
        }
        self.plan(steps);
        Ok(())
    }
}

fn elements(vm: &VirtualMachine, iterable: &PyObject) -> PyResult<Vec<PyObjectRef>> {
    let iterator = iterable.to_owned().get_iter(vm)?;
    iterator.iter::<PyObjectRef>(vm)?.collect()
}
