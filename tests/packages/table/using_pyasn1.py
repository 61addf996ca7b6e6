"""Encodes and decodes DER."""
# packages: pyasn1==0.6.5

from pyasn1.codec.der import decoder, encoder
from pyasn1.type import namedtype, univ


class Pair(univ.Sequence):
    componentType = namedtype.NamedTypes(
        namedtype.NamedType("id", univ.Integer()), namedtype.OptionalNamedType("name", univ.OctetString())
    )


pair = Pair()
pair["id"], pair["name"] = 300, b"x"
coded = encoder.encode(pair)
assert coded.hex() == "30070202012c040178" and decoder.decode(coded, asn1Spec=Pair())[0] == pair
