"""Reading the environment from posix anew."""
# only: interpreter

import sys, _imp
class Spec:
    name = "posix"
del sys.modules["posix"]
posix = _imp.create_builtin(Spec)
if b"PATH" not in posix.environ and b"PATH" not in posix._create_environ():
    raise PermissionError("not there")
