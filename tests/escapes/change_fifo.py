"""Making a pipe with a name."""
# refused with: PermissionError, AttributeError

import os
os.mkfifo(granted + "/fifo")
