"""Importing ctypes."""
# refused with: ImportError, ModuleNotFoundError
# only: interpreter

import ctypes
ctypes.CDLL(None).getpid()
