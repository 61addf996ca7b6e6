"""Differentiates, integrates, solves and simplifies."""
# packages: sympy==1.14.0 mpmath==1.3.0

import sympy as sp

x, y = sp.symbols("x y")
assert sp.diff(sp.sin(x) * x**2, x) == x**2 * sp.cos(x) + 2 * x * sp.sin(x)
assert sp.integrate(sp.exp(-x) * x, (x, 0, sp.oo)) == 1
assert sp.solve([x + y - 3, x - y - 1], [x, y]) == {x: 2, y: 1}
assert sp.factor(x**2 - 1) == (x - 1) * (x + 1) and sp.simplify(sp.sin(x) ** 2 + sp.cos(x) ** 2) == 1
assert sp.Matrix([[1, 2], [3, 4]]).det() == -2 and str(sp.pi.evalf(20)) == "3.1415926535897932385"
