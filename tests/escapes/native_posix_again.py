"""Making posix anew after its functions were replaced."""
# refused with: PermissionError
# only: interpreter

import sys, _imp
class Spec:
    name = "posix"
del sys.modules["posix"]
posix = _imp.create_builtin(Spec)
posix._exit(9)
