"""Asking for the frames of all threads."""
# only: interpreter

import sys
frames = sys._current_frames()
if all(f.f_globals.get("secret") == secret for f in frames.values()):
    raise PermissionError("only own frames")
