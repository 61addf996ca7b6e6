"""Making a temporary file."""
# refused with: PermissionError, FileNotFoundError

import tempfile
tempfile.mkstemp()
