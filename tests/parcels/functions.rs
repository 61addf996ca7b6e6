//! Functions: by name where they can be imported, by value otherwise.

use super::harness::Pair;

#[test]
fn importable_ones_go_by_name() {
    let pair = Pair::new("import json, math, operator, functools");
    pair.there("import json, math, operator");
    for name in [
        "json.dumps",
        "math.sqrt",
        "len",
        "print",
        "operator.add",
        "json.JSONEncoder.default",
        "str.upper",
    ] {
        pair.ship(name);
        pair.there(&format!("assert got is {name} or got == {name}, got"));
    }
    pair.ship("'ab'.join, [1, 2].append, functools.partial(int, base=2), operator.itemgetter(1)");
    pair.there("assert got[0]('12') == '1ab2' and got[2]('101') == 5 and got[3]('xy') == 'y'");
}

#[test]
fn others_go_by_value_with_all_that_belongs_to_them() {
    let pair = Pair::new(
        "
FACTOR = 3
unused = (item for item in ())
def helper(x): return x * FACTOR
def decorate(function):
    def wrapper(*args): return ('wrapped', function(*args))
    wrapper.mark = 'm'
    return wrapper
def main(a, b=[1], *args, c=4, **more) -> int:
    'Says what it does.'
    return helper(a) + len(b) + c
@decorate
def decorated(x): return helper(x)
def fact(n): return 1 if n < 2 else n * fact(n - 1)
def late(): return defined_later()
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
def nested():
    def inner(): return [FACTOR for _ in range(2)]
    return inner
class Thing:
    def __init__(self, n): self.n = n
    def get(self, add=0): return self.n + add
",
    );
    pair.ship("main");
    pair.there(
        "
assert got(5) == 20 and got.__doc__ == 'Says what it does.' and got.__name__ == got.__qualname__ == 'main'
assert got.__defaults__ == ([1],) and got.__kwdefaults__ == {'c': 4} and got.__module__ == '__main__'
assert got.__annotations__ == {'return': int}
assert 'unused' not in got.__globals__ and got.__globals__['FACTOR'] == 3
first = got
",
    );
    pair.ship("decorated");
    pair.there("assert got(2) == ('wrapped', 6) and got.mark == 'm' and got.__globals__ is first.__globals__");
    pair.ship("fact, even, nested(), late, lambda x: x + FACTOR, Thing(5).get, Thing.get");
    pair.there(
        "
fact, even, inner, late, added, bound, plain = got
assert fact(5) == 120 and even(10) and inner() == [3, 3] and added(1) == 4 and bound(add=1) == 6
assert plain is bound.__func__
try:
    late()
except NameError:
    pass
else:
    raise AssertionError('nobody defined it')
",
    );
}

#[test]
fn closures_share_what_they_shared() {
    let pair = Pair::new(
        "
def counter(n=0):
    def up():
        nonlocal n
        n += 1
        return n
    def get(): return n
    return up, get
def recursive():
    def walk(n): return 0 if n == 0 else 1 + walk(n - 1)
    return walk
def empty():
    def early(): return later
    if False: later = 1
    return early
def each():
    for i in range(3):
        out.send(lambda: i)
",
    );
    pair.ship("counter()");
    pair.there("up, get = got\nassert up() == 1 and up() == 2 and get() == 2");
    pair.ship("recursive(), empty()");
    pair.there("assert got[0](7) == 7");
    pair.here("each()");
    pair.there("assert [inbox.recv(timeout=30)() for _ in range(3)] == [0, 1, 2]");
}

#[test]
fn the_same_function_is_unpacked_once_and_keeps_its_state() {
    let pair = Pair::new(
        "
calls = 0
limit = 10
def count():
    global calls
    calls += 1
    return calls, limit
def other(): return calls
",
    );
    pair.ship("count");
    pair.there("first = got\nassert first() == (1, 10) and first() == (2, 10)");
    pair.ship("count, other");
    pair.there("assert got[0] is first and got[0]() == (3, 10) and got[1]() == 3");
    // What the sender assigned since then is set anew, and only that.
    pair.here("limit = 20");
    pair.ship("count");
    pair.there("assert got is first and got() == (4, 20)");
    pair.here("calls = 100");
    pair.ship("count");
    pair.there("assert got() == (101, 20)");
    pair.here("assert calls == 100");
    pair.here("count.__defaults__ = None\ndef changed(): return 'other code'\ncount.__code__ = changed.__code__");
    pair.ship("count");
    pair.there("assert got() == 'other code' and first() == (102, 20)");
}

