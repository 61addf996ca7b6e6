//! A Python exception becomes data, on its own thread, before it crosses.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyRef, VirtualMachine,
    builtins::{PyBaseException, PyBaseExceptionRef, PyCode, PyInt, PyList, PyStr, PyTuple, PyTypeRef},
};

use super::Sources;
use crate::error::{Error, Exception, Frame, SyntaxDetail};

/// A story of more exceptions than this is cut: a loop that builds them told it.
const MOST_EXCEPTIONS: usize = 100;

/// The way to the exception that is being converted: it may be reached twice, but not from itself.
#[derive(Default)]
struct Walk {
    path: Vec<usize>,
    visited: usize,
}

/// What the exception means to the host: an exit, or an exception with all its data.
pub(crate) fn exception_to_error(vm: &VirtualMachine, exception: PyBaseExceptionRef) -> Error {
    if exception.fast_isinstance(vm.ctx.exceptions.system_exit) {
        return exit_to_error(vm, &exception);
    }
    Error::Exception(Box::new(exception_to_data(vm, &exception)))
}

/// The exception with its frames, source lines, chain, notes and members.
fn exception_to_data(vm: &VirtualMachine, exception: &Py<PyBaseException>) -> Exception {
    convert(vm, exception, &mut Walk::default())
}

/// Where a frame is, as data.
pub(crate) fn frame_data(code: &Py<PyCode>, line: u32) -> Frame {
    let file = code.source_path().to_string();
    let source_line = Sources::line(&file, line);
    Frame::new(file, line, code.code.qualname.to_string(), source_line)
}

fn exit_to_error(vm: &VirtualMachine, exception: &Py<PyBaseException>) -> Error {
    let code = attribute(vm, exception.as_object(), "code").unwrap_or_else(|| vm.ctx.none());
    if vm.is_none(&code) {
        return Error::Exit { code: 0, message: None };
    }
    match code.downcast_ref::<PyInt>() {
        Some(code) => Error::Exit {
            code: i32::try_from(code.as_bigint()).unwrap_or(-1),
            message: None,
        },
        None => Error::Exit {
            code: 1,
            message: Some(text(vm, &code)),
        },
    }
}

fn convert(vm: &VirtualMachine, exception: &Py<PyBaseException>, walk: &mut Walk) -> Exception {
    walk.path.push(exception.as_object().get_id());
    walk.visited += 1;
    let class = exception.class().to_owned();
    let (module, type_name) = class_name(vm, &class);
    let syntax = exception
        .fast_isinstance(vm.ctx.exceptions.syntax_error)
        .then(|| syntax_detail(vm, exception));
    let message = match &syntax {
        Some(_) => attribute(vm, exception.as_object(), "msg").map(|msg| text(vm, &msg)),
        None => None,
    };
    let message = message.unwrap_or_else(|| text(vm, exception.as_object()));
    let mut follow = |next: Option<PyRef<PyBaseException>>| {
        let next = next?;
        let fresh = walk.visited < MOST_EXCEPTIONS && !walk.path.contains(&next.as_object().get_id());
        fresh.then(|| Box::new(convert(vm, &next, walk)))
    };
    let cause = follow(exception.__cause__());
    let context = follow(exception.__context__());
    let group = members(vm, exception).map(|members| {
        members
            .into_iter()
            .filter_map(|member| follow(Some(member)).map(|member| *member))
            .collect()
    });
    walk.path.pop();
    Exception {
        type_name,
        module,
        base_names: class
            .mro_collect()
            .iter()
            .skip(1)
            .map(|base| base.name().to_string())
            .collect(),
        message: if group.is_some() {
            group_message(vm, exception).unwrap_or(message)
        } else {
            message
        },
        frames: frames(exception),
        notes: notes(vm, exception),
        cause,
        context,
        suppress_context: attribute(vm, exception.as_object(), "__suppress_context__")
            .and_then(|flag| flag.try_to_bool(vm).ok())
            .unwrap_or(false),
        group,
        syntax,
    }
}

