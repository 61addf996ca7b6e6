"""Making a native module from its definition."""
# refused with: ImportError
# only: interpreter

import _imp
class Spec:
    name = "_ctypes"
_imp.create_builtin(Spec)
