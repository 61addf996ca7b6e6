"""Loading native modules by the importer of importlib."""
# refused with: ImportError
# only: interpreter

import importlib.machinery as m
spec = m.BuiltinImporter.find_spec("_ctypes")
m.BuiltinImporter.create_module(spec)
