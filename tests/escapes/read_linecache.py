"""Reading lines by linecache."""

import linecache
if not linecache.getlines(secret):
    raise PermissionError("no lines")
