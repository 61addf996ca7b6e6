"""Reading a file by fileinput."""

import fileinput
list(fileinput.input(secret))
