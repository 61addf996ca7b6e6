"""Connecting to an address that is not granted, by HTTPS."""
# refused with: PermissionError, URLError

import urllib.request
urllib.request.urlopen(f"https://127.0.0.1:{port}/", timeout=60)
