"""Reading attributes of a file."""
# refused with: PermissionError, AttributeError

import os
os.getxattr(secret, "user.x")
