"""Reading a file by io.open."""

import io
io.open(secret).read()
