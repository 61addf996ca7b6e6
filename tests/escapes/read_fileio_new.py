"""Initializing a file object that was made by __new__."""

import _io
f = _io.FileIO.__new__(_io.FileIO)
_io.FileIO.__init__(f, secret)
f.read()
