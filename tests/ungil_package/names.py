"""All names are there, documented, and told of in the stubs."""

import ast
import importlib
import pathlib

import ungil

root = pathlib.Path(__file__).resolve().parents[2] / "stdlib" / "ungil"


def declared(tree):
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            names.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def test_names():
    for name in ungil.__all__:
        thing = getattr(ungil, name)
        assert getattr(thing, "__doc__", None), f"{name} has no documentation"
    assert set(ungil.__all__) <= set(dir(ungil))
    try:
        ungil.nothing_of_that_name
    except AttributeError as error:
        assert "nothing_of_that_name" in str(error)


def test_stubs():
    for stub, module in (("__init__.pyi", "ungil"), ("aio.pyi", "ungil.aio")):
        tree = ast.parse((root / stub).read_text())
        module = importlib.import_module(module)
        names = declared(tree)
        missing = set(module.__all__) - names
        assert not missing, f"{stub} does not tell of {sorted(missing)}"
        for node in tree.body:
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            real = getattr(module, node.name)
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("__"):
                    assert hasattr(real, member.name), f"{node.name}.{member.name} is only in {stub}"


def test_current():
    import os

    current = ungil.current()
    assert current.pid == os.getpid() and current.task is None and current.kind == "root", current
    there = ungil.spawn(ungil.current).result()
    assert there.kind == "task" and there.name == "current" and there.ident != current.ident
    assert there.parent_pid == os.getpid() and there.task.result().ident == there.ident


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
