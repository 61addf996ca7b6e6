"""Running a file that is not granted."""

import runpy
runpy.run_path(outside + "/hidden_module.py")
