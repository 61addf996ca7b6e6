"""Parses and computes arithmetic."""
# packages: pyparsing==3.3.3

import operator

import pyparsing as pp

apply = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def fold(tokens):
    value, *rest = tokens[0]
    for sign, operand in zip(rest[::2], rest[1::2]):
        value = apply[sign](value, operand)
    return value


number = pp.pyparsing_common.number()
expression = pp.infix_notation(
    number, [(pp.one_of("* /"), 2, pp.OpAssoc.LEFT, fold), (pp.one_of("+ -"), 2, pp.OpAssoc.LEFT, fold)]
)
assert expression.parse_string("2 + 3 * (4 - 1) / 2", parse_all=True)[0] == 6.5
try:
    expression.parse_string("2 + ", parse_all=True)
except pp.ParseException as error:
    assert error.col == 5
else:
    raise AssertionError
