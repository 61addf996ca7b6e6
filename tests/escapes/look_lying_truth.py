"""A truth that is another one to who asks than to who looks at the number."""
# only: interpreter

import os
class Truth(int):
    def __bool__(self):
        return False
if os.stat(granted + "/link", follow_symlinks=Truth(1)).st_ino == os.lstat(granted + "/link").st_ino:
    raise PermissionError("not followed")
