"""Logging is set up in what a script starts as it is in the script.

In CPython a thread logs through its starter's handlers, and a process has copies of them. An interpreter begins with a
`logging` of its own, in which whatever is below a warning would be dropped without a word.

What is carried: levels, and handlers that write to standard error, standard output, a file or nothing, with their formats.
Filters, and handlers and formatters of other classes, are not, nor handlers of a logger that has the name of an imported
module: it is set up where that is imported.
"""

import logging
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Kind, argument, level, format, date format, style.
    Handler = tuple[str, Any, int, str | None, str | None, str]
    # Name, level, propagates, is disabled, handlers.
    Logger = tuple[str, int, bool, bool, list[Handler]]

__all__ = ["apply", "state"]

_STREAMS = ("stderr", "stdout")


def state() -> tuple[int, list[Logger]] | None:
    """What was set up in this interpreter; None if nothing was."""
    manager = logging.root.manager
    known = [("", logging.root), *list(manager.loggerDict.items())]
    described = [_describe(name, logger) for name, logger in known if isinstance(logger, logging.Logger)]
    changed = [logger for logger in described if logger[1:] != (logging.NOTSET if logger[0] else logging.WARNING, True, False, [])]
    return (manager.disable, changed) if changed or manager.disable else None


def apply(state: tuple[int, list[Logger]]) -> None:
    """Sets logging up as `state()` found it elsewhere."""
    logging.root.manager.disable, loggers = state
    for name, level, propagate, disabled, handlers in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.propagate, logger.disabled = propagate, disabled
        for handler in handlers:
            logger.addHandler(_make(*handler))


def _describe(name: str, logger: logging.Logger) -> Logger:
    top = name.partition(".")[0]
    own = logger.handlers if top == "__main__" or top not in sys.modules else []
    handlers = [found for handler in own if (found := _describe_handler(handler)) is not None]
    return name, logger.level, logger.propagate, logger.disabled, handlers


def _describe_handler(handler: logging.Handler) -> Handler | None:
    kind, argument = type(handler), None
    if kind is logging.StreamHandler:
        streams = [name for name in _STREAMS if handler.stream in (getattr(sys, name), getattr(sys, f"__{name}__"))]
        if not streams:
            return None
        argument = streams[0]
    elif kind is logging.FileHandler:
        argument = (handler.baseFilename, handler.encoding, handler.errors)
    elif kind is not logging.NullHandler:
        return None
    formatter = handler.formatter
    if formatter is None:
        return kind.__name__, argument, handler.level, None, None, ""
    styles = [style for style, (cls, _) in logging._STYLES.items() if type(formatter._style) is cls]
    if type(formatter) is not logging.Formatter or not styles:
        return None
    return kind.__name__, argument, handler.level, formatter._fmt, formatter.datefmt, styles[0]


def _make(kind: str, argument: Any, level: int, format: str | None, dates: str | None, style: str) -> logging.Handler:
    if kind == "StreamHandler":
        handler: logging.Handler = logging.StreamHandler(getattr(sys, argument))
    elif kind == "FileHandler":
        path, encoding, errors = argument
        # It has been begun by who opened it first, and may be one that only he may open.
        handler = logging.FileHandler(path, "a", encoding, True, errors)
    else:
        handler = logging.NullHandler()
    handler.setLevel(level)
    if style:
        handler.setFormatter(logging.Formatter(format, dates, style))
    return handler
