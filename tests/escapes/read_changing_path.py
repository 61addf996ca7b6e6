"""A path that is another each time it is asked for."""
# only: interpreter

class Path:
    asked = 0
    def __fspath__(self):
        self.asked += 1
        return granted + "/own" if self.asked == 1 else secret
path = Path()
text = open(path).read()
if text == "own":
    raise PermissionError("asked once only")
