"""select()."""

import ungil
from checks import raised


def test_receivers():
    first_sender, first = ungil.channel()
    second_sender, second = ungil.channel()
    assert ungil.select([first, second], timeout=0) == []
    second_sender.send(1)
    assert ungil.select([first, second]) == [second]
    first_sender.send(2)
    assert ungil.select([first, second]) == [first, second]
    assert (first.recv(), second.recv()) == (2, 1)
    first_sender.close()
    assert ungil.select([first, second], timeout=60) == [first]


def test_events_and_senders():
    event = ungil.Event()
    sender, receiver = ungil.channel(1)
    assert ungil.select([event, sender]) == [sender]
    sender.send(1)
    assert ungil.select([event, sender], timeout=0.01) == []
    ungil.spawn(event.set)
    assert ungil.select([event, sender], timeout=60) == [event]


def test_many_workers():
    pairs = [ungil.channel(1) for _ in range(5)]
    tasks = [ungil.spawn(lambda n, sender: [sender.send((n, k)) for k in range(10)], n, pairs[n][0]) for n in range(5)]
    waiting = [receiver for _, receiver in pairs]
    pairs.clear()
    got = []
    while waiting:
        for receiver in ungil.select(waiting, timeout=60):
            try:
                got.append(receiver.try_recv())
            except ungil.ChannelClosed:
                waiting.remove(receiver)
    assert sorted(got) == [(n, k) for n in range(5) for k in range(10)]
    for task in tasks:
        task.result()


def test_what_cannot_be_waited_for():
    raised(TypeError, ungil.select, [object()])
    raised(TypeError, ungil.select, 7)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
