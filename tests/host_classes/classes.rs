//! Classes whose instances live in Rust.

use super::*;

struct Counter {
    value: AtomicI64,
    log: Mutex<Vec<String>>,
}

impl Counter {
    fn new(start: i64) -> Self {
        Self {
            value: start.into(),
            log: Mutex::default(),
        }
    }

    fn get(&self) -> i64 {
        self.value.load(Ordering::Relaxed)
    }
}

fn class() -> Class<Counter> {
    Class::<Counter>::new("Counter")
        .doc("Counts.")
        .constructor(|start: i64| {
            if start < 0 {
                return Err(HostError::new("ValueError", "a counter starts at 0 or above"));
            }
            Ok(Counter::new(start))
        })
        .method("add", |this: &Counter, n: i64| {
            this.value.fetch_add(n, Ordering::Relaxed) + n
        })
        .method_with(
            "note",
            |this: &Counter, text: String, times: usize| this.log.lock().unwrap().extend(vec![text; times]),
            |method| method.arg("text").arg_default("times", 1).doc("Writes into the log."),
        )
        .method("itself", |this: HostRef<Counter>| this)
        .method("same", |this: HostRef<Counter>, other: HostRef<Counter>| {
            HostRef::ptr_eq(&this, &other)
        })
        .method("boom", |this: &Counter| assert!(this.get() < 0, "out of order"))
        .method("__len__", |this: &Counter| this.log.lock().unwrap().len())
        .method("__getitem__", |this: &Counter, index: usize| {
            let log = this.log.lock().unwrap();
            log.get(index)
                .cloned()
                .ok_or_else(|| HostError::new("IndexError", "the log is shorter"))
        })
        .property("log", |this: &Counter| this.log.lock().unwrap().clone())
        .property_mut("value", Counter::get, |this: &Counter, value: i64| {
            this.value.store(value, Ordering::Relaxed);
        })
        .static_function("limit", || i64::MAX)
        .constant("KIND", "plain")
}

fn py() -> Interpreter {
    let module = Module::new("tools")
        .class(class())
        .function("fresh", || HostRef::new(Counter::new(1000)))
        .function("peek", |counter: HostRef<Counter>| counter.get());
    let py = Interpreter::builder().module(module).build().unwrap();
    py.exec("import tools\nfrom tools import Counter").unwrap();
    py
}

#[test]
fn an_instance_has_methods_properties_and_an_identity() {
    py().exec(
        "
c = Counter(5)
assert c.add(3) == 8 and c.value == 8
c.value = 20
assert c.value == 20 and c.add(1) == 21
c.note('a'); c.note('b', times=2)
assert c.log == ['a', 'b', 'b']
assert Counter.limit() == c.limit() == 2**63 - 1
assert Counter.KIND == c.KIND == 'plain'
assert c.itself() == c and c == c and c != Counter(21) and hash(c) == hash(c.itself())
assert c.same(c) and not c.same(Counter(1))
assert len({c, c.itself(), Counter(1)}) == 2
bound = c.add
assert bound(1) == 22 and Counter.add(c, 1) == 23
assert tools.fresh().value == 1000 and tools.peek(c) == 23
",
    )
    .unwrap();
}

#[test]
fn it_is_a_class_like_others() {
    py().exec(
        "
c = Counter(5)
assert isinstance(c, Counter) and type(c) is Counter and type(tools.fresh()) is Counter
assert Counter.__name__ == 'Counter' and Counter.__module__ == 'tools' and Counter.__doc__ == 'Counts.'
assert Counter.add.__name__ == 'add' and Counter.add.__qualname__ == 'Counter.add'
assert Counter.note.__doc__ == 'Writes into the log.'
assert repr(c).startswith('<tools.Counter object at ')
assert repr(Counter.add) == '<host method Counter.add>'
assert 'add' in dir(c) and hasattr(c, 'value') and not hasattr(c, 'other')
import inspect
assert str(inspect.signature(c.note)) == '(text, times=1)'
",
    )
    .unwrap();
}

