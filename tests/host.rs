//! Host functions and modules: what a script can do with what Rust offers it.

use std::{
    error::Error as StdError,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use ungil::{Builder, Error, Exception, HostError, HostFunction, Interpreter, Module, Value};

/// The exception that `source` raises in an interpreter made by `builder`.
fn raised(py: &Interpreter, source: &str) -> Exception {
    match py.eval::<Value>(source) {
        Err(Error::Exception(exception)) => *exception,
        other => panic!("{source} gave {other:?}"),
    }
}

fn message(py: &Interpreter, source: &str) -> String {
    raised(py, source).message().to_owned()
}

fn with(function: HostFunction) -> Interpreter {
    Interpreter::builder().host_function(function).build().unwrap()
}

mod calling {
    use super::*;

    #[test]
    fn closures_of_zero_to_eight_arguments() {
        let offset = 100;
        let py = Interpreter::builder()
            .function("f0", move || offset)
            .function("f1", |a: i64| a)
            .function("f2", |a: i64, b: i64| a + b)
            .function("f3", |a: i64, b: i64, c: i64| a + b + c)
            .function("f4", |a: i64, b: i64, c: i64, d: i64| a + b + c + d)
            .function("f5", |a: i64, b: i64, c: i64, d: i64, e: i64| a + b + c + d + e)
            .function("f6", |a: i64, b: i64, c: i64, d: i64, e: i64, f: i64| {
                a + b + c + d + e + f
            })
            .function("f7", |a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64| {
                a + b + c + d + e + f + g
            })
            .function(
                "f8",
                |a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64| a + b + c + d + e + f + g + h,
            )
            .build()
            .unwrap();
        assert_eq!(py.eval::<i64>("f0()").unwrap(), 100);
        for count in 1..=8_i64 {
            let list = (1..=count).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
            let sum = py.eval::<i64>(format!("f{count}({list})")).unwrap();
            assert_eq!(sum, count * (count + 1) / 2);
        }
    }

    #[test]
    fn plain_functions_and_nothing_returned() {
        fn shout(text: String) -> String {
            text.to_uppercase()
        }
        let py = Interpreter::builder()
            .function("shout", shout)
            .function("ignore", |_: Value| ())
            .build()
            .unwrap();
        assert_eq!(py.eval::<String>("shout('hey')").unwrap(), "HEY");
        assert!(py.eval::<bool>("ignore([1, {2}]) is None").unwrap());
    }

    #[test]
    fn structs_go_in_and_out() {
        #[derive(Serialize, Deserialize)]
        struct Order {
            id: u32,
            items: Vec<(String, f64)>,
            note: Option<String>,
        }
        let py = Interpreter::builder()
            .function("total", |order: Order| {
                order.items.iter().map(|(_, price)| price).sum::<f64>()
            })
            .function("sample", || Order {
                id: 7,
                items: vec![("tea".to_owned(), 2.5)],
                note: None,
            })
            .build()
            .unwrap();
        assert_eq!(
            py.eval::<f64>("total({'id': 1, 'items': [('a', 1.5), ('b', 2)]})")
                .unwrap(),
            3.5
        );
        assert_eq!(
            py.eval::<Value>("sample()").unwrap().to_string(),
            "{'id': 7, 'items': [('tea', 2.5)], 'note': None}"
        );
    }

    #[test]
    fn an_argument_that_python_ignores_can_be_optional_in_rust() {
        let py = with(HostFunction::new("f", |x: Option<i64>| x.map_or(-1, |x| x * 2)));
        assert_eq!(py.eval::<(i64, i64)>("(f(None), f(4))").unwrap(), (-1, 8));
    }

    #[test]
    fn one_function_counts_for_all_interpreters() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let builder = Interpreter::builder().function("tick", move || counter.fetch_add(1, Ordering::Relaxed));
        let interpreters: Vec<Interpreter> = (0..3).map(|_| builder.clone().build().unwrap()).collect();
        let jobs: Vec<_> = interpreters
            .iter()
            .map(|py| py.spawn::<()>(ungil::Task::exec("for _ in range(500): tick()")))
            .collect();
        for job in jobs {
            job.wait().unwrap();
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1500);
    }

    #[test]
    fn python_sees_an_ordinary_callable() {
        let py = with(
            HostFunction::new("tax", |amount: f64, rate: f64| amount * rate)
                .arg("amount")
                .arg_default("rate", 0.2)
                .doc("The tax on an amount."),
        );
        py.exec(
            "
import functools, inspect
assert callable(tax)
assert tax.__name__ == tax.__qualname__ == 'tax'
assert tax.__doc__ == 'The tax on an amount.'
assert repr(tax) == '<host function tax>'
assert str(inspect.signature(tax)) == '(amount, rate=0.2)'
assert list(map(tax, [10.0, 20.0])) == [2.0, 4.0]
assert functools.partial(tax, rate=0.5)(10) == 5.0
assert sorted([3.0, 1.0], key=tax) == [1.0, 3.0]
assert tax == tax and hash(tax) == hash(tax)
class Shop:
    levy = tax
assert Shop().levy(10.0) == 2.0     # as a builtin: no self
",
        )
        .unwrap();
    }

    #[test]
    fn a_host_function_is_itself_a_value() {
        let py = with(HostFunction::new("double", |x: i64| x * 2));
        let other = Interpreter::new().unwrap();
        let double: HostFunction = py.eval("double").unwrap();
        other.set("twice", &double).unwrap();
        assert_eq!(other.eval::<i64>("twice(21)").unwrap(), 42);
        assert!(py.call::<bool>("builtins.callable", (double,)).unwrap());
    }
}

