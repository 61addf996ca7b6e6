"""Having a compiled file written."""
# refused with: PermissionError, PyCompileError

import py_compile
py_compile.compile(granted + "/own", cfile=outside + "/x.pyc", doraise=True)
