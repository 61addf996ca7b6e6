"""Reading a file by pathlib."""

import pathlib
pathlib.Path(secret).read_text()