mod arguments {
    use super::*;

    fn py() -> Interpreter {
        Interpreter::builder()
            .host_function(HostFunction::new("plain", |a: i64| a))
            .host_function(
                HostFunction::new("tax", |amount: f64, rate: f64| amount * rate)
                    .arg("amount")
                    .arg_default("rate", 0.2),
            )
            .host_function(
                HostFunction::new("three", |a: i64, b: i64, c: i64| (a, b, c))
                    .arg("a")
                    .arg("b")
                    .arg("c"),
            )
            .host_function(
                HostFunction::new("find", |what: String, limit: u32, exact: bool| (what, limit, exact))
                    .arg("what")
                    .keyword_only("limit")
                    .keyword_only_default("exact", false),
            )
            .build()
            .unwrap()
    }

    #[test]
    fn names_and_defaults_work_as_in_python() {
        let py = py();
        for source in [
            "tax(10.0)",
            "tax(amount=10.0)",
            "tax(10.0, 0.2)",
            "tax(rate=0.2, amount=10)",
            "tax(*[10], **{})",
        ] {
            assert_eq!(py.eval::<f64>(source).unwrap(), 2.0, "{source}");
        }
        assert_eq!(
            py.eval::<(String, u32, bool)>("find('x', limit=3)").unwrap(),
            ("x".to_owned(), 3, false)
        );
        assert_eq!(
            py.eval::<(String, u32, bool)>("find(exact=True, limit=3, what='x')")
                .unwrap(),
            ("x".to_owned(), 3, true)
        );
    }

    #[test]
    fn wrong_calls_are_worded_as_python_words_them() {
        let py = py();
        let cases = [
            ("plain()", "plain() takes 1 positional argument but 0 were given"),
            ("plain(1, 2)", "plain() takes 1 positional argument but 2 were given"),
            ("plain(1, x=2)", "plain() got an unexpected keyword argument 'x'"),
            ("plain(a=2)", "plain() got an unexpected keyword argument 'a'"),
            ("tax()", "tax() missing 1 required positional argument: 'amount'"),
            (
                "tax(1, 2, 3)",
                "tax() takes from 1 to 2 positional arguments but 3 were given",
            ),
            ("tax(1, amount=2)", "tax() got multiple values for argument 'amount'"),
            ("tax(1, ratio=2)", "tax() got an unexpected keyword argument 'ratio'"),
            (
                "three(b=1)",
                "three() missing 2 required positional arguments: 'a' and 'c'",
            ),
            (
                "three()",
                "three() missing 3 required positional arguments: 'a', 'b', and 'c'",
            ),
            ("find('x')", "find() missing 1 required keyword-only argument: 'limit'"),
            ("find('x', 1)", "find() takes 1 positional argument but 2 were given"),
            (
                "find('x', 1, limit=1)",
                "find() takes 1 positional argument but 2 positional arguments (and 1 keyword-only argument) were given",
            ),
        ];
        for (source, expected) in cases {
            let exception = raised(&py, source);
            assert_eq!(exception.type_name(), "TypeError", "{source}");
            assert_eq!(exception.message(), expected, "{source}");
        }
    }

