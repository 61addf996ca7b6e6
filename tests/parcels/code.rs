//! What code says about itself.

use super::harness::Pair;

#[test]
fn effects_of_code_are_read_off_it() {
    let pair = Pair::new(
        "
def outer():
    free = 1
    holder = object()
    def function(argument):
        global stored, removed
        nonlocal free
        stored = READ
        del removed
        free = 2
        own = 3
        def nested():
            nonlocal own
            own = DEEP
        Config.debug = True
        Config.count += 1
        holder.attribute = 1
        del Config.gone
        argument.fine = 1
        local = argument
        local.fine = Config.read.fine
        return len
    return function
effects = _ungil.code_effects(outer().__code__)
assert effects.reads >= {'READ', 'DEEP', 'Config', 'len'}, effects.reads
assert effects.global_stores == {'stored', 'removed'}, effects.global_stores
assert effects.free_stores == {'free'}, effects.free_stores
expected = {('Config', 'debug'), ('Config', 'count'), ('holder', 'attribute'), ('Config', 'gone')}
assert effects.attribute_stores == expected, effects.attribute_stores
pure = _ungil.code_effects((lambda a: a + 1).__code__)
assert pure == (frozenset(),) * 4, pure
",
    );
    // The VM rewrites instructions as it runs them; they are read as the compiler wrote them.
    pair.here(
        "
total = 0
def hot():
    global total
    for i in range(1000): total += abs(i)
before = _ungil.code_effects(hot.__code__)
for _ in range(50): hot()
assert _ungil.code_effects(hot.__code__) == before == ({'total', 'range', 'abs'}, {'total'}, set(), set())
",
    );
    pair.ship("hot");
    pair.there("assert got() is None and got.__globals__['total'] > 0");
}

#[test]
fn atoms_are_told_from_what_a_copy_would_lose() {
    let pair = Pair::new(
        "
import datetime, json
class C: pass
def f(): pass
for atom in [None, 1, 'x', (1, ('y', b'z')), frozenset({1}), range(3), slice(1), datetime.date(1, 1, 1), len, json,
             json.dumps, int, out, ...]:
    assert _ungil.is_atomic(atom), atom
for other in [[], {}, set(), bytearray(), (1, []), C(), C, f, frozenset({C()})]:
    assert not _ungil.is_atomic(other), other
",
    );
    pair.ship("1");
}
