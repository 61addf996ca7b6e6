"""A future by itself: its states and what can be done in each."""

from concurrent.futures import CancelledError, Future, InvalidStateError
from concurrent.futures._base import CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED, PENDING, RUNNING

from checks import raised


def in_state(state, result=None, exception=None):
    future = Future()
    if state in (CANCELLED, CANCELLED_AND_NOTIFIED):
        assert future.cancel()
    if state == CANCELLED_AND_NOTIFIED:
        assert not future.set_running_or_notify_cancel()
    if state in (RUNNING, FINISHED):
        assert future.set_running_or_notify_cancel()
    if state == FINISHED:
        if exception is None:
            future.set_result(result)
        else:
            future.set_exception(exception)
    return future


def test_repr():
    for state, text in [
        (PENDING, "state=pending>"),
        (RUNNING, "state=running>"),
        (CANCELLED, "state=cancelled>"),
        (CANCELLED_AND_NOTIFIED, "state=cancelled>"),
    ]:
        assert repr(in_state(state)).endswith(text), repr(in_state(state))
    assert repr(in_state(FINISHED, exception=OSError())).endswith("state=finished raised OSError>")
    assert repr(in_state(FINISHED, 42)).endswith("state=finished returned int>")


def test_cancel():
    for state, works, after in [
        (PENDING, True, CANCELLED),
        (RUNNING, False, RUNNING),
        (CANCELLED, True, CANCELLED),
        (CANCELLED_AND_NOTIFIED, True, CANCELLED_AND_NOTIFIED),
        (FINISHED, False, FINISHED),
    ]:
        future = in_state(state)
        assert future.cancel() is works
        assert future._state == after


def test_questions():
    for state, cancelled, running, done in [
        (PENDING, False, False, False),
        (RUNNING, False, True, False),
        (CANCELLED, True, False, True),
        (CANCELLED_AND_NOTIFIED, True, False, True),
        (FINISHED, False, False, True),
    ]:
        future = in_state(state)
        assert (future.cancelled(), future.running(), future.done()) == (cancelled, running, done), state


def test_result_and_exception_with_timeout():
    for state, kind in [
        (PENDING, TimeoutError),
        (RUNNING, TimeoutError),
        (CANCELLED, CancelledError),
        (CANCELLED_AND_NOTIFIED, CancelledError),
    ]:
        raised(kind, in_state(state).result, timeout=0)
        raised(kind, in_state(state).exception, timeout=0)
        raised(kind, in_state(state).result, 0.01)
    error = OSError("gone")
    failed = in_state(FINISHED, exception=error)
    assert raised(OSError, failed.result, timeout=0) is error
    assert failed.exception(timeout=0) is error
    good = in_state(FINISHED, 42)
    assert good.result(timeout=0) == 42 and good.exception(timeout=0) is None


def test_completed_once():
    for state in (CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED):
        error = raised(InvalidStateError, in_state(state).set_result, 1)
        assert state in str(error), str(error)
        raised(InvalidStateError, in_state(state).set_exception, OSError())
    future = in_state(FINISHED, 1)
    raised(InvalidStateError, future.set_result, 2)
    assert future.result() == 1


def test_invalid_set_running_or_notify_cancel():
    import logging

    logging.getLogger("concurrent.futures").setLevel(logging.CRITICAL + 1)
    for state in (RUNNING, FINISHED, CANCELLED_AND_NOTIFIED):
        error = raised(RuntimeError, in_state(state).set_running_or_notify_cancel)
        assert str(error) == f"Future in unexpected state: {state}"


def test_exceptions_are_what_they_were():
    import builtins
    import concurrent.futures

    assert concurrent.futures.TimeoutError is builtins.TimeoutError
    assert Future[int].__origin__ is Future


def test_falsey_exception():
    class Falsey(Exception):
        def __bool__(self):
            return False

        def __len__(self):
            return 0

    future = Future()
    future.set_exception(Falsey("no"))
    raised(Falsey, future.result)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
