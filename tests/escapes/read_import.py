"""Importing a module from a folder that is not granted."""
# refused with: ImportError, ModuleNotFoundError

import sys
sys.path.append(outside)
import hidden_module
