"""Which hooks a plugin answers, as far as its source tells without being run."""

from __future__ import annotations

import ast

LIFE = {"setup", "teardown", "save", "restore"}


def hooks(entry: str, others: list[str]) -> tuple[list[str], list[str]]:
    """The hooks of functions marked ``@hook``, and the names of the plain public functions of the entry."""
    marked: list[str] = []
    plain: list[str] = []
    for position, source in enumerate([entry, *others]):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                marked.extend(name for mark in node.decorator_list if (name := _hook_of(mark, node.name)))
        if position == 0:
            plain = [node.name for node in ast.parse(source).body if _is_plain(node)]
    return marked, plain


def _is_plain(node: ast.AST) -> bool:
    return (
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and not node.name.startswith("_")
        and node.name not in LIFE
        and not any(_hook_of(mark, node.name) for mark in node.decorator_list)
    )


def _hook_of(mark: ast.expr, function: str) -> str | None:
    call = mark if isinstance(mark, ast.Call) else None
    target = call.func if call else mark
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", None)
    if name != "hook":
        return None
    if call and call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        return call.args[0].value
    return function