#[test]
fn special_methods_work() {
    py().exec(
        "
c = Counter(0)
c.note('x', 3)
assert len(c) == 3 and c[2] == 'x' and list(c) == ['x', 'x', 'x'] and 'x' in c
try:
    c[3]
except IndexError as e:
    assert str(e) == 'the log is shorter'
",
    )
    .unwrap();
}

#[test]
fn what_goes_wrong_is_said_as_python_says_it() {
    let py = py();
    py.exec("c = Counter(0)").unwrap();
    let cases = [
        ("c.other", "AttributeError", "'Counter' object has no attribute 'other'"),
        (
            "c.other = 1",
            "AttributeError",
            "'Counter' object has no attribute 'other'",
        ),
        (
            "c.log = []",
            "AttributeError",
            "property 'log' of 'Counter' object has no setter",
        ),
        (
            "c.add()",
            "TypeError",
            "Counter.add() takes 2 positional arguments but 1 was given",
        ),
        (
            "c.add(1, 2)",
            "TypeError",
            "Counter.add() takes 2 positional arguments but 3 were given",
        ),
        (
            "c.note(x=1)",
            "TypeError",
            "Counter.note() got an unexpected keyword argument 'x'",
        ),
        (
            "Counter()",
            "TypeError",
            "Counter.__init__() takes 2 positional arguments but 1 was given",
        ),
        ("Counter(-1)", "ValueError", "a counter starts at 0 or above"),
        (
            "Counter.add(5, 1)",
            "TypeError",
            "Counter.add() doesn't apply to a 'int' object",
        ),
        (
            "Counter.add()",
            "TypeError",
            "unbound method Counter.add() needs an argument",
        ),
        ("c.boom()", "HostPanic", "Counter.boom() panicked: out of order"),
    ];
    for (source, class, text) in cases {
        let exception = raised(&py, source);
        assert_eq!(exception.type_name(), class, "{source}: {}", exception.message());
        assert!(
            exception.message().starts_with(text),
            "{source}: {}",
            exception.message()
        );
    }
    assert!(
        raised(&py, "c.add('x')")
            .message()
            .starts_with("Counter.add() argument 1 (args[0]): expected int")
    );
    assert!(
        raised(&py, "tools.peek(5)")
            .message()
            .starts_with("peek() argument 1 (args[0]): expected")
    );
    assert!(raised(&py, "import copy; copy.copy(c)").is_instance("TypeError"));
}

#[test]
fn scripts_can_derive_from_it() {
    let py = py();
    py.exec(
        "
class Loud(Counter):
    def __init__(self, name, start=1):
        super().__init__(start)
        self.name = name
    def add(self, n):
        self.note(f'{self.name} adds {n}')
        return super().add(n)
loud = Loud('Ada')
assert loud.add(2) == 3 and loud.log == ['Ada adds 2'] and isinstance(loud, Counter)
assert tools.peek(loud) == 3
class Silent(Counter):
    def __init__(self):
        pass
silent = Silent()
",
    )
    .unwrap();
    let exception = raised(&py, "silent.add(1)");
    assert_eq!(exception.type_name(), "RuntimeError");
    assert_eq!(exception.message(), "Silent.__init__() did not call super().__init__()");
    assert!(raised(&py, "tools.peek(silent)").is_instance("TypeError"));
}

#[test]
fn without_a_constructor_only_the_host_makes_instances() {
    struct Ticket(u32);
    let module = Module::new("desk")
        .class(Class::<Ticket>::new("Ticket").property("number", |this: &Ticket| this.0))
        .function("draw", || HostRef::new(Ticket(7)));
    let py = Interpreter::builder().module(module).build().unwrap();
    py.exec("import desk\nassert desk.draw().number == 7").unwrap();
    let exception = raised(&py, "desk.Ticket()");
    assert_eq!(exception.type_name(), "TypeError");
    assert!(exception.message().starts_with("cannot create 'Ticket' instances"));
}

