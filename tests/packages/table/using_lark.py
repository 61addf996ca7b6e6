"""Parses JSON with a grammar, by two algorithms."""
# packages: lark==1.3.1

from lark import Lark, Transformer, UnexpectedInput, v_args

GRAMMAR = r"""
    ?value: object | array | STRING -> text | SIGNED_NUMBER -> number | "true" -> true
    array: "[" [value ("," value)*] "]"
    object: "{" [pair ("," pair)*] "}"
    pair: STRING ":" value
    STRING: "\"" /[^"]*/ "\""
    %import common.SIGNED_NUMBER
    %import common.WS
    %ignore WS
"""


class Build(Transformer):
    array, object, pair = list, dict, tuple
    number = v_args(inline=True)(float)
    true = lambda self, _: True

    def text(self, items):
        return items[0][1:-1]

    def STRING(self, token):
        return token


for algorithm in ("lalr", "earley"):
    parser = Lark(GRAMMAR, start="value", parser=algorithm)
    assert Build().transform(parser.parse('{"a": [1, true, "x"]}')) == {'"a"': [1.0, True, "x"]}, algorithm
    try:
        parser.parse("[1,")
    except UnexpectedInput:
        pass
    else:
        raise AssertionError(algorithm)
