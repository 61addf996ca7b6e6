"""An uncaught exception of code that claims to come from a file: the host gets source lines too."""
# refused with: ZeroDivisionError

exec(compile("1 / 0", secret, "exec"))
