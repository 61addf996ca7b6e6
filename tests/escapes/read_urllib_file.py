"""Reading a file by its address."""
# refused with: PermissionError, URLError

import urllib.request
urllib.request.urlopen("file://" + secret).read()
