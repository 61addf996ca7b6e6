"""Contexts, start methods, names of the package, logging."""

import io
import logging
import multiprocessing as mp
from multiprocessing import context, managers, pool, reduction, util


def raises(kind, function, *args, text=""):
    try:
        function(*args)
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError(f"{kind.__name__} expected")


def test_names():
    expected = (
        "Array AuthenticationError Barrier BoundedSemaphore BufferTooShort Condition Event JoinableQueue Lock Manager Pipe "
        "Pool Process ProcessError Queue RLock RawArray RawValue Semaphore SimpleQueue TimeoutError Value active_children "
        "allow_connection_pickling cpu_count current_process freeze_support get_all_start_methods get_context get_logger "
        "get_start_method log_to_stderr parent_process reducer set_executable set_forkserver_preload set_start_method"
    )
    assert sorted(mp.__all__) == expected.split() and len(mp.__all__) == 37
    assert all(hasattr(mp, name) for name in mp.__all__)
    for module in "connection context dummy managers pool process queues reduction shared_memory sharedctypes".split():
        __import__(f"multiprocessing.{module}")
    assert issubclass(mp.TimeoutError, mp.ProcessError) and mp.BufferTooShort is context.BufferTooShort
    assert mp.reducer is reduction and mp.cpu_count() >= 1
    assert mp.freeze_support() is None and mp.allow_connection_pickling() is None


def test_start_methods():
    methods = mp.get_all_start_methods()
    assert sorted(methods) == ["fork", "forkserver", "spawn"]
    assert mp.get_start_method(allow_none=True) is None
    assert mp.get_start_method() == methods[0]
    raises(RuntimeError, mp.set_start_method, "spawn", text="context has already been set")
    mp.set_start_method("spawn", force=True)
    assert mp.get_start_method() == "spawn" and mp.get_context().get_start_method() == "spawn"
    mp.set_start_method(None, force=True)
    assert mp.get_start_method(allow_none=True) is None
    raises(ValueError, mp.set_start_method, "threads", text="cannot find context for 'threads'")
    raises(ValueError, mp.get_context, "threads")
    raises(ValueError, mp.get_context("fork").set_start_method, "spawn", text="concrete context")
    raises(TypeError, mp.set_forkserver_preload, [1])
    mp.set_forkserver_preload(["json"])
    mp.set_executable("python")


def test_every_context_works():
    for method in mp.get_all_start_methods():
        ctx = mp.get_context(method)
        assert ctx.get_context() is ctx and ctx.get_start_method() == method
        queue, lock = ctx.Queue(), ctx.Lock()

        def work():
            with lock:
                queue.put(method)

        process = ctx.Process(target=work)
        process.start()
        assert queue.get() == method
        process.join()
        with ctx.Pool(1) as workers:
            assert workers.map(len, ["a", "bb"]) == [1, 2]


def test_logging():
    logger = mp.get_logger()
    assert logger.name == "multiprocessing" and logger is mp.get_logger() and not logger.propagate
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    logger.setLevel(util.SUBDEBUG)
    util.info("known %d", 5)
    assert stream.getvalue() == "known 5\n"
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    assert mp.log_to_stderr(logging.ERROR) is logger and logger.level == logging.ERROR
    logger.handlers.clear()


def test_finalizers():
    done = []

    class Thing:
        pass

    thing = Thing()
    finalize = util.Finalize(thing, done.append, args=("gone",))
    assert finalize.still_active() and "callback=append" in repr(finalize)
    del thing
    assert done == ["gone"] and not finalize.still_active() and "dead" in repr(finalize)
    called = util.Finalize(None, done.append, args=("called",), exitpriority=1)
    assert called() is None and called() is None and done == ["gone", "called"]
    for number in (2, 1, 3):
        util.Finalize(None, done.append, args=(number,), exitpriority=number)
    util.Finalize(None, done.append, args=("never",), exitpriority=4).cancel()
    util._run_finalizers(0)
    assert done[2:] == [3, 2, 1]
    raises(ValueError, util.Finalize, None, print)
    raises(TypeError, util.Finalize, None, print, (), None, 1.5)


def test_registered_reducers():
    class Handle:
        def __init__(self, number):
            self.number = number

        def __reduce__(self):
            raise TypeError("cannot be sent")

    reduction.register(Handle, lambda handle: (int, (handle.number,)))
    queue = mp.Queue()
    queue.put(Handle(5))
    assert queue.get() == 5
    assert reduction.ForkingPickler.loads(reduction.ForkingPickler.dumps(Handle(6))) == 6


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
