"""Loading a shared library as a module."""
# refused with: ImportError, PermissionError, AttributeError

import importlib.machinery as m, importlib.util as u
loader = m.ExtensionFileLoader("x", granted + "/own")
u.module_from_spec(u.spec_from_loader("x", loader))
