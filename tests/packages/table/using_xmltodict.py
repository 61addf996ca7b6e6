"""Turns XML into dicts and back."""
# packages: xmltodict==1.0.4

import xmltodict

found = xmltodict.parse('<a x="1"><b>two</b><b/><c>ü &amp; ö</c></a>')
assert found == {"a": {"@x": "1", "b": ["two", None], "c": "ü & ö"}}, found
assert xmltodict.parse(xmltodict.unparse(found)) == found
