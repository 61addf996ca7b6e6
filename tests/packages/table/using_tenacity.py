"""Tries again what fails, and gives up at last."""
# packages: tenacity==9.2.1

from tenacity import RetryError, retry, retry_if_exception_type, stop_after_attempt, wait_none

calls = []


@retry(stop=stop_after_attempt(3), wait=wait_none(), retry=retry_if_exception_type(OSError))
def fails(times):
    calls.append(times)
    if len(calls) <= times:
        raise OSError("busy")
    return len(calls)


assert fails(2) == 3
calls.clear()
try:
    fails(9)
except RetryError as error:
    assert error.last_attempt.attempt_number == 3
else:
    raise AssertionError
