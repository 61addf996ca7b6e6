"""Parses C and writes it again."""
# packages: pycparser==3.12

from pycparser import c_ast, c_generator, c_parser

source = "struct point { int x; int y[3]; };\nint add(struct point *p, int n) { return n ? p->x + p->y[n - 1] : 0; }"
tree = c_parser.CParser().parse(source)
assert [type(node).__name__ for node in tree.ext] == ["Decl", "FuncDef"] and tree.ext[1].decl.name == "add"


class Names(c_ast.NodeVisitor):
    def __init__(self):
        self.found = []

    def visit_ID(self, node):
        self.found.append(node.name)


names = Names()
names.visit(tree)
assert names.found == ["n", "p", "x", "p", "y", "n"], names.found
again = c_generator.CGenerator().visit(tree)
assert c_generator.CGenerator().visit(c_parser.CParser().parse(again)) == again
