"""Having signals sent to the process by a descriptor."""

import fcntl, os
fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
