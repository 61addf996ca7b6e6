"""Logging into a file."""

import logging
logging.FileHandler(outside + "/log")
