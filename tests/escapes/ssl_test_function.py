"""Reading a file with a function that is there for tests."""
# refused with: PermissionError, AttributeError, OSError

import _ssl
_ssl._test_decode_cert(secret)
