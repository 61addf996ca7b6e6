"""Changing a limit of the process."""
# refused with: PermissionError, ValueError

import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
