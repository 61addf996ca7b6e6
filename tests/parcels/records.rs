//! Dicts that have the same keys, many of them at once.

use ungil::{Interpreter, RecvError, Value, raw_channel};

use super::harness::Pair;

#[test]
fn many_dicts_with_the_same_keys_arrive_as_they_are() {
    let pair = Pair::new(
        "
class Text(str): pass
keys = [f'key {n}' for n in range(3)]
own = Text('key 0')
dicts = [
    *({'id': n, 'name': f'item {n}', 'price': n / 4, 'big': 2 ** 70 + n, 'none': None, 'ok': n % 2 == 0} for n in range(3000)),
    *({'name': n, 'id': n} for n in range(10)),
    *({key: n for key in keys} for n in range(10)),
    *({own: n} for n in range(10)),
    *({n: n, 'id': n} for n in range(10)),
    *({f'only {n}': n} for n in range(10)),
    *({f'{n}': n for n in range(40)} for _ in range(10)),
    {}, {}, {}, {'id': 'last'},
]
expected = repr(dicts)
",
    );
    pair.ship("dicts");
    pair.there("there = repr(got)");
    let text: String = pair.here.get("expected").expect("a text");
    assert_eq!(pair.there.get::<String>("there").expect("a text"), text);
    pair.there(
        "
assert [key for key in got[3010]] == ['key 0', 'key 1', 'key 2']
assert all(a is b for a, b in zip(got[3010], got[3019])), 'what was one key is one key'
assert type(next(iter(got[3020]))).__name__ == 'Text'
got[0]['new'] = 1
assert got[0]['id'] == 0 and 'new' not in got[1] and list(got[1])[0] == 'id'
",
    );
    pair.ship_home("got[1:]");
    pair.here("assert returned == dicts[1:]");
}

#[test]
fn what_their_values_share_stays_shared() {
    let pair = Pair::new(
        "
shared, text = [1], 'not a name' * 2
def record(n):
    return {'it': shared, 'text': text, 'inner': {'it': [n], 'text': text, 'inner': None}}
twice = record(0)
dicts = [record(n) for n in range(100)]
dicts += [twice, twice]
dicts[50]['it'] = dicts
",
    );
    pair.ship("dicts");
    pair.there(
        "
assert len(got) == 102 and got[50]['it'] is got
assert got[0]['it'] is got[99]['it'] is got[101]['it'] and got[0]['inner']['it'] is not got[1]['inner']['it']
assert got[0]['text'] is got[99]['inner']['text'] == 'not a name' * 2
assert got[100] is got[101] and [one['inner']['it'][0] for one in got[:100]] == list(range(100))
",
    );
}

#[test]
fn code_that_runs_on_the_way_may_change_them() {
    let pair = Pair::new(
        "
class Meddler:
    def __init__(self, dicts, n): self.dicts, self.n = dicts, n
    def __reduce__(self):
        self.dicts[self.n].clear()
        self.dicts[-1]['added'] = True
        return int, (self.n,)
dicts = []
dicts += [{'before': n, 'it': Meddler(dicts, n), 'after': n} for n in range(20)]
",
    );
    pair.ship("dicts");
    pair.there("assert len(got) == 20 and got[19].get('added', True) and all(type(one) is dict for one in got)");
}

#[test]
fn the_way_to_what_cannot_cross_leads_through_them() {
    let pair = Pair::new("def generate(): yield 1");
    let expression = "[{'a': n, 'b': [n] if n < 7 else [0, generate()]} for n in range(8)]";
    let (class, message) = pair.refusal(expression);
    assert_eq!(class, "NotShareableError", "{message}");
    assert!(message.starts_with("value[7]['b'][1]: a generator"), "{message}");
}

#[test]
fn rust_takes_them_as_data_and_is_told_what_is_none() {
    let (sender, receiver) = raw_channel(8);
    let py = Interpreter::new().expect("an interpreter");
    py.set("sender", sender).expect("set");
    py.exec(
        "
class Point: pass
sender.send([{'x': n, 'y': [n]} for n in range(3)])
sender.send([{'x': n, 'y': [0, Point()] if n == 2 else []} for n in range(3)])
",
    )
    .expect("it runs");
    let received: Value = receiver.recv().expect("data");
    assert_eq!(
        received.to_string(),
        "[{'x': 0, 'y': [0]}, {'x': 1, 'y': [1]}, {'x': 2, 'y': [2]}]"
    );
    match receiver.recv() {
        Err(RecvError::Conversion { error, .. }) => {
            assert!(error.to_string().starts_with(r#"value[2]["y"][1]: "#), "{error}");
        }
        other => panic!("{other:?}"),
    }
}
