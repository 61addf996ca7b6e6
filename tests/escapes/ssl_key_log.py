"""Having the keys of connections written to a file."""
# refused with: PermissionError

import ssl
ssl.create_default_context().keylog_filename = outside + "/keys"