    #[test]
    fn a_wrong_type_names_the_argument_and_the_path() {
        let py = Interpreter::builder()
            .host_function(HostFunction::new("sum", |prices: Vec<f64>| prices.iter().sum::<f64>()).arg("prices"))
            .function("plain", |_: i64, _: i64| ())
            .build()
            .unwrap();
        let exception = raised(&py, "sum([1.0, 'x'])");
        assert!(exception.is_instance("TypeError"));
        let text = exception.message();
        assert!(
            text.starts_with("sum() argument 'prices' (args[0][1]): expected float"),
            "{text}"
        );
        assert!(text.contains("found str"), "{text}");
        assert!(message(&py, "sum(prices=[None])").starts_with("sum() argument 'prices' (kwargs[\"prices\"][0]): "));
        assert!(message(&py, "plain(1, 2.5)").starts_with("plain() argument 2 (args[1]): expected int"));
    }

    #[test]
    fn what_is_not_data_names_the_argument_and_the_path() {
        let py = py();
        let text = message(&py, "plain([{'x': print}])");
        assert!(text.starts_with("plain() argument 1 (args[0][0][\"x\"]): "), "{text}");
    }

    #[test]
    fn a_failing_conversion_leaves_the_interpreter_usable() {
        let py = py();
        for _ in 0..3 {
            raised(&py, "plain('x')");
            assert_eq!(py.eval::<i64>("plain(3)").unwrap(), 3);
        }
    }

    fn problem(function: HostFunction) -> String {
        match Interpreter::builder().host_function(function).build() {
            Err(Error::Config { message }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn declarations_that_cannot_work_are_reported_when_the_interpreter_is_built() {
        let two = || HostFunction::new("two", |a: i64, b: i64| a + b);
        assert_eq!(
            problem(two().arg("a")),
            "host function two(): its Rust function takes 2 arguments, but 1 is declared; declare all or none"
        );
        assert!(problem(two().arg("a").arg("a")).contains("declared twice"));
        assert!(problem(two().arg_default("a", 1).arg("b")).contains("follows one that has a default"));
        assert!(problem(two().keyword_only("a").arg("b")).contains("follows a keyword-only one"));
        assert!(problem(two().arg("a").arg("b c")).contains("not a name"));
    }
}

mod failures {
    use super::*;

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no such order")
        }
    }

    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
        text.parse()
    }

    #[test]
    fn any_error_type_is_raised_as_a_host_error() {
        let py = Interpreter::builder()
            .function("typed", |text: String| parse(&text))
            .function("sourced", |text: String| parse(&text).map_err(Outer))
            .function("boxed", |text: String| -> Result<u8, Box<dyn StdError + Send + Sync>> {
                Ok(parse(&text)?)
            })
            .function("local", |text: String| -> Result<u8, Box<dyn StdError>> {
                Ok(parse(&text)?)
            })
            .function("question", |text: String| -> Result<u8, HostError> {
                Ok(parse(&text)?)
            })
            .function("text", |text: String| parse(&text).map_err(|e| e.to_string()))
            .function("literal", |text: String| {
                parse(&text).map_err(|_| "invalid digit found in string")
            })
            .build()
            .unwrap();
        for name in ["typed", "boxed", "local", "question", "text", "literal"] {
            assert_eq!(py.eval::<u8>(format!("{name}('7')")).unwrap(), 7);
            let exception = raised(&py, &format!("{name}('x')"));
            assert_eq!(exception.full_name(), "ungil.HostError");
            assert!(exception.is_instance("RuntimeError"));
            assert_eq!(exception.message(), "invalid digit found in string", "{name}");
        }
        let exception = raised(&py, "sourced('x')");
        assert_eq!(exception.message(), "no such order");
        assert_eq!(exception.notes(), ["caused by: invalid digit found in string"]);
    }

