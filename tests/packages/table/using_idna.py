"""Encodes and decodes domain names, and refuses what is none."""
# packages: idna==3.20

import idna

assert idna.encode("ドメイン.テスト") == b"xn--eckwd4c7c.xn--zckzah"
assert idna.decode("xn--eckwd4c7c.xn--zckzah") == "ドメイン.テスト"
try:
    idna.encode("a_b.example", std3_rules=True)
except idna.IDNAError:
    pass
else:
    raise AssertionError
