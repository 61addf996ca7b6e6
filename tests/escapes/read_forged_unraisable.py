"""An exception that nobody can catch, of code that claims to come from a file."""

source = "class C:\n    def __del__(self): 1 / 0\nC()"
exec(compile(source, secret, "exec"))
raise PermissionError("the harness looks at the output")
