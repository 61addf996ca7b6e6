"""Walking over frames to the host or another interpreter."""
# only: interpreter

import sys
frame = sys._getframe()
while frame.f_back:
    frame = frame.f_back
if frame.f_globals is globals():
    raise PermissionError("only own frames")
