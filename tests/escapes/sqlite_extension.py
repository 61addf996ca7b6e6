"""Loading a library into SQLite."""
# refused with: ImportError, ModuleNotFoundError, OperationalError, AttributeError, NotSupportedError

import sqlite3
connection = sqlite3.connect(":memory:")
connection.enable_load_extension(True)
connection.load_extension(outside + "/secret")
