//! Classes: by name where they can be imported, by value otherwise.

use std::sync::Arc;

use rustpython_vm::{
    AsObject, Py, PyObjectRef,
    builtins::{PyTuple, PyType},
    types::PyTypeFlags,
};

use super::{
    error::{Packing, refuse},
    frame::{Label, Step},
    op::Op,
    pack::Packer,
    world,
};

/// What is the same for a class wherever it is.
pub(super) struct ClassImage {
    /// Unique in the process.
    pub(super) id: u64,
}

impl Packer<'_> {
    pub(super) fn class(&mut self, class: &Py<PyType>) -> Packing {
        let object = class.as_object();
        if let Some(global) = self.own_name(object)? {
            self.atom(object, Op::Global(Box::new(global)));
            return Ok(());
        }
        if !class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) || !self.is_scripted(class)? {
            return self.native_class(class);
        }
        self.careful()?;
        self.class_by_value(class)
    }

    /// A class of the VM's own that is not found under its name, such as the class of functions.
    fn native_class(&mut self, class: &Py<PyType>) -> Packing {
        let vm = self.vm;
        let found = self.tools.ask(vm, "find_native", (class.to_owned(),))?;
        let parts = found.downcast_ref::<PyTuple>().map(|parts| parts.as_slice().to_vec());
        let text = |object: &PyObjectRef| object.str(vm).map(|text| text.to_string_lossy().into_owned());
        match parts.as_deref() {
            Some([module, name]) => {
                if let Some(global) = self.global_name(class.as_object(), &text(module)?, &text(name)?)? {
                    self.atom(class.as_object(), Op::Global(Box::new(global)));
                    return Ok(());
                }
            }
            Some([value]) => {
                // The class of a singleton.
                let get_type: PyObjectRef = vm.ctx.types.type_type.to_owned().into();
                let args = vm.ctx.new_tuple(vec![value.clone()]);
                self.plan(vec![
                    Step::Visit(get_type, Label::Hidden),
                    Step::Visit(args.into(), Label::Hidden),
                    Step::Emit(Op::Call),
                    Step::Define(class.as_object().to_owned()),
                ]);
                return Ok(());
            }
            _ => {}
        }
        refuse(format!(
            "the native class {} is not found under its name in any module",
            class.name()
        ))
    }

    /// True if it was made by a class statement or a call, so that it can be made again.
    fn is_scripted(&mut self, class: &Py<PyType>) -> Packing<bool> {
        let vm = self.vm;
        let scripted = self.tools.ask(vm, "is_scripted", (class.to_owned(),))?;
        Ok(scripted.try_to_bool(vm)?)
    }

    fn class_by_value(&mut self, class: &Py<PyType>) -> Packing {
        let vm = self.vm;
        let object = class.as_object();
        let image = match world::with(|world| world.classes.find(object)) {
            Some(image) => image,
            None => {
                let image = Arc::new(ClassImage { id: world::next_id() });
                let weak = object.downgrade(None, vm)?;
                world::with(|world| world.classes.insert(weak, object, image.id, true, image.clone()));
                image
            }
        };
        if let Some(dict) = class.attributes.as_dict() {
            self.class_dicts.insert(dict.as_object().get_id(), object.to_owned());
        }
        if !self.enter(object) {
            return refuse(format!(
                "the class {} refers to itself through its bases or slots",
                class.name()
            ));
        }
        let parts = self.tools.ask(vm, "class_parts", (class.to_owned(),))?;
        let parts = parts.downcast_ref::<PyTuple>().map(|parts| parts.as_slice().to_vec());
        let Some([bases, head, first, attributes]) = parts.as_deref() else {
            return refuse("_ungil_reduce.class_parts gave something else than four parts");
        };
        let meta: PyObjectRef = object.class().to_owned().into();
        self.plan(vec![
            Step::Visit(meta, Label::Attribute("__class__")),
            Step::Visit(bases.clone(), Label::Attribute("__bases__")),
            Step::Visit(head.clone(), Label::Hidden),
            Step::Emit(Op::Class(image)),
            Step::Define(object.to_owned()),
            Step::Close(object.to_owned()),
            // Members of an enum come before what may refer to them.
            Step::Visit(first.clone(), Label::State),
            Step::Emit(Op::FillClass),
            Step::Visit(attributes.clone(), Label::State),
            Step::Emit(Op::FillClass),
        ]);
        Ok(())
    }
}
