"""Moving a link to where it leads outside."""
# only: interpreter

import os
os.mkdir(granted + "/deep")
os.symlink("../outside/secret", granted + "/deep/moved")
os.rename(granted + "/deep/moved", granted + "/moved")
