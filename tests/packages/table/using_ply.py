"""Makes a lexer and an LALR parser of functions."""
# packages: ply==3.11

import sys

from ply import lex, yacc

tokens = ("NUMBER", "PLUS", "TIMES")
t_PLUS, t_TIMES, t_ignore = r"\+", r"\*", " "
precedence = (("left", "PLUS"), ("left", "TIMES"))


def t_NUMBER(t):
    r"\d+"
    t.value = int(t.value)
    return t


def t_error(t):
    raise SyntaxError(t.value)


def p_operation(p):
    """expression : expression PLUS expression
                  | expression TIMES expression"""
    p[0] = p[1] + p[3] if p[2] == "+" else p[1] * p[3]


def p_number(p):
    "expression : NUMBER"
    p[0] = p[1]


def p_error(p):
    raise SyntaxError(p)


lexer = lex.lex()
parser = yacc.yacc(write_tables=False, debug=False)
assert parser.parse("1 + 2 * 3 * 4 + 5", lexer=lexer) == 30
try:
    parser.parse("1 + *", lexer=lexer)
except SyntaxError:
    pass
else:
    raise AssertionError
