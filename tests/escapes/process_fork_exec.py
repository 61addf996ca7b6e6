"""Starting a program by the function behind subprocess."""

import _posixsubprocess
_posixsubprocess.fork_exec()
