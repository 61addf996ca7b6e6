"""Importing the internals for tests."""
# refused with: ImportError
# only: interpreter

import _testinternalcapi
