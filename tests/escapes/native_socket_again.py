"""Making _socket anew."""

import sys, _imp
class Spec:
    name = "_socket"
sys.modules.pop("_socket", None)
_imp.create_builtin(Spec).socket(2, 1).connect(("127.0.0.1", port))
