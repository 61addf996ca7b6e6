"""Importing a file by its location."""

import importlib.util
spec = importlib.util.spec_from_file_location("x", outside + "/hidden_module.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
