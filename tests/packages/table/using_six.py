"""Makes classes for two languages, and finds what was moved."""
# packages: six==1.17.0

import six
from six.moves import urllib_parse
from six.moves.urllib.parse import urlencode


class Meta(type):
    pass


@six.add_metaclass(Meta)
class Thing:
    pass


assert type(Thing) is Meta and six.ensure_binary("ü") == "ü".encode()
assert urlencode({"a": "b c"}) == "a=b+c" and urllib_parse.quote("/ü") == "/%C3%BC"
assert sorted(six.iteritems({1: 2})) == [(1, 2)]
