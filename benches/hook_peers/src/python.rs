//! PyO3: ten modules in the one interpreter of the process, whose threads take turns.

use std::ffi::CString;

use pyo3::{prelude::*, types::PyModule};
use pythonize::{depythonize, pythonize};

use crate::hook_order::{Decision, PYTHON, check, each, order, report, throughput};

fn handler() -> PyResult<impl FnMut()> {
    let source = CString::new(PYTHON)?;
    let function = Python::attach(|py| -> PyResult<Py<PyAny>> {
        let module = PyModule::from_code(py, &source, c"handler.py", c"handler")?;
        Ok(module.getattr("on_order")?.unbind())
    })?;
    let order = order();
    Ok(move || {
        Python::attach(|py| {
            let answer = function.call1(py, (pythonize(py, &order).unwrap(),)).unwrap();
            check(&depythonize::<Decision>(answer.bind(py)).unwrap());
        });
    })
}

pub fn measure() -> PyResult<()> {
    let version = Python::attach(|py| py.version().split(' ').next().unwrap_or_default().to_owned());
    let mut one = handler()?;
    let mut ten = (0..10).map(|_| handler()).collect::<PyResult<Vec<_>>>()?;
    let one = each(&mut one);
    let ten = each(|| ten.iter_mut().for_each(|call| call()));
    let all = throughput(|_| handler().unwrap());
    report(&format!("PyO3 (CPython {version})"), one, ten, all);
    Ok(())
}
