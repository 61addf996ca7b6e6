//! Exceptions with all that belongs to them.

use super::harness::Pair;

#[test]
fn an_exception_brings_what_led_to_it() {
    let pair = Pair::new(
        "
class Own(Exception):
    def __init__(self, a, b):
        super().__init__(f'{a} and {b}')
        self.a = a
def fail():
    try:
        {}['missing']
    except KeyError as key:
        raise Own(1, 2) from key
try:
    fail()
except Own as error:
    error.add_note('a note')
    chained = error
try:
    int('x')
except ValueError as error:
    plain = error
group = ExceptionGroup('many', [ValueError(1), ExceptionGroup('inner', [chained])])
",
    );
    pair.ship("chained");
    pair.there(
        "
assert type(got).__name__ == 'Own' and got.args == ('1 and 2',) and got.a == 1
assert got.__notes__ == ['a note'] and got.__suppress_context__
assert type(got.__cause__) is KeyError and got.__cause__.args == ('missing',) and got.__context__ is got.__cause__
assert 'in fail' in got.__remote_traceback__
",
    );
    pair.ship("plain");
    pair.there(
        "
import traceback
assert type(got) is ValueError and type(got.__cause__).__name__ == 'RemoteTraceback'
assert 'Traceback (most recent call last)' in str(got.__cause__) and 'line 17' in str(got.__cause__), str(got.__cause__)
assert 'The above exception was the direct cause' in ''.join(traceback.format_exception(got))
",
    );
    pair.ship("group");
    pair.there("assert got.exceptions[1].exceptions[0].a == 1 and got.message == 'many'");
}

#[test]
fn what_the_kinds_have_of_their_own_arrives() {
    let pair = Pair::new(
        "
def raised(action):
    try:
        action()
    except BaseException as error:
        return error
",
    );
    for (action, check) in [
        (
            "lambda: open('/nonexistent')",
            "got.errno == 2 and got.filename == '/nonexistent'",
        ),
        (
            "lambda: b'\\xff'.decode()",
            "got.start == 0 and got.object == b'\\xff' and got.encoding == 'utf-8'",
        ),
        ("lambda: undefined_name", "got.name == 'undefined_name'"),
        (
            "lambda: __import__('nonexistent_module')",
            "got.name == 'nonexistent_module'",
        ),
        (
            "lambda: compile('a b', 'file', 'exec')",
            "got.lineno == 1 and got.filename == 'file'",
        ),
        ("lambda: exit_with(3)", "type(got) is NameError"),
        ("lambda: (_ for _ in ()).throw(SystemExit(3))", "got.code == 3"),
        (
            "lambda: (_ for _ in ()).throw(StopAsyncIteration(1))",
            "got.args == (1,)",
        ),
    ] {
        pair.ship(&format!("raised({action})"));
        pair.there(&format!("assert {check}, repr(got)"));
    }
}
