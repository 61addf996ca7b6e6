"""Attaching a database to one in memory."""
# refused with: ImportError, ModuleNotFoundError, OperationalError

import sqlite3
sqlite3.connect(":memory:").execute("attach ? as other", (outside + "/new",)).execute("create table other.t (x)")