#[test]
fn one_value_is_shared_by_rust_and_all_interpreters() {
    let (one, two) = (py(), py());
    let counter = HostRef::new(Counter::new(0));
    one.set("c", &counter).unwrap();
    let back: HostRef<Counter> = one.get("c").unwrap();
    assert!(HostRef::ptr_eq(&counter, &back));
    two.set("c", vec![back]).unwrap();
    let jobs = [
        one.spawn::<()>(Task::exec("for _ in range(1000): c.add(1)")),
        two.spawn::<()>(Task::exec("for _ in range(1000): c[0].add(1)")),
    ];
    for job in jobs {
        job.wait().unwrap();
    }
    assert_eq!(counter.get(), 2000);
    assert!(two.eval::<bool>("type(c[0]) is Counter").unwrap());
}

#[test]
fn an_instance_from_python_outlives_its_interpreter() {
    let py = py();
    let counter: HostRef<Counter> = py.eval("Counter(41)").unwrap();
    py.close().unwrap();
    assert_eq!(counter.get(), 41);
    let other = Interpreter::new().unwrap();
    // This interpreter has no such module: the class is made for the instance.
    assert_eq!(other.call::<i64>("operator.methodcaller", ("add", 1)).ok(), None);
    other.set("c", &counter).unwrap();
    assert_eq!(other.eval::<i64>("c.add(1)").unwrap(), 42);
    assert_eq!(other.eval::<String>("type(c).__module__").unwrap(), "tools");
}

#[test]
fn the_class_is_the_same_before_and_after_the_import() {
    let module = Module::new("tools").class(class());
    let py = Interpreter::builder().module(module).build().unwrap();
    py.set("c", HostRef::new(Counter::new(1))).unwrap();
    py.exec("from tools import Counter\nassert type(c) is Counter and isinstance(c, Counter)")
        .unwrap();
}

#[test]
fn a_type_without_a_class_is_an_error_that_says_what_to_do() {
    struct Unknown;
    let py = Interpreter::builder()
        .function("make", || HostRef::new(Unknown))
        .build()
        .unwrap();
    let text = raised(&py, "make()").message().to_owned();
    assert!(text.starts_with("no class is known for the Rust type "), "{text}");
    assert!(text.contains("add ungil::Class::<Unknown> to a module"), "{text}");
}

#[test]
fn an_instance_can_name_its_class() {
    struct Pair(i64);
    let plain = Class::<Pair>::new("Plain").property("x", |this: &Pair| this.0);
    let fancy = Class::<Pair>::new("Fancy").property("x", |this: &Pair| this.0 * 10);
    let instance = fancy.instance(Pair(4));
    let py = Interpreter::builder()
        .module(Module::new("pairs").class(plain))
        .build()
        .unwrap();
    py.set("named", &instance).unwrap();
    py.set("unnamed", HostRef::new(Pair(4))).unwrap();
    assert_eq!(py.eval::<(i64, i64)>("(named.x, unnamed.x)").unwrap(), (40, 4));
}

#[test]
fn the_value_is_dropped_with_the_last_reference_and_a_panic_there_is_harmless() {
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("a destructor that panics");
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let seen = drops.clone();
    let class = Class::<Guard>::new("Guard").constructor(move || Guard(seen.clone()));
    let py = Interpreter::builder()
        .module(Module::new("guards").class(class))
        .build()
        .unwrap();
    py.exec("import guards\nfor _ in range(5): guards.Guard()").unwrap();
    eventually(|| drops.load(Ordering::Relaxed) == 5);
    assert_eq!(py.eval::<i64>("1 + 1").unwrap(), 2);
}

#[test]
fn what_cannot_work_is_reported_when_the_interpreter_is_built() {
    let problem = |class: Class<Counter>| match Interpreter::builder().module(Module::new("m").class(class)).build() {
        Err(Error::Config { message }) => message,
        other => panic!("{other:?}"),
    };
    assert!(problem(class().method("add", |_: &Counter| 1)).contains("defined twice"));
    assert!(problem(class().method("__new__", |_: &Counter| 1)).contains("the constructor"));
    assert!(problem(class().property("p", |_: &Counter, _: i64| 1)).contains("a getter without arguments"));
    assert!(problem(Class::new("No Name")).contains("not a name"));
}
