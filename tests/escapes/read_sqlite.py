"""Opening a database."""
# refused with: PermissionError, ImportError, ModuleNotFoundError, OperationalError

import sqlite3
sqlite3.connect(secret).execute("select 1")
