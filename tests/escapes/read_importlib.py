"""Reading a file by a loader of importlib."""

import importlib.machinery
importlib.machinery.SourceFileLoader("x", secret).get_data(secret)
