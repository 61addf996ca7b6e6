//! Plain data: types exact, identity kept, any depth.

use super::harness::Pair;

#[test]
fn every_plain_kind_arrives_exactly() {
    let pair = Pair::new("");
    for expression in [
        "None",
        "True",
        "-(2 ** 63), 2 ** 63, 10 ** 100, 0",
        "1.5, -0.0, float('inf'), 1e-320",
        "1 - 2.5j",
        "'', 'grüezi', '\\ud800 alone', 'x' * 100_000",
        "b'', b'\\x00\\xff' * 50_000",
        "bytearray(b'ab')",
        "[1, [2, []]], (), (1, (2,))",
        "{'a': 1, 2: 'b', (3, 4): None, None: {}}",
        "{1, 'x', (2, 3)}, frozenset({frozenset(), 5})",
        "range(3, 10 ** 20, 7), slice(None, 5, 'x')",
        "..., NotImplemented",
    ] {
        pair.ship(expression);
        pair.there(&format!(
            "expected = {expression}\nassert repr(got) == repr(expected) and got == expected, got"
        ));
    }
    pair.ship("float('nan')");
    pair.there("assert got != got");
    pair.ship("True, 1, 1.0");
    pair.there("assert [type(part) for part in got] == [bool, int, float]");
}

#[test]
fn kinds_of_the_standard_library_arrive_exactly() {
    let pair = Pair::new("import datetime, decimal, fractions, uuid, pathlib, collections, array, ipaddress, re");
    pair.there("import datetime, decimal, fractions, uuid, pathlib, collections, array, ipaddress, re");
    for expression in [
        "datetime.datetime(2024, 2, 29, 1, 2, 3, 4, datetime.timezone(datetime.timedelta(hours=1), 'X'), fold=1)",
        "datetime.date(1, 1, 1), datetime.time(23, 59), datetime.timedelta(-1, 2, 3)",
        "decimal.Decimal('1.10'), fractions.Fraction(1, 3), uuid.UUID(int=7), pathlib.PurePosixPath('/a/b')",
        "collections.OrderedDict(b=1, a=2), collections.Counter('aab'), collections.deque([1, 2], 3)",
        "collections.defaultdict(list, {1: [2]}), collections.ChainMap({1: 2}, {3: 4})",
        "array.array('d', [1.5]), ipaddress.ip_address('::1'), re.compile('a+', re.I)",
    ] {
        pair.ship(expression);
        pair.there(&format!(
            "expected = {expression}\nassert repr(got) == repr(expected) and got == expected, got"
        ));
    }
    pair.ship("datetime.timezone.utc");
    pair.there("assert got is datetime.timezone.utc");
    pair.ship("memoryview(b'abcd')[1:3]");
    pair.there("assert got.tobytes() == b'bc' and got.readonly");
}

#[test]
fn what_was_one_object_is_one_object() {
    let pair = Pair::new(
        "
shared = [1]
both = {'first': shared, 'second': shared, 'pair': (shared, shared)}
loop = []
loop.append(loop)
ring = {'tuple': (loop,)}
ring['self'] = ring
ring['in tuple'] = (ring, [ring])
nested = ([],)
nested[0].append(nested)
",
    );
    pair.ship("both");
    pair.there("assert got['first'] is got['second'] is got['pair'][0] is got['pair'][1]");
    pair.ship("ring");
    pair.there(
        "
assert got['self'] is got and got['in tuple'][0] is got and got['in tuple'][1][0] is got
loop = got['tuple'][0]
assert loop[0] is loop and len(loop) == 1
",
    );
    pair.ship("nested");
    pair.there("assert type(got) is tuple and got[0][0] is got");
    pair.ship("[shared, shared], [[], []]");
    pair.there("assert got[0][0] is got[0][1] and got[1][0] is not got[1][1]");
}

#[test]
fn any_depth_crosses() {
    let pair = Pair::new(
        "
deep = None
for level in range(100_000):
    deep = [deep] if level % 3 == 0 else {'next': deep} if level % 3 == 1 else (deep,)
class Node:
    def __init__(self, after):
        self.after = after
chain = None
for _ in range(20_000):
    chain = Node(chain)
",
    );
    pair.ship("deep");
    pair.there(
        "
depth = 0
while got is not None:
    got, depth = got['next'] if type(got) is dict else got[0], depth + 1
assert depth == 100_000
",
    );
    pair.ship("chain");
    pair.there("length = 0\nwhile got is not None: got, length = got.after, length + 1\nassert length == 20_000");
    // Nobody receives it: it is dropped, which must not recurse either.
    pair.here("out.send(deep)\nparcel = _ungil.pack(deep)\ndel parcel");
}

#[test]
fn a_parcel_is_opened_any_number_of_times_and_anywhere() {
    let pair = Pair::new("parcel = _ungil.pack({'a': [1]})");
    pair.here(
        "
first, second = parcel.open(), parcel.open()
assert first == second == {'a': [1]} and first is not second
assert _ungil.pack(b'x' * 1_000_000).size > 1_000_000 > parcel.size > 0
",
    );
    pair.ship("parcel");
    pair.there("assert got.open() == {'a': [1]}");
    pair.ship_home("got");
    pair.here("assert returned == parcel and hash(returned) == hash(parcel) and returned != _ungil.pack({'a': [1]})");
}
