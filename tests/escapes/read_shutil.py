"""Copying a file into the granted folder."""

import shutil
shutil.copyfile(secret, granted + "/copy")
