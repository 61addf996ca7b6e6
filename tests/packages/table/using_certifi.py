"""Gives the authorities that Mozilla trusts, which a context loads."""
# packages: certifi==2026.10.18

import ssl

import certifi

context = ssl.create_default_context(cafile=certifi.where())
assert len(context.get_ca_certs()) > 50 and certifi.contents().startswith("\n#")
