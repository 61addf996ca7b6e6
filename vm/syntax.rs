//! What the compiler accepts since it is patched.

use super::{check, interpreter};

/// compiler 0001: what looks for a comprehension behind a keyword argument takes no comment for one.
#[test]
fn a_comment_behind_a_keyword_argument_may_say_for() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| {
        check(
            vm,
            "
x = dict(
    a=0,
    b=1,  # for all
    c='#'  # one for \"alpha\", for all (
    )
assert x == {'a': 0, 'b': 1, 'c': '#'}

for source in 'f(a=1 for b in c)', 'f(a=1 # (\\n for b in c)', 'f(a=\"#\" for b in c)':
    try:
        compile(source, '', 'eval')
    except SyntaxError as error:
        assert error.msg.startswith('invalid syntax. Maybe you meant'), error.msg
    else:
        assert False, source
",
        );
    });
}

/// compiler 0002: what the parser would need a lot of stack for is refused before it begins, and nothing else is.
#[test]
fn operators_that_wait_for_their_operand_are_counted_before_the_parse() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| {
        check(
            vm,
            "
for operator in '-', '- ', 'not ', 'await ', 'lambda:', 'lambda a, b: ', '2 ** ', '1 if 1 else ':
    try:
        compile(operator * 30_000 + '1', '', 'eval')
    except RecursionError:
        pass
    else:
        assert False, operator

numbers = [-1, +1, ~1, 2 ** 2, 1 if 1 else 0] * 20_000
assert eval('[' + '-1, +1, ~1, 2 ** 2, 1 if 1 else 0, ' * 20_000 + ']') == numbers
names = {}
exec('x = -1\\n' * 30_000 + 'y = \\'' + '-' * 30_000 + '\\'  # ' + '-' * 30_000, names)
assert names['x'] == -1 and names['y'] == '-' * 30_000
",
        );
    });
}

/// codegen 0001: each class has its own cell for annotations that depend on a condition, wherever it is.
#[test]
fn nested_classes_have_annotations_that_depend_on_conditions() {
    let (interpreter, _sender) = interpreter(false);
    interpreter.enter(|vm| {
        check(
            vm,
            "
yes, no = True, False

class Plain:
    class Nested:
        a: int
        if yes:
            b: str
        if no:
            c: str
    d: bytes

class Conditional:
    if no:
        a: int
    class Nested:
        b: int
        class Innermost:
            if yes:
                c: int
            if no:
                d: int
    def method(self):
        class Local:
            if yes:
                e: Conditional
            if no:
                f: int
        return Local

def function():
    class Local:
        class Nested:
            if yes:
                a: int
    return Local.Nested

assert Plain.Nested.__annotations__ == {'a': int, 'b': str}
assert Plain.__annotations__ == {'d': bytes}
assert Conditional.__annotations__ == {}
assert Conditional.Nested.__annotations__ == {'b': int}
assert Conditional.Nested.Innermost.__annotations__ == {'c': int}
assert Conditional().method().__annotations__ == {'e': Conditional}
assert function().__annotations__ == {'a': int}
",
        );
    });
}
