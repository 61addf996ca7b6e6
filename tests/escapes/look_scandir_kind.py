"""Whether the links of a folder lead to files or folders."""
# only: interpreter

import os
kinds = {entry.name: (entry.is_dir(), entry.is_file()) for entry in os.scandir(granted)}
if kinds["folder"] == kinds["link"] == (False, False) and kinds["own"] == (False, True):
    raise PermissionError("not told")
