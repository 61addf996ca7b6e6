"""Reading a file as an authority's certificate, through a link."""
# refused with: PermissionError

import ssl
ssl.create_default_context(cafile=granted + "/link")
