"""Changing the mode of a file."""

import os
os.chmod(secret, 0o777)
