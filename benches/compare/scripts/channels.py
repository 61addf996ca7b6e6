"""Two workers: round trips of a small int, one-way streams of ints, strings and small dicts.

A round trip is reported in microseconds, a stream in messages per second.
"""

from common import arguments, context, new_queue, perf_counter, report

PAYLOADS = {"int": 7, "str": "x" * 100, "dict": {"id": 17, "name": "seventeen", "price": 17.5}}


class Ends:
    """Two one-way connections between the main script and a worker, whatever they are made of."""

    def __init__(self, transport, method):
        self.transport, self.method = transport, method
        if transport == "channel":
            import ungil

            self.there, self.back = ungil.channel(1024), ungil.channel(1024)
        elif transport == "pipe":
            api = context(method)
            self.there, self.back = api.Pipe(False)[::-1], api.Pipe(False)[::-1]
        elif transport == "thread-queue":
            self.there, self.back = [(q, q) for q in (new_queue(1024), new_queue(1024))]
        else:
            api = context(method)
            self.there, self.back = [(q, q) for q in (api.Queue(1024), api.Queue(1024))]

    def start(self, target, *args):
        if self.transport == "thread-queue":
            import threading

            worker = threading.Thread(target=target, args=args)
        else:
            worker = context(self.method).Process(target=target, args=args)
        worker.start()
        return worker


def methods(pair):
    """How to send and how to receive."""
    sender, receiver = pair
    send = getattr(sender, "send", None) or sender.put
    receive = getattr(receiver, "recv", None) or receiver.get
    return send, receive


def echo(there, back, count):
    _, receive = methods(there)
    send, _ = methods(back)
    send(None)
    for _ in range(count):
        send(receive())


def drain(there, back, count):
    _, receive = methods(there)
    send, _ = methods(back)
    send(None)
    for _ in range(count):
        value = receive()
    send(value)


def main():
    options = arguments(transport="pipe", mode="roundtrip", n=2000, method="")
    count = options["n"]
    ends = Ends(options["transport"], options["method"])
    send, _ = methods(ends.there)
    _, receive = methods(ends.back)
    stream = options["mode"] != "roundtrip"
    worker = ends.start(drain if stream else echo, ends.there, ends.back, count)
    receive()  # it is there
    begun = perf_counter()
    if stream:
        payload = PAYLOADS[options["mode"]]
        for _ in range(count):
            send(payload)
        last = receive()
    else:
        for payload in range(count):
            send(payload)
            last = receive()
    took = perf_counter() - begun
    worker.join()
    assert last == payload, last
    report(value=count / took if stream else took / count * 1e6)


if __name__ == "__main__":
    main()
