"""Reading a file as parameters of a key exchange."""
# refused with: PermissionError, FileNotFoundError

import ssl
ssl.create_default_context().load_dh_params(secret)
