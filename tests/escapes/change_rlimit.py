"""Changing a limit of the process."""

import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
