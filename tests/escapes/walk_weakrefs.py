"""Asking for weak references to classes that all share."""
# only: interpreter

import weakref
if not [r for r in weakref.getweakrefs(Exception) if isinstance(r(), type) and "LeftBehind" in r().__name__]:
    raise PermissionError("nothing left")
