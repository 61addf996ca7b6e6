"""Writing a database to a file by VACUUM INTO."""
# refused with: ImportError, ModuleNotFoundError, OperationalError

import sqlite3
sqlite3.connect(":memory:").execute("vacuum into ?", (outside + "/new",))
