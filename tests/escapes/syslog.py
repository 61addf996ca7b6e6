"""Writing to the log of the system."""

import syslog
syslog.syslog("x")
