//! What does not cross: an error that names the way to it, and nothing is sent.

use super::harness::Pair;

#[test]
fn the_way_to_the_culprit_is_named() {
    let pair = Pair::new(
        "
def generate(): yield 1
class Rules: pass
rules = Rules(); rules.rules = {'x': [generate()]}
culprit = generate()
def uses(): return culprit
def closes():
    inner = generate()
    return lambda: inner
class Holder:
    attribute = generate()
class Slots:
    __slots__ = ('it',)
slots = Slots(); slots.it = generate()
import functools
",
    );
    for (expression, path) in [
        ("generate()", "value: a generator cannot be sent"),
        ("[1, {'k': (0, generate())}]", "value[1]['k'][1]: a generator"),
        ("rules", "value.rules['x'][0]: a generator"),
        ("{generate(): 1}", "value.keys(): a generator"),
        ("{generate()}", "value{…}: a generator"),
        ("[uses]", "value[0].__globals__['culprit']: a generator"),
        ("closes()", "value.__closure__['inner']: a generator"),
        ("Holder()", "value.__class__.attribute: a generator"),
        ("slots", "value.it: a generator"),
        ("lambda a=generate(): a", "value.__defaults__[0]: a generator"),
    ] {
        let (class, message) = pair.refusal(expression);
        assert_eq!(class, "NotShareableError", "{expression}: {message}");
        assert!(message.starts_with(path), "{expression}: {message}");
    }
    pair.here("assert len(out) == 0");
    pair.ship("'all is well'");
    pair.there("assert got == 'all is well'");
}

#[test]
fn what_belongs_to_one_interpreter_stays_there() {
    let pair = Pair::new(
        "
import sys, types, socket, weakref
async def coroutine(): pass
class Any: pass
alive = Any()
try:
    1 / 0
except ZeroDivisionError as error:
    traceback = error.__traceback__
module = types.ModuleType('made_here')
waiting = coroutine()
",
    );
    for expression in [
        "open('/dev/null')",
        "socket.socket()",
        "waiting",
        "sys._getframe()",
        "traceback",
        "weakref.ref(alive)",
        "module",
        "sys.modules['__main__']",
    ] {
        let (class, message) = pair.refusal(expression);
        assert_eq!(class, "NotShareableError", "{expression}: {message}");
    }
    pair.here("waiting.close()\nassert issubclass(ungil.NotShareableError, TypeError) if hasattr(ungil, 'NotShareableError') else True");
    pair.here("assert issubclass(_ungil.NotShareableError, _ungil.ConversionError)");
}

#[test]
fn a_long_way_is_shortened() {
    let pair = Pair::new("def generate(): yield 1\ndeep = generate()\nfor _ in range(1000): deep = [deep]");
    let (_, message) = pair.refusal("deep");
    assert!(
        message.starts_with("value[0][0]") && message.contains('…') && message.len() < 200,
        "{message}"
    );
}