fn class_name(vm: &VirtualMachine, class: &PyTypeRef) -> (Option<String>, String) {
    let name = class
        .__qualname__(vm)
        .downcast_ref::<PyStr>()
        .map_or_else(|| class.name().to_string(), |name| name.to_string_lossy().into_owned());
    let module = class
        .__module__(vm)
        .ok()
        .and_then(|module| module.downcast_ref::<PyStr>().map(|m| m.to_string_lossy().into_owned()))
        .filter(|module| module != "builtins");
    (module, name)
}

fn frames(exception: &Py<PyBaseException>) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut next = exception.__traceback__();
    while let Some(traceback) = next {
        let line = u32::try_from(traceback.lineno.get()).unwrap_or(0);
        frames.push(frame_data(&traceback.frame.f_code(), line));
        next = traceback.next.lock().clone();
    }
    if frames.iter().all(is_import_machinery) {
        return frames;
    }
    frames.retain(|frame| !is_import_machinery(frame));
    frames
}

/// Python hides these too: between an import and the module that failed they only distract.
fn is_import_machinery(frame: &Frame) -> bool {
    frame.file.starts_with("<frozen importlib.") || matches!(frame.file.as_str(), "_ungil_finder" | "_ungil_plugin")
}

fn syntax_detail(vm: &VirtualMachine, exception: &Py<PyBaseException>) -> SyntaxDetail {
    let object = exception.as_object();
    let number = |name| {
        attribute(vm, object, name)
            .and_then(|value| {
                value
                    .downcast_ref::<PyInt>()
                    .and_then(|int| u32::try_from(int.as_bigint()).ok())
            })
            .unwrap_or(0)
    };
    let string = |name| {
        attribute(vm, object, name).and_then(|value| {
            value
                .downcast_ref::<PyStr>()
                .map(|text| text.to_string_lossy().into_owned())
        })
    };
    SyntaxDetail {
        file: string("filename").unwrap_or_else(|| "<string>".to_owned()),
        line: number("lineno"),
        column: number("offset"),
        end_line: number("end_lineno"),
        end_column: number("end_offset"),
        text: string("text").map(|text| text.trim_end_matches(['\n', '\r']).to_owned()),
        incomplete: exception.fast_isinstance(vm.ctx.exceptions.incomplete_input_error),
    }
}

fn notes(vm: &VirtualMachine, exception: &Py<PyBaseException>) -> Vec<String> {
    let Some(notes) = attribute(vm, exception.as_object(), "__notes__") else {
        return Vec::new();
    };
    match notes.downcast_ref::<PyList>() {
        Some(list) => {
            let notes = list.borrow_vec().to_vec();
            notes.iter().map(|note| text(vm, note)).collect()
        }
        None => Vec::new(),
    }
}

fn members(vm: &VirtualMachine, exception: &Py<PyBaseException>) -> Option<Vec<PyBaseExceptionRef>> {
    if !exception.fast_isinstance(vm.ctx.exceptions.base_exception_group) {
        return None;
    }
    let members = attribute(vm, exception.as_object(), "exceptions")?;
    let members = members.downcast_ref::<PyTuple>()?;
    Some(
        members
            .as_slice()
            .iter()
            .filter_map(|member| member.clone().downcast::<PyBaseException>().ok())
            .collect(),
    )
}

fn group_message(vm: &VirtualMachine, exception: &Py<PyBaseException>) -> Option<String> {
    // str() counts the members; a traceback shows the same text, so it is taken as it is.
    exception
        .as_object()
        .str(vm)
        .ok()
        .map(|text| text.to_string_lossy().into_owned())
}

fn attribute(vm: &VirtualMachine, object: &PyObject, name: &'static str) -> Option<PyObjectRef> {
    object.get_attr(name, vm).ok()
}

fn text(vm: &VirtualMachine, object: &PyObject) -> String {
    match object.str(vm) {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(_) => "<exception str() failed>".to_owned(),
    }
}
