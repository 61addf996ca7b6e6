//! Figures, printed: `cargo test --release --test parcels speed -- --ignored --nocapture`.

use super::harness::Pair;

const MEASURE: &str = "
import pickle, time
def measure(name, count, action):
    start = time.thread_time()
    result = action()
    took = time.thread_time() - start
    print(f'{name:28} {took * 1000:9.1f} ms {count / took:12,.0f}/s')
    return result
class Point:
    def __init__(self, i): self.x, self.y, self.name = i, i * 0.5, 'p'
factor = 3
def work(i): return i * factor
";

#[test]
#[ignore = "prints figures, checks nothing"]
fn figures() {
    let pair = Pair::new(MEASURE);
    pair.here(
        "
N = 100_000
for name, data in [
    ('dicts', [{'id': i, 'name': f'n{i}', 'price': i * 1.5, 'ok': True} for i in range(N)]),
    ('instances', [Point(i) for i in range(N)]),
    ('ints', list(range(N))),
    ('texts', [f'text {i}' for i in range(N)]),
]:
    parcel = measure(f'pack {name}', N, lambda: _ungil.pack(data))
    measure(f'open {name}', N, parcel.open)
    pickled = measure(f'pickle {name}', N, lambda: pickle.dumps(data, 5))
    measure(f'unpickle {name}', N, lambda: pickle.loads(pickled))
large = b'x' * 100_000_000
parcel = measure('pack 100 MB', 1, lambda: _ungil.pack(large))
sender, receiver = _ungil.unbounded_channel()
for name, count, make in [
    ('int', N, lambda i: i),
    ('str', N, lambda i: 'text'),
    ('tuple', N, lambda i: (i, 'a')),
    ('function and int', 10_000, lambda i: (work, i)),
    ('instance', 10_000, Point),
    ('fresh lambda', 10_000, lambda i: lambda: i),
]:
    def send():
        for i in range(count): sender.send(make(i))
    def receive():
        for i in range(count): receiver.recv()
    measure(f'send {name}', count, send)
    measure(f'receive {name}', count, receive)
",
    );
}
