"""Changing the class of file objects for those who come later."""
# refused with: TypeError
# only: interpreter

import _io
type.__setattr__(_io.FileIO, "__init__", lambda *args: None)
