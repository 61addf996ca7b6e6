"""Setting an attribute of a file."""
# refused with: PermissionError, AttributeError

import os
os.setxattr(secret, "user.x", b"y")
