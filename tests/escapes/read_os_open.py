"""Reading a file by os.open."""

import os
os.read(os.open(secret, os.O_RDONLY), 100)
