"""Having a folder of certificates searched."""
# only: interpreter

import ssl
ssl.create_default_context(capath=outside)
