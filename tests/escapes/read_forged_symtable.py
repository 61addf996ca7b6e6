"""A syntax error that the symbol table finds in code that claims to come from a file."""

import symtable

try:
    symtable.symtable("def f(x, x): pass", secret, "exec")
except SyntaxError as e:
    text = e.text
if text is None or "top" not in text:
    raise PermissionError("no text of the file")
