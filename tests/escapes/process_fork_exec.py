"""Starting a program by the function behind subprocess."""
# only: interpreter

import _posixsubprocess
_posixsubprocess.fork_exec()
