"""Makes a key, encrypts, signs, and refuses a forgery."""
# packages: rsa==4.9.1 pyasn1==0.6.5

import rsa

public, private = rsa.newkeys(512)
assert rsa.decrypt(rsa.encrypt(b"secret", public), private) == b"secret"
signature = rsa.sign(b"letter", private, "SHA-256")
assert rsa.verify(b"letter", signature, public) == "SHA-256"
try:
    rsa.verify(b"forged", signature, public)
except rsa.VerificationError:
    pass
else:
    raise AssertionError
assert rsa.PrivateKey.load_pkcs1(private.save_pkcs1()) == private
