//! Two interpreters and a channel each way.

use ungil::{Interpreter, Task, Value, channel};

pub struct Pair {
    pub here: Interpreter,
    pub there: Interpreter,
}

impl Pair {
    /// `setup` is run in the first of them.
    pub fn new(setup: &str) -> Self {
        let [here, there] = [(); 2].map(|()| Interpreter::new().expect("an interpreter"));
        let (to_there, from_here) = channel::<Value>(64);
        let (to_here, from_there) = channel::<Value>(64);
        here.set("out", to_there).expect("set");
        here.set("back", from_there).expect("set");
        there.set("back", to_here).expect("set");
        there.set("inbox", from_here).expect("set");
        let pair = Self { here, there };
        pair.here("import _ungil, ungil");
        pair.there("import _ungil, ungil");
        pair.here(setup);
        pair
    }

    /// Runs statements where objects are made.
    pub fn here(&self, source: &str) {
        run(&self.here, source);
    }

    /// Runs statements where they arrive.
    pub fn there(&self, source: &str) {
        run(&self.there, source);
    }

    /// Sends what the expression gives; it arrives as `got`.
    pub fn ship(&self, expression: &str) {
        self.here(&format!("out.send(({expression}))"));
        self.there("got = inbox.recv(timeout=30)");
    }

    /// Sends one the other way; it arrives as `returned`.
    pub fn ship_home(&self, expression: &str) {
        self.there(&format!("back.send(({expression}))"));
        self.here("returned = back.recv(timeout=30)");
    }

    /// What sending it raises: the class and the message.
    pub fn refusal(&self, expression: &str) -> (String, String) {
        self.here(&format!(
            "
try:
    out.send(({expression}))
except Exception as refused:
    refusal = type(refused).__name__, str(refused)
else:
    refusal = '', 'it was sent'
"
        ));
        self.here.get("refusal").expect("two texts")
    }
}

fn run(interpreter: &Interpreter, source: &str) {
    let task = Task::exec(source).filename("test.py");
    if let Err(error) = interpreter.spawn::<()>(task).wait() {
        panic!("{source}\n{error}");
    }
}
