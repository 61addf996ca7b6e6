//! What Python code sees of the patches from 0025 on.

use super::{check, interpreter, interrupt, run};
use std::sync::mpsc;
use std::thread;

/// 0025, 0026: calls and generators that stay in one loop look as they do elsewhere: limits, tracebacks, frames, finalizers,
/// tracing that begins in the middle.
#[test]
fn calls_and_generators_in_the_loop_are_calls_and_generators() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| check(vm, include_str!("calls.py")));
}

/// 0040 to 0043: what raises or runs other code within the loop does what it does elsewhere.
#[test]
fn what_raises_in_the_loop_raises_as_elsewhere() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| check(vm, include_str!("loop_paths.py")));
}

/// 0044: nothing needs to import `_ast` before a tree is asked for.
#[test]
fn a_tree_is_whole_though_nobody_imported_its_types() {
    const WHOLE: &str = "
import sys
assert '_ast' not in sys.modules
ONLY_AST = 0x400
tree = compile('a + 1', 'text', 'eval', ONLY_AST)
assert type(tree)._fields == type(tree).__match_args__ == ('body',)
assert (type(tree.body).__name__, type(tree.body.op).__name__, tree.body.right.value) == ('BinOp', 'Add', 1)
assert eval(compile(tree, 'text', 'eval'), {'a': 2}) == 3
import _ast
assert isinstance(tree, _ast.Expression) and tree.body.left.id == 'a'
";
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| check(vm, WHOLE));
}

/// 0045: a method of any base is found in its slot, also one that comes later or goes.
#[test]
fn slots_of_a_new_type_come_from_all_bases() {
    const BASES: &str = "
class Sized:
    'two underscores and no slot: a text, a module, a way to copy'
    def __len__(self): return 7
    def __reduce__(self): return Sized, ()

class Called:
    def __call__(self): return 'called'

class Both(Sized, Called):
    def __getitem__(self, index): return index

class Below(Both, dict): pass

below = Below()
assert (len(below), below(), below[3], bool(below)) == (7, 'called', 3, True)
below['key'] = 1
assert list(below) == ['key']
Called.__iter__ = lambda self: iter('ab')
assert list(below) == ['a', 'b']
del Called.__iter__, Sized.__len__
assert (list(below), len(below)) == (['key'], 1)
";
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| check(vm, BASES));
}

/// 0025, 0026: an interrupt gets into calls and generators that have no loop of their own, and unwinds them; afterwards the
/// same functions work.
#[test]
fn calls_in_the_loop_are_interrupted() {
    const ENDLESS: [&str; 3] = [
        "f(1, 10 ** 9)",
        "for n in g(10 ** 9): f(1, n % 3)",
        "sum(f(1, n % 3) for n in g(10 ** 9))",
    ];
    const FUNCTIONS: &str = "
def f(one, n):
    if n < 2:
        return one
    return f(one, n // 2) + f(one, n // 2)

def g(limit):
    n = 0
    while n < limit:
        yield f(n, 1)
        n += 1

assert f(1, 100) == 64 and sum(g(100)) == 4950
";
    let (interpreter, sender) = interpreter(false);
    interpreter.enter(|vm| {
        for source in ENDLESS {
            let (begun, begins) = mpsc::channel();
            let interrupter = thread::spawn({
                let sender = sender.clone();
                move || {
                    begins.recv().expect("the script runs");
                    interrupt(&sender);
                }
            });
            check(vm, FUNCTIONS);
            begun.send(()).expect("somebody waits");
            let error = run(vm, &format!("{FUNCTIONS}{source}")).unwrap_err();
            interrupter.join().expect("an interrupt");
            assert!(error.contains("interrupted"), "{source}: {error}");
            check(vm, FUNCTIONS);
        }
    });
}

/// 0027: the bases of a class are taken in the order in which they are listed.
#[test]
fn bases_keep_their_order() {
    let (interpreter, _sender) = interpreter(false);
    let source = "
class U: pass
class A: pass
class S: pass
class T(U, S): pass
class L(S): pass
class C(T, A, U, L): pass
assert [each.__name__ for each in C.__mro__] == ['C', 'T', 'A', 'U', 'L', 'S', 'object'], C.__mro__
class R(S): pass
class J(A, U, R): pass
class F(C, J): pass
class B(A): pass
for bases in ((A, B), (object, A), (T, U, S, A, T)):
    try:
        type('Wrong', bases, {})
    except TypeError as error:
        if bases == (A, B):
            assert str(error).endswith('for bases A, B'), error
    else:
        raise AssertionError(bases)
";
    interpreter.enter(|vm| check(vm, source));
}

/// 0028: the operators in place of a set leave to the other operand what is not a set.
#[test]
fn set_operators_in_place_ask_the_other_operand() {
    let (interpreter, _sender) = interpreter(false);
    let source = "
from collections.abc import Set
class Other(Set):
    def __init__(self, items=()): self.items = dict.fromkeys(items)
    def __contains__(self, item): return item in self.items
    def __iter__(self): return iter(self.items)
    def __len__(self): return len(self.items)
union = both = rest = either = {1, 2}
union |= Other([2, 3]); both &= Other([2, 3]); rest -= Other([2, 3]); either ^= Other([2, 3])
assert [sorted(each) for each in (union, both, rest, either)] == [[1, 2, 3], [2], [1], [1, 3]]
assert type(union) is Other and set.__ior__({1}, [2]) is NotImplemented
for operand in ([2], 5, None):
    try:
        union = {1}
        union |= operand
    except TypeError:
        continue
    raise AssertionError(operand)
";
    interpreter.enter(|vm| check(vm, source));
}

/// 0031: a descriptor without `__get__` is asked at every store, specialized or not.
#[test]
fn descriptors_with_set_alone_are_asked_at_every_store() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| {
        check(
            vm,
            "
class Twice:
    def __set__(self, instance, value):
        vars(instance)['value'] = vars(instance)['copy'] = value

class Kept:
    value = Twice()

    def __init__(self, value):
        self.value = value

for n in range(100):
    kept = Kept(n)
    assert (kept.value, kept.copy) == (n, n), n
    kept.value = -n
    assert (kept.value, kept.copy) == (-n, -n), n
",
        );
    });
}

/// rustpython-sre_engine 0002: what is read of bytes is what is consumed, and nothing behind the last one.
#[test]
fn regular_expressions_read_no_byte_behind_the_last() {
    use rustpython_sre_engine::StrDrive;

    let subject: &[u8] = b"ab";
    let mut cursor = subject.create_cursor(0);
    for byte in subject {
        assert_eq!(<&[u8]>::advance(&mut cursor), u32::from(*byte));
    }
    assert_eq!(cursor.position, subject.len());
}
