"""Fetching by HTTP."""
# refused with: PermissionError, URLError

import urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
