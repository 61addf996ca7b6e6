"""Leaving the granted folder by dots."""

import os
open(os.path.join(granted, "..", os.path.basename(outside), "secret")).read()