    #[test]
    fn the_host_chooses_the_class() {
        let py = Interpreter::builder()
            .function("fail", |class: String| -> Result<(), HostError> {
                Err(HostError::new(class, "no").note("ask again"))
            })
            .build()
            .unwrap();
        for class in [
            "ValueError",
            "KeyError",
            "FileNotFoundError",
            "json.JSONDecoder",
            "json.decoder.JSONDecodeError",
        ] {
            let exception = raised(&py, &format!("fail('{class}')"));
            match class {
                "json.JSONDecoder" => {
                    // Not an exception class: the failure is raised all the same, and says so.
                    assert_eq!(exception.type_name(), "HostError");
                    assert_eq!(exception.message(), "no");
                    assert!(exception.cause().unwrap().message().contains("not an exception class"));
                }
                // It wants more than a message.
                "json.decoder.JSONDecodeError" => assert_eq!(exception.type_name(), "TypeError"),
                _ => {
                    assert_eq!(exception.type_name(), class);
                    assert_eq!(exception.notes(), ["ask again"]);
                }
            }
        }
        for missing in ["NoSuchError", "no_such_module.Error"] {
            let exception = raised(&py, &format!("fail('{missing}')"));
            assert_eq!(exception.type_name(), "HostError");
            assert!(exception.cause().is_some());
        }
    }

    #[test]
    fn an_exception_of_another_interpreter_is_raised_as_itself() {
        let worker = Interpreter::new().unwrap();
        let py = Interpreter::builder()
            .function("ask", move |source: String| worker.eval::<i64>(source))
            .build()
            .unwrap();
        assert_eq!(py.eval::<i64>("ask('6 * 7')").unwrap(), 42);
        assert_eq!(raised(&py, "ask('1 / 0')").type_name(), "ZeroDivisionError");
        assert_eq!(raised(&py, "ask('[][1]')").type_name(), "IndexError");
    }

    #[test]
    fn a_result_that_cannot_cross_names_the_path() {
        struct Bad;
        impl Serialize for Bad {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("it is bad"))
            }
        }
        let py = Interpreter::builder().function("bad", || vec![Bad]).build().unwrap();
        assert_eq!(message(&py, "bad()"), "bad() result[0]: it is bad");
    }

    #[test]
    fn a_panic_is_an_exception_and_nothing_else() {
        let py = Interpreter::builder()
            .function("boom", |n: i64| -> i64 {
                assert!(n >= 0, "negative: {n}");
                if n == 0 {
                    panic!("zero");
                }
                n
            })
            .function("odd", || {
                if true {
                    std::panic::panic_any(17)
                }
            })
            .build()
            .unwrap();
        let exception = raised(&py, "boom(-3)");
        assert_eq!(exception.full_name(), "ungil.HostPanic");
        assert!(exception.is_instance("RuntimeError"));
        assert_eq!(exception.message(), "boom() panicked: negative: -3");
        assert_eq!(message(&py, "boom(0)"), "boom() panicked: zero");
        assert!(message(&py, "odd()").starts_with("odd() panicked: "));
        py.exec(
            "
import ungil
caught = 0
for n in range(100):
    try:
        boom(0)
    except ungil.HostPanic:
        caught += 1
assert caught == 100 and boom(1) == 1
",
        )
        .unwrap();
    }

    #[test]
    fn a_panic_while_an_argument_is_read_is_caught_too() {
        struct Picky;
        impl<'de> Deserialize<'de> for Picky {
            fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                panic!("not today")
            }
        }
        let py = Interpreter::builder().function("f", |_: Picky| ()).build().unwrap();
        assert_eq!(message(&py, "f(1)"), "f() panicked: not today");
        assert_eq!(py.eval::<i64>("1 + 1").unwrap(), 2);
    }

    #[test]
    fn a_traceback_shows_the_script_that_called() {
        let py = Interpreter::builder()
            .function("fail", || Err::<(), _>(HostError::new("ValueError", "no")))
            .build()
            .unwrap();
        let error = py.exec("def outer():\n    fail()\nouter()").unwrap_err();
        let frames = error.as_exception().unwrap().frames();
        assert_eq!(frames.last().unwrap().function, "outer");
        assert_eq!(frames.last().unwrap().line, 2);
    }
}

mod modules {
    use super::*;

    fn shop() -> Module {
        Module::new("shop")
            .doc("A shop.")
            .constant("RATE", 0.2)
            .constant("LIMITS", vec![1, 2, 3])
            .function("tax", |amount: f64| amount * 0.2)
            .exception("ShopError", "Exception")
            .exception("QuotaError", "ShopError")
            .function("full_name", || {
                Err::<(), _>(HostError::new("shop.QuotaError", "at most 10"))
            })
            .function("own_name", || Err::<(), _>(HostError::new("QuotaError", "at most 10")))
    }

