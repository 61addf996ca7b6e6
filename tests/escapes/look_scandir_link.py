"""Asking an entry of a folder about what its link leads to."""
# only: interpreter

import os
[link] = [entry for entry in os.scandir(granted) if entry.name == "link"]
link.stat()
