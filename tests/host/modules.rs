//! Host modules.

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
