"""Reading a file as a key, beside a certificate that may be read."""
# refused with: PermissionError

import ssl
with open(granted + "/certificate", "w") as f:
    f.write("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(granted + "/certificate", secret)
