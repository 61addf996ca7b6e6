"""Getting hold of a file by O_PATH."""
# only: interpreter

import os
os.open(secret, 0o10000000)
