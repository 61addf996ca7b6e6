"""Says why a module cannot be imported that is there, but compiled for CPython.

The finder that calls it is the last of `sys.meta_path`, so a module that any other finds is not looked at.
"""

import os
import sys

_SUFFIXES = (".so", ".pyd", ".dylib")


def find_spec(name, path=None, target=None):
    """None; or the ModuleNotFoundError that says so, if `name` is being imported and an extension of that name is there."""
    file = _extension(name.rpartition(".")[2], sys.path if path is None else path)
    imported = file and _statement()
    if not imported:
        return None  # Also for importlib.util.find_spec(), which asks whether it could be imported.
    text = (
        f"{name!r} is an extension compiled for CPython, {file}, which cannot be loaded here; "
        "use a package, or a version of it, that does without"
    )
    # `from package import name` would replace an error of that very name by one of its own.
    raise ModuleNotFoundError(text, name=None if imported == "from" else name, path=file)


def _extension(tail, folders):
    for folder in folders:
        if not isinstance(folder, str):
            continue
        known = getattr(sys.path_importer_cache.get(folder), "_path_cache", None)
        for file in _listed(folder) if known is None else known:
            if file.endswith(_SUFFIXES) and file.partition(".")[0] == tail:
                return os.path.join(folder, file)
    return None


def _listed(folder):
    try:
        return os.listdir(folder or ".")
    except OSError:
        return ()


def _statement():
    """What kind of import asks: "import", "from" for a name in the list of one, or None if it is no import."""
    kind = None
    frame = sys._getframe(2)  # Past find_spec(), which is called natively.
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        function = frame.f_code.co_name
        if function == "_handle_fromlist":
            return "from"
        if function == "_find_and_load":
            kind = "import"
        frame = frame.f_back
    return kind
