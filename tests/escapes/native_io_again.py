"""Making _io anew."""

import sys, _imp
class Spec:
    name = "_io"
del sys.modules["_io"]
_imp.create_builtin(Spec).FileIO(secret).read()
