"""Finding files by glob."""
# refused with: PermissionError

import glob
if not glob.glob(outside + "/*"):
    raise PermissionError("nothing found")
