"""Much at once: 64 MiB of bytes, copied and shared; a list of 100,000 small dicts, there and back."""

import time

from common import arguments, context, median, report

SIZE = 64 << 20


def connections(transport, method):
    if transport == "channel":
        import ungil

        return ungil.channel(1), ungil.channel(1)
    api = context(method)
    return api.Pipe(False)[::-1], api.Pipe(False)[::-1]


def answer_length(there, back):
    back[0].send(None)
    for value in iter(there[1].recv, None):
        back[0].send(len(value))
        del value


def give_back(there, back):
    back[0].send(None)
    for value in iter(there[1].recv, None):
        back[0].send(value)
        del value


def touch(there, back):
    """Of memory that is shared: a byte of it says that it is there."""
    back[0].send(None)
    for value in iter(there[1].recv, None):
        view = value.view() if hasattr(value, "view") else value.buf
        back[0].send(view[0])
        del view, value


def exchange(there, back, value, times):
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        there[0].send(value)
        answer = back[1].recv()
        took.append(time.perf_counter() - begun)
        del answer
    return median(took)


def copied(source, times):
    """How fast this machine copies memory that is in use, in the same units."""
    target = bytearray(len(source))
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        target[:] = source
        took.append(time.perf_counter() - begun)
    return median(took)


def shared(size):
    try:
        import ungil
    except ImportError:
        from multiprocessing.shared_memory import SharedMemory

        return SharedMemory(create=True, size=size)
    return ungil.SharedBuffer(size)


def payload(mode, size):
    if mode == "dicts":
        return [{"id": n, "name": f"item {n}", "price": n / 4} for n in range(100_000)]
    return shared(size) if mode == "shared" else bytes(size)


def main():
    options = arguments(transport="pipe", mode="bytes", method="", times=5, size=SIZE)
    mode, times = options["mode"], options["times"]
    if mode == "memcpy":
        return report(value=copied(bytearray(options["size"]), times) * 1e3)
    # SharedMemory before the worker is forked, so that both have one resource tracker; the rest after, so that it is not the
    # worker's from the beginning.
    value = payload(mode, options["size"]) if mode == "shared" else None
    there, back = connections(options["transport"], options["method"])
    target = {"bytes": answer_length, "dicts": give_back, "shared": touch}[mode]
    worker = context(options["method"]).Process(target=target, args=(there, back))
    worker.start()
    back[1].recv()
    if value is None:
        value = payload(mode, options["size"])
    there[0].send(value)
    answer = back[1].recv()
    assert answer == {"bytes": options["size"], "dicts": value, "shared": 0}[mode]
    del answer
    took = exchange(there, back, value, times * (40 if mode == "shared" else 1))
    there[0].send(None)
    worker.join()
    if hasattr(value, "unlink"):
        value.close()
        value.unlink()
    report(value=took * (1e6 if mode == "shared" else 1e3))


if __name__ == "__main__":
    main()
