"""Asking an entry of a folder that was scanned by its descriptor about what its link leads to."""
# only: interpreter

import os
entries = os.scandir(os.open(granted, os.O_RDONLY))
[link] = [entry for entry in entries if entry.name == "link"]
link.stat()
