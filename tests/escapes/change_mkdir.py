"""Making a folder."""

import os
os.mkdir(outside + "/new")
