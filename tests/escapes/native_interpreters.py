"""Making an interpreter behind the back of the host."""
# refused with: ImportError
# only: interpreter

import _interpreters
_interpreters.create()
