//! Functions by value: the code, what it was made with, and the globals that it refers to.

use std::sync::Arc;

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyDict, PyFunction, PyModule, PyStr, PyTuple},
    bytecode::CodeFlags,
};

use super::{
    code::CodeImage,
    error::{Packing, Stop},
    fragment::Root,
    frame::{Label, Step},
    globals::{importable, submodules},
    op::{GlobalName, Op},
    pack::Packer,
    world,
};

/// What a function is made from before the rest is filled in.
pub(super) struct FunctionImage {
    /// Unique in the process.
    pub(super) id: u64,
    pub(super) code: Arc<CodeImage>,
    pub(super) globals: Globals,
}

/// Where a shipped function looks up its globals.
#[derive(Clone)]
pub(super) enum Globals {
    /// In that module, as it does at home.
    Module(Box<str>),
    /// In a dict that all functions share which shared one at home.
    Space {
        id: u64,
        name: Box<str>,
        file: Option<Box<str>>,
    },
}

/// The parts that are filled in, in the order of their bits.
pub(super) const PARTS: [&str; 8] = [
    "__defaults__",
    "__kwdefaults__",
    "__annotate__",
    "__annotations__",
    "__dict__",
    "__doc__",
    "__module__",
    NAMES,
];
/// Not an attribute: name, qualified name and type parameters.
pub(super) const NAMES: &str = "names";

/// Names that every dict of globals has of its own.
const NOT_SENT: [&str; 5] = ["__builtins__", "__loader__", "__spec__", "__name__", "__package__"];

