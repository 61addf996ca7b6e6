//! Unpacking functions and classes that came by value.

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyDict, PyDictRef, PyTuple},
    function::IntoFuncArgs,
};

use super::{
    function::{FunctionImage, Globals, NAMES, PARTS},
    op::Op,
    unpack::{Machine, import},
    world,
};

impl Machine<'_> {
    pub(super) fn execute_by_value(&mut self, op: Op) -> PyResult<()> {
        let vm = self.vm;
        match op {
            Op::Cell(cell) => {
                let (id, index) = *cell;
                let cell = self.cell(id, index)?;
                self.stack.push(cell);
            }
            Op::FillCell => {
                let content = self.pop()?;
                let cell = self.pop()?;
                if !self.own_cells.contains(&cell.get_id()) {
                    cell.set_attr("cell_contents", content, vm)?;
                }
            }
            Op::Function(image) => {
                let function = self.function(&image)?;
                self.stack.push(function);
            }
            Op::FillFunction(mask) => {
                let values = self.take(mask.count_ones() as usize)?;
                let function = self.top()?;
                if !self.known.contains(&function.get_id()) {
                    fill(vm, &function, mask, values)?;
                }
            }
            Op::SetGlobal(name) => {
                let value = self.pop()?;
                let defined = |dict: &PyDictRef| dict.contains_key(&*name.name, vm);
                if let Some(dict) = world::accept(name.globals, &name.name, name.version, defined) {
                    dict.set_item(&*name.name, value, vm)?;
                }
            }
            Op::Class(image) => {
                let parts = self.take(3)?;
                let known = world::with(|world| world.classes.get(image.id));
                if let Some((class, _)) = known {
                    self.known.insert(class.get_id());
                    self.stack.push(class);
                    return Ok(());
                }
                let class = ask(vm, "make_class", parts)?;
                let weak = class.downgrade(None, vm)?;
                world::with(|world| world.classes.insert(weak, &class, image.id, false, image.clone()));
                world::keep_alive(class.clone());
                self.stack.push(class);
            }
            Op::FillClass => {
                let attributes = self.pop()?;
                let class = self.top()?;
                if !self.known.contains(&class.get_id()) {
                    ask(vm, "fill_class", (class, attributes))?;
                }
            }
            _ => return Err(self.damaged()),
        }
        Ok(())
    }

    /// A cell for that function, or the one that it has if it is here already.
    fn cell(&mut self, id: u64, index: usize) -> PyResult<PyObjectRef> {
        let vm = self.vm;
        let Some((function, home)) = world::with(|world| world.functions.get(id)) else {
            return vm.ctx.types.cell_type.as_object().call((), vm);
        };
        let closure = function.get_attr("__closure__", vm)?;
        let cell = closure
            .downcast_ref::<PyTuple>()
            .and_then(|cells| cells.as_slice().get(index).cloned());
        let cell = cell.ok_or_else(|| self.damaged())?;
        if home {
            self.own_cells.insert(cell.get_id());
        }
        Ok(cell)
    }

    fn function(&mut self, image: &std::sync::Arc<FunctionImage>) -> PyResult<PyObjectRef> {
        let vm = self.vm;
        let code = world::code_object(vm, &image.code);
        let cells = self.take(code.freevars.len())?;
        if let Some((function, _)) = world::with(|world| world.functions.get(image.id)) {
            self.known.insert(function.get_id());
            return Ok(function);
        }
        let globals = globals(vm, &image.globals)?;
        let closure: PyObjectRef = match cells.is_empty() {
            true => vm.ctx.none(),
            false => vm.ctx.new_tuple(cells).into(),
        };
        let none = vm.ctx.none();
        let args = (code, globals, none.clone(), none, closure);
        let function = vm.ctx.types.function_type.as_object().call(args, vm)?;
        let weak = function.downgrade(None, vm)?;
        world::with(|world| world.functions.insert(weak, &function, image.id, false, image.clone()));
        world::keep_alive(function.clone());
        Ok(function)
    }
}

fn ask(vm: &VirtualMachine, name: &str, args: impl IntoFuncArgs) -> PyResult {
    let helper = vm.import("_ungil_reduce", 0)?;
    vm.call_method(&helper, name, args)
}

fn globals(vm: &VirtualMachine, globals: &Globals) -> PyResult<PyDictRef> {
    match globals {
        Globals::Module(name) => {
            let dict = import(vm, name)?.get_attr("__dict__", vm)?;
            dict.downcast::<PyDict>()
                .map_err(|_| vm.new_type_error(format!("{name} is not a module here")))
        }
        Globals::Space { id, name, file } => world::space_dict(*id, |adopts| {
            if adopts && &**name == "__main__" {
                let dict = import(vm, name)?.get_attr("__dict__", vm)?;
                return dict
                    .downcast::<PyDict>()
                    .map_err(|_| vm.new_type_error("__main__ is not a module here"));
            }
            let dict = vm.ctx.new_dict();
            dict.set_item("__name__", vm.ctx.new_str(name.clone()).into(), vm)?;
            dict.set_item("__builtins__", vm.builtins.to_owned().into(), vm)?;
            if let Some(file) = file {
                dict.set_item("__file__", vm.ctx.new_str(file.clone()).into(), vm)?;
            }
            Ok(dict)
        }),
    }
}

fn fill(vm: &VirtualMachine, function: &PyObjectRef, mask: u8, values: Vec<PyObjectRef>) -> PyResult<()> {
    let given = PARTS.into_iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
    for ((_, part), value) in given.zip(values) {
        if part != NAMES {
            function.set_attr(part, value, vm)?;
            continue;
        }
        let names = value.downcast_ref::<PyTuple>().map(|names| names.as_slice());
        if let Some([name, qualname, type_params]) = names {
            function.set_attr("__name__", name.clone(), vm)?;
            function.set_attr("__qualname__", qualname.clone(), vm)?;
            function.set_attr("__type_params__", type_params.clone(), vm)?;
        }
    }
    Ok(())
}
