"""Reading a file as a certificate."""
# refused with: PermissionError

import ssl
try:
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(secret)
except ssl.SSLError as error:
    # What the parser says would show that it has seen the file.
    raise AssertionError(error)
