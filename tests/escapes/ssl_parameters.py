"""Reading a file as parameters of a key exchange."""
# refused with: PermissionError, FileNotFoundError

import ssl

try:
    ssl.create_default_context().load_dh_params(secret)
except OSError as error:
    # The VM tells what the kernel said in words only.
    if "Permission denied" in str(error):
        raise PermissionError(error) from None
    raise
