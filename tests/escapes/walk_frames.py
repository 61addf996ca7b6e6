"""Walking over frames to the host or another interpreter."""
# only: interpreter

import sys

names = []
frame = sys._getframe()
while frame:
    names.append(frame.f_code.co_name)
    frame = frame.f_back
# In a worker, the function that it was started with.
if names in (["<module>"], ["<module>", "case"], ["<module>", "case", "call"]):
    raise PermissionError("only own frames")
raise RuntimeError(str(names))
