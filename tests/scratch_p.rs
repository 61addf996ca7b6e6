use ungil::{Interpreter, Task};
const LOAD: &str = "
import sys, importlib.util
if __import__('os').path.exists('/work/main/stdlib/_ungil_reduce.py'):
    s = importlib.util.spec_from_file_location('_ungil_reduce', '/work/main/stdlib/_ungil_reduce.py')
    m = importlib.util.module_from_spec(s); sys.modules['_ungil_reduce'] = m; s.loader.exec_module(m)
del s, m, sys, importlib
import ungil, _ungil
";
#[test]
fn scratch() {
    let mut files: Vec<_> = std::fs::read_dir("/tmp/p")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "py"))
        .collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (to_b, from_a) = ungil::channel::<ungil::Value>(1000);
        let (to_a, from_b) = ungil::channel::<ungil::Value>(1000);
        let mk = || Interpreter::builder().name("x").build().unwrap();
        let (a, b) = (mk(), mk());
        for py in [&a, &b] {
            py.exec(LOAD).unwrap();
        }
        a.set("out", to_b).unwrap();
        a.set("inp", from_b).unwrap();
        b.set("out", to_a).unwrap();
        b.set("inp", from_a).unwrap();
        for part in text.split("#--").filter(|t| !t.trim().is_empty()) {
            let (who, code) = part.split_once('\n').unwrap();
            let py = if who.trim() == "A" { &a } else { &b };
            if let Err(e) = py
                .spawn::<()>(Task::exec(code).filename(file.display().to_string()))
                .wait()
            {
                println!("{} {who}: {e}", file.display());
            }
        }
        println!("== {} done", file.display());
    }
}
