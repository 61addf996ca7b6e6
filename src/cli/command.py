"""The parts of the command that are most naturally said in Python."""

import sys
import _imp


def set_up(own_folders, environment, unbuffered):
    """Makes the interpreter what a script expects: builtins of `site`, the folder of a virtual environment.

    The first `own_folders` entries of `sys.path` were asked for.
    """
    if unbuffered:
        stop_buffering()
    own = sys.path[:own_folders]
    import os
    import site

    if environment is not None:
        sys.prefix = sys.exec_prefix = environment
    own = {os.path.abspath(folder) for folder in own}
    _let_own_modules_win({folder for folder in sys.path if folder not in own})


def stop_buffering():
    """Has standard output and standard error written at once, as `-u` asks."""
    import io

    for name in ("stdout", "stderr"):
        old = getattr(sys, name)
        if old is not None:
            raw = old.buffer.raw
            if isinstance(raw, io.FileIO):
                raw = open(old.fileno(), "wb", buffering=0, closefd=False)
            else:
                # The old ones would close it when they go.
                old.detach().detach()
            new = io.TextIOWrapper(raw, old.encoding, old.errors, newline="\n", write_through=True)
            new.mode = "w"
            setattr(sys, name, new)
            setattr(sys, f"__{name}__", new)


def _let_own_modules_win(installed):
    """The standard library is in the binary, where it would hide a module of the same name beside the script."""
    finders = sys.meta_path
    names = [getattr(finder, "__name__", "") for finder in finders]
    in_folders = finders[names.index("PathFinder")]
    finders.insert(names.index("FrozenImporter"), OwnModuleFinder(installed, in_folders))


class OwnModuleFinder:
    """Finds modules that hide one of the standard library: in the folders on `sys.path` before the library's place."""

    def __init__(self, installed, path_finder):
        self.installed = installed
        self.path_finder = path_finder

    def find_spec(self, name, path=None, target=None):
        if path is not None or name.startswith("_") or not _imp.is_frozen(name):
            return None
        own = []
        for folder in sys.path:
            if folder in self.installed:
                break
            own.append(folder)
        return self.path_finder.find_spec(name, own)


def dedent(code):
    """What is given to -c may be indented as a whole."""
    import textwrap

    return textwrap.dedent(code)


def is_container(path):
    """Whether a file can be put on `sys.path` and searched: a zip file."""
    import pkgutil

    return pkgutil.get_importer(path) is not None


def read_stdin():
    """All of standard input, in bytes."""
    return b"" if sys.stdin is None else sys.stdin.buffer.read()


def read_line(prompt):
    """A line from a standard input that is no terminal; empty at its end."""
    if sys.stderr is not None:
        sys.stderr.write(prompt)
        sys.stderr.flush()
    return "" if sys.__stdin__ is None else sys.__stdin__.readline()


def prompts():
    """The prompts, which scripts can change."""
    for name, default in (("ps1", ">>> "), ("ps2", "... ")):
        if not hasattr(sys, name):
            setattr(sys, name, default)
    return str(sys.ps1), str(sys.ps2)


_compiler = None
_inputs = 0


def compile_lines(source):
    """The code of what was typed; None if more must follow."""
    global _compiler, _inputs
    if _compiler is None:
        import codeop

        # One for all, because it remembers the `from __future__` lines among them.
        _compiler = codeop.CommandCompiler()
    code = _compiler(source, f"<python-input-{_inputs}>", "single")
    if code is not None:
        _inputs += 1
    return code


def complete(text):
    """What `text`, a name or a dotted path, can be completed to."""
    import rlcompleter

    completer = rlcompleter.Completer()
    found = []
    while (word := completer.complete(text, len(found))) is not None and len(found) < 1000:
        found.append(word)
    return found


def wait_for_threads():
    """Waits for the threads that the program started and did not call daemons."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
