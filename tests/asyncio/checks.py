"""What the scripts here have in common."""


def raised(kind, function, *args, **kwargs):
    """Calls the function and returns the exception that it must raise."""
    try:
        result = function(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised, {result!r} was returned")
