//! Objects that say how they are rebuilt.

use super::harness::Pair;

#[test]
fn the_methods_for_it_are_used() {
    let pair = Pair::new(
        "
import copyreg
class Custom:
    def __init__(self, a): self.a = a
    def __reduce__(self): return Custom, (self.a + 1,)
class Args:
    def __new__(cls, a, *, b):
        self = super().__new__(cls)
        self.made = (a, b)
        return self
    def __getnewargs_ex__(self): return (self.made[0],), {'b': self.made[1]}
class State:
    def __getstate__(self): return {'secret': 1}
    def __setstate__(self, state): self.restored = state
class Bag:
    def __init__(self): self.items, self.entries = [], {}
    def append(self, item): self.items.append(item)
    def __setitem__(self, key, value): self.entries[key] = value
    def __reduce_ex__(self, protocol): return Bag, (), None, iter([1, 2]), iter([('k', 3)])
class Registered: pass
copyreg.pickle(Registered, lambda it: (Custom, (40,)))
class Slots:
    __slots__ = ('a', 'b', '__dict__')
class Setter:
    def __reduce__(self): return object.__new__, (Setter,), {'x': 1}, None, None, Setter.restore
    @staticmethod
    def restore(it, state): it.by_setter = state
slots = Slots(); slots.a = 1; slots.free = slots
",
    );
    for (expression, check) in [
        ("Custom(1)", "got.a == 2"),
        ("Args(5, b=6)", "got.made == (5, 6)"),
        ("State()", "got.restored == {'secret': 1}"),
        ("Bag()", "got.items == [1, 2] and got.entries == {'k': 3}"),
        ("Registered()", "type(got).__name__ == 'Custom' and got.a == 40"),
        ("slots", "got.a == 1 and got.free is got and not hasattr(got, 'b')"),
        ("Setter()", "got.by_setter == {'x': 1}"),
    ] {
        pair.ship(expression);
        pair.there(&format!("assert {check}, vars(got)"));
    }
}

#[test]
fn subclasses_of_builtins_stay_what_they_are() {
    let pair = Pair::new(
        "
class Number(int): pass
class Text(str): pass
class Items(list): pass
class Map(dict): pass
class Bytes(bytes): pass
class Pairs(tuple): pass
class Members(set): pass
items = Items([1]); items.append(items); items.name = 'n'
",
    );
    pair.ship("[Number(5), Text('t'), items, Map(a=1), Bytes(b'x'), Pairs((1, 2)), Members({1})]");
    pair.there(
        "
names = [type(part).__name__ for part in got]
assert names == ['Number', 'Text', 'Items', 'Map', 'Bytes', 'Pairs', 'Members'], names
assert got[0] == 5 and got[1] == 't' and got[3] == {'a': 1} and got[4] == b'x' and got[5] == (1, 2) and got[6] == {1}
assert got[2][1] is got[2] and got[2].name == 'n'
",
    );
}

#[test]
fn a_way_back_that_counts_do_not_show_is_kept() {
    let pair = Pair::new(
        "
import weakref
class Parent:
    def __init__(self): self.child = Child(self)
class Child:
    def __init__(self, parent): self.parent = weakref.ref(parent)
    def __getstate__(self): return {'up': self.parent()}
    def __setstate__(self, state): self.up = state['up']
root = []
class Reaches:
    def __reduce__(self): return Arrived, (root[0],)
class Arrived:
    def __init__(self, it): self.it = it
root.append([Reaches()])
",
    );
    pair.ship("[Parent()]");
    pair.there("assert got[0].child.up is got[0]");
    pair.ship("root");
    pair.there("assert got[0][0].it is got[0]");
}

#[test]
fn what_a_method_raises_arrives_and_nothing_else_is_disturbed() {
    let pair = Pair::new(
        "
class Fails:
    def __reduce__(self): raise ValueError('not now')
class Nonsense:
    def __reduce__(self): return 5
class Never:
    def __setstate__(self, state): raise KeyError('no state today')
never = Never(); never.x = 1
class Endless:
    def __reduce__(self): return Endless, ([self],)
",
    );
    assert_eq!(pair.refusal("[1, Fails()]"), ("ValueError".into(), "not now".into()));
    assert_eq!(pair.refusal("[Nonsense()]").0, "NotShareableError");
    assert_eq!(pair.refusal("Endless()").0, "NotShareableError");
    pair.here("assert len(out) == 0");
    pair.here("out.send(never); out.send('next')");
    pair.there(
        "
try:
    inbox.recv(timeout=30)
except KeyError as error:
    assert error.args == ('no state today',)
else:
    raise AssertionError('it was restored')
assert inbox.recv(timeout=30) == 'next'
",
    );
}