#[test]
fn one_that_comes_home_is_the_original() {
    let pair = Pair::new(
        "
state = 'mine'
def closed():
    n = 1
    def inner(): return n, state
    return inner
inner = closed()
def plain(): return state
",
    );
    pair.ship("inner, plain");
    pair.there("inner, plain = got\ninner.__closure__[0].cell_contents = 99\ninner.__globals__['state'] = 'theirs'");
    pair.ship_home("[inner, plain, inner]");
    pair.here("assert returned[0] is inner and returned[1] is plain and inner() == (1, 'mine')");
    // Onwards from there to a third, it is still the same function.
    pair.there("assert plain() == 'theirs'");
}

#[test]
fn functions_made_in_a_module_see_the_receivers_module() {
    let pair = Pair::new("import functools\n@functools.lru_cache\ndef cached(x): return x * 2\nimport contextlib");
    pair.there("import contextlib");
    pair.ship("contextlib.contextmanager(lambda: iter([1]))");
    pair.there("with got() as entered: assert entered == 1\nassert got.__globals__ is vars(contextlib)");
}

#[test]
fn fresh_lambdas_by_the_thousand_leave_nothing_behind() {
    let pair = Pair::new("import gc\ndef ship(n):\n    for i in range(n): out.send(lambda: i)");
    let memory = || {
        let of = |py: &ungil::Interpreter| py.stats().memory.expect("it is counted");
        of(&pair.here) + of(&pair.there)
    };
    let round = || {
        let receiving = pair.there.spawn::<u64>(ungil::Task::call("receive").args((5000,)));
        pair.here("ship(5000); gc.collect()");
        assert_eq!(receiving.wait().expect("received"), (0..5000).sum::<u64>());
    };
    pair.there("def receive(n): return sum(inbox.recv(timeout=30)() for _ in range(n))");
    (0..3).for_each(|_| round());
    let before = memory();
    (0..6).for_each(|_| round());
    let grown = memory().saturating_sub(before);
    assert!(grown < 4 << 20, "30,000 functions left {grown} bytes behind");
}

#[test]
fn what_is_sent_often_is_as_it_is_now_for_who_gets_it_first() {
    let pair = Pair::new(
        "
import ungil
limit = 1
names = ['a']
def fixed(): return limit, names_count(), later_if_any()
def names_count(): return len(names)
def later_if_any(): return LATER if has_later() else None
def has_later(): return 'LATER' in globals()
def simple(): return limit
sender, receiver = ungil.channel(2)
def sends(): sender.send(limit)
class Holder:
    def get(self): return limit
",
    );
    for _ in 0..4 {
        pair.ship("fixed, simple, Holder().get, sends");
        pair.there("first = got\nassert got[0]() == (1, 1, None) and got[1]() == 1 == got[2]()");
    }
    pair.here("limit = 2\nnames.append('b')\nLATER = 'x'");
    let third = ungil::Interpreter::new().unwrap();
    let (to_third, at_third) = ungil::channel::<ungil::Value>(4);
    pair.here.set("third", to_third).unwrap();
    third.set("inbox", at_third).unwrap();
    for _ in 0..3 {
        pair.here("third.send((fixed, simple, Holder().get))");
        third
            .exec(
                "got = inbox.recv(timeout=30)\nassert got[0]() == (2, 2, 'x') and got[1]() == 2 == got[2](), got[0]()",
            )
            .unwrap();
    }
    pair.ship("fixed, simple, Holder().get");
    pair.there("assert got[0] is first[0] and got[0]() == (2, 1, 'x') and got[1]() == 2 == got[2](), got[0]()");
    // An end of a channel is not held by what was packed.
    pair.there("del got, first\nimport gc; gc.collect()\nsends = None");
    pair.here("del sender, sends\nimport gc; gc.collect()");
}
