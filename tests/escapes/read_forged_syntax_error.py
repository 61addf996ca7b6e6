"""A syntax error in code that claims to come from a file."""

try:
    compile("return 1", secret, "exec")
except SyntaxError as e:
    text = e.text
if text is None or "top" not in text:
    raise PermissionError("no text of the file")
