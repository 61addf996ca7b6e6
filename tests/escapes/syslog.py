"""Writing to the log of the system."""
# only: interpreter

import syslog
syslog.syslog("x")
