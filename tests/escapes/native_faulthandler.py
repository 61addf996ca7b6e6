"""Having the process crash by faulthandler."""
# only: interpreter

import faulthandler
faulthandler._sigsegv()