impl Packer<'_> {
    pub(super) fn function(&mut self, function: &Py<PyFunction>) -> Packing {
        if let Some(global) = self.own_name(function.as_object())? {
            self.atom(function.as_object(), Op::Global(Box::new(global)));
            return Ok(());
        }
        self.function_by_value(function)
    }

    fn function_by_value(&mut self, function: &Py<PyFunction>) -> Packing {
        let vm = self.vm;
        let object = function.as_object();
        let code = downcast::<PyCode>(vm, object.get_attr("__code__", vm)?)?;
        let globals = downcast::<PyDict>(vm, object.get_attr("__globals__", vm)?)?;
        let image = self.image(function, &code, &globals)?;
        let closed = code.freevars.is_empty();
        let stamp = function.get_version_for_current_state();
        if closed && let Some(fragment) = self.fragment(object, Root::Function(image.id), stamp)? {
            self.atom(object, Op::Fragment(fragment));
            return Ok(());
        }
        let cells = self.cells(object, &code, image.id)?;
        self.emit(Op::Function(image.clone()));
        self.keep(object);

        let mut steps = vec![Step::Tolerate(false)];
        for (slot, name, content) in cells {
            steps.push(Step::Emit(Op::Load(slot)));
            if &*name == "__classdict__" {
                self.class_dict(content, &mut steps)?;
            } else {
                // Nobody counts versions of what a variable of a function holds.
                if &*name != "__class__"
                    && let Some(notes) = &mut self.notes
                {
                    notes.changing = true;
                }
                steps.push(Step::Visit(content, Label::Variable(name)));
            }
            steps.push(Step::Emit(Op::FillCell));
        }
        self.parts(object, &code, &globals, &mut steps)?;
        if let Globals::Space { id, .. } = image.globals {
            self.globals(id, &globals, &image.code, &mut steps)?;
        }
        steps.push(Step::Leave);
        self.plan(steps);
        Ok(())
    }

    /// What was made of it when it was packed before, if it is still the same.
    fn image(
        &mut self,
        function: &Py<PyFunction>,
        code: &Py<PyCode>,
        globals: &Py<PyDict>,
    ) -> Packing<Arc<FunctionImage>> {
        let vm = self.vm;
        let object = function.as_object();
        // It changes when the function is given other code or defaults, which makes another function of it elsewhere.
        let stamp = function.get_version_for_current_state();
        if let Some(image) = world::with(|world| world.functions.find(object, stamp)) {
            return Ok(image);
        }
        let image = Arc::new(FunctionImage {
            id: world::next_id(),
            code: world::code_image(vm, code)?,
            globals: globals_of(vm, globals)?,
        });
        let weak = object.downgrade(None, vm)?;
        world::with(|world| world.functions.insert(weak, object, image.id, true, image.clone()));
        Ok(image)
    }

    /// Emits the cells, and returns those that are new in this parcel, with their content.
    fn cells(&mut self, object: &PyObject, code: &Py<PyCode>, id: u64) -> Packing<Vec<(u32, Box<str>, PyObjectRef)>> {
        let vm = self.vm;
        let mut fresh = Vec::new();
        let closure = object.get_attr("__closure__", vm)?;
        let Some(closure) = closure.downcast_ref::<PyTuple>() else {
            return Ok(fresh);
        };
        for (index, cell) in closure.as_slice().iter().enumerate() {
            if let Some(slot) = self.memo.get(cell) {
                self.emit(Op::Load(slot));
                continue;
            }
            let slot = self.memo.len() as u32;
            self.emit(Op::Cell(Box::new((id, index))));
            self.keep(cell);
            match cell.get_attr("cell_contents", vm) {
                Ok(content) => {
                    let name = code.freevars.get(index).map_or("", |name| name.as_str());
                    fresh.push((slot, name.into(), content));
                }
                // Empty: the function is used before its variable is set.
                Err(error) if error.fast_isinstance(vm.ctx.exceptions.value_error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(fresh)
    }

    /// The namespace of a class, which its annotations look names up in: the receiver's class has one of its own.
    fn class_dict(&mut self, content: PyObjectRef, steps: &mut Vec<Step>) -> Packing {
        let vm = self.vm;
        match self.class_dicts.get(&content.get_id()) {
            Some(class) => {
                let vars = vm.builtins.get_attr("vars", vm)?;
                let args = vm.ctx.new_tuple(vec![class.clone()]);
                steps.push(Step::Tolerate(true));
                steps.push(Step::Visit(vars, Label::Hidden));
                steps.push(Step::Visit(args.into(), Label::Hidden));
                steps.push(Step::Emit(Op::Call));
                steps.push(Step::Leave);
            }
            None => steps.push(Step::Visit(vm.ctx.new_dict().into(), Label::Hidden)),
        }
        Ok(())
    }

    fn parts(&mut self, object: &PyObject, code: &Py<PyCode>, globals: &Py<PyDict>, steps: &mut Vec<Step>) -> Packing {
        let vm = self.vm;
        let mut mask = 0;
        for (bit, part) in PARTS.into_iter().enumerate() {
            let value = match part {
                NAMES => names(vm, object, code)?,
                "__annotations__" if mask & 0b100 != 0 => None,
                _ => Some(object.get_attr(part, vm)?),
            };
            let Some(value) = value else {
                continue;
            };
            let given = match part {
                NAMES => true,
                "__doc__" => !is_doc_of(vm, &value, code),
                "__module__" => !is_name_of(vm, &value, globals)?,
                _ => !vm.is_none(&value) && !value.downcast_ref::<PyDict>().is_some_and(|dict| dict.is_empty()),
            };
            if given {
                mask |= 1 << bit;
                let label = if part == NAMES { "__qualname__" } else { part };
                steps.push(Step::Visit(value, Label::Attribute(label)));
            }
        }
        steps.push(Step::Emit(Op::FillFunction(mask)));
        Ok(())
    }

    /// The globals that the code refers to, as they are now.
    fn globals(&mut self, space: u64, globals: &Py<PyDict>, code: &CodeImage, steps: &mut Vec<Step>) -> Packing {
        let vm = self.vm;
        for name in code.globals.iter().filter(|name| !NOT_SENT.contains(&&***name)) {
            // What is not there is among the builtins, or not defined yet.
            let Some(value) = globals.get_item_opt(&**name, vm)? else {
                if let Some(notes) = &mut self.notes {
                    notes.absent.push((space, name.clone()));
                }
                continue;
            };
            if let Some(module) = value.downcast_ref::<PyModule>() {
                for part in submodules(vm, module, code)? {
                    steps.push(Step::Visit(part, Label::Global(name.clone())));
                    steps.push(Step::Emit(Op::Drop(1)));
                }
            }
            if !self.sent.insert((space, name.clone())) {
                continue;
            }
            let version = world::version_of(vm, space, name, &value);
            steps.push(Step::Visit(value, Label::Global(name.clone())));
            steps.push(Step::Emit(Op::SetGlobal(Box::new(GlobalName {
                globals: space,
                name: name.clone(),
                version,
            }))));
        }
        Ok(())
    }
}

fn downcast<T: rustpython_vm::PyPayload>(vm: &VirtualMachine, object: PyObjectRef) -> Packing<rustpython_vm::PyRef<T>> {
    object.downcast::<T>().map_err(|object| {
        let class = object.class().name().to_string();
        Stop::Raised(vm.new_type_error(format!("a function has a {class} where none can be")))
    })
}

fn globals_of(vm: &VirtualMachine, globals: &Py<PyDict>) -> Packing<Globals> {
    let entry = |name: &'static str| -> PyResult<Option<Box<str>>> {
        let value = globals.get_item_opt(name, vm)?;
        Ok(value.and_then(|value| Some(value.downcast_ref::<PyStr>()?.to_str()?.into())))
    };
    let name = entry("__name__")?.unwrap_or_else(|| "__main__".into());
    if let Some(module) = importable(vm, &name)
        && module
            .downcast_ref::<PyModule>()
            .is_some_and(|module| module.dict().is(globals))
    {
        return Ok(Globals::Module(name));
    }
    let file = entry("__file__")?;
    Ok(Globals::Space {
        id: world::space_of(globals),
        name,
        file,
    })
}

/// The names, unless they are those of the code.
fn names(vm: &VirtualMachine, object: &PyObject, code: &Py<PyCode>) -> PyResult<Option<PyObjectRef>> {
    let name = object.get_attr("__name__", vm)?;
    let qualname = object.get_attr("__qualname__", vm)?;
    let type_params = object.get_attr("__type_params__", vm)?;
    let is =
        |value: &PyObject, text: &str| value.downcast_ref::<PyStr>().and_then(|value| value.to_str()) == Some(text);
    let plain = is(&name, code.obj_name.as_str()) && is(&qualname, code.qualname.as_str());
    let generic = type_params
        .downcast_ref::<PyTuple>()
        .is_some_and(|params| !params.as_slice().is_empty());
    Ok((!plain || generic).then(|| vm.ctx.new_tuple(vec![name, qualname, type_params]).into()))
}

/// True if the function gets this docstring from its code anyway.
fn is_doc_of(vm: &VirtualMachine, doc: &PyObject, code: &Py<PyCode>) -> bool {
    if !code.flags.contains(CodeFlags::HAS_DOCSTRING) {
        return vm.is_none(doc);
    }
    let constant = code.constants.first().map(std::borrow::Borrow::<PyObject>::borrow);
    constant.is_some_and(|constant| constant.is(doc))
}

/// True if the function gets this module from its globals anyway.
fn is_name_of(vm: &VirtualMachine, module: &PyObject, globals: &Py<PyDict>) -> PyResult<bool> {
    let name = vm.unwrap_or_none(globals.get_item_opt("__name__", vm)?);
    Ok(module.is(&name) || text_of(module).is_some_and(|module| Some(module) == text_of(&name)))
}

fn text_of(object: &PyObject) -> Option<&str> {
    object.downcast_ref::<PyStr>()?.to_str()
}
