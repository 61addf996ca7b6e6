"""Putting a link that leads outside from there in the place of a file."""
# only: interpreter

import os
os.mkdir(granted + "/deep")
os.symlink("../outside", granted + "/deep/moved")
os.replace(granted + "/deep/moved", granted + "/own")
