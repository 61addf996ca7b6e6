"""Measures text in columns of a terminal."""
# packages: wcwidth==0.9.4

from wcwidth import wcswidth, wcwidth

assert wcswidth("コンニチハ") == 10 and wcwidth("a") == 1 and wcwidth("\u0301") == 0 and wcwidth("\x07") == -1