    #[test]
    fn import_finds_it_in_all_its_forms() {
        let py = Interpreter::builder().module(shop()).build().unwrap();
        py.exec(
            "
import importlib, sys
import shop
import shop as s
from shop import tax, RATE
from shop import *
assert shop is s is importlib.import_module('shop') is sys.modules['shop']
assert shop.__name__ == 'shop' and shop.__doc__ == 'A shop.'
assert tax(10.0) == shop.tax(10.0) == 10.0 * RATE
assert tax.__module__ == 'shop'
assert 'tax' in dir(shop)
",
        )
        .unwrap();
    }

    #[test]
    fn nothing_is_there_before_the_import() {
        let py = Interpreter::builder().module(shop()).build().unwrap();
        assert_eq!(raised(&py, "shop").type_name(), "NameError");
        assert!(!py.eval::<bool>("'shop' in __import__('sys').modules").unwrap());
        let other = Interpreter::new().unwrap();
        assert_eq!(
            other
                .exec("import shop")
                .unwrap_err()
                .as_exception()
                .unwrap()
                .type_name(),
            "ModuleNotFoundError"
        );
    }

    #[test]
    fn dotted_names_make_packages() {
        let py = Interpreter::builder()
            .module(Module::new("shop.stock").function("count", || 7))
            .module(shop())
            .build()
            .unwrap();
        py.exec(
            "
import shop.stock
from shop.stock import count
assert shop.stock.count() == count() == 7
assert shop.tax(10.0) == 2.0
",
        )
        .unwrap();
    }

    #[test]
    fn a_dotted_name_without_its_parent_can_be_imported() {
        let py = Interpreter::builder()
            .module(Module::new("a.b.c").constant("X", 1))
            .build()
            .unwrap();
        py.exec("import a.b.c\nassert a.b.c.X == 1").unwrap();
    }

    #[test]
    fn each_interpreter_has_its_own_module_object() {
        let builder = Interpreter::builder().module(shop());
        let (one, two) = (builder.clone().build().unwrap(), builder.build().unwrap());
        one.exec("import shop; shop.LIMITS.append(4); shop.mine = 1; shop.tax = None")
            .unwrap();
        two.exec("import shop; assert shop.LIMITS == [1, 2, 3] and not hasattr(shop, 'mine') and shop.tax(5.0) == 1.0")
            .unwrap();
    }

    #[test]
    fn exceptions_of_the_module_are_raised_by_name() {
        for function in ["full_name", "own_name"] {
            let py = Interpreter::builder().module(shop()).build().unwrap();
            py.exec(format!(
                "
import shop
try:
    shop.{function}()
except shop.QuotaError as e:
    caught = e
assert isinstance(caught, shop.ShopError) and str(caught) == 'at most 10'
assert shop.QuotaError.__module__ == 'shop'
"
            ))
            .unwrap();
            let exception = raised(&py, &format!("shop.{function}()"));
            assert_eq!(exception.full_name(), "shop.QuotaError");
        }
    }

    #[test]
    fn a_builtin_function_can_raise_an_exception_of_a_module_that_was_not_imported() {
        let py = Interpreter::builder()
            .module(shop())
            .function("reserve", || Err::<(), _>(HostError::new("shop.QuotaError", "full")))
            .build()
            .unwrap();
        assert_eq!(raised(&py, "reserve()").full_name(), "shop.QuotaError");
    }

    fn problem(module: Module) -> String {
        match Builder::new().module(module).build() {
            Err(Error::Config { message }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_cannot_work_is_reported_when_the_interpreter_is_built() {
        assert!(problem(Module::new("my shop")).contains("not a name that Python can import"));
        assert!(problem(Module::new("shop").constant("a", 1).constant("a", 2)).contains("defined twice"));
        assert!(problem(Module::new("shop").function("a-b", || 1)).contains("not a name"));
        let declared = HostFunction::new("f", |a: i64, b: i64| a + b).arg("a");
        assert!(problem(Module::new("shop").host_function(declared)).contains("declare all or none"));
    }
}
