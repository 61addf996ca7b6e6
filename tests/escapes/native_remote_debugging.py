"""Importing what looks into processes."""
# refused with: ImportError
# only: interpreter

import _remote_debugging
