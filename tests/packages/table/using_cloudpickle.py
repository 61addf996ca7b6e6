"""Pickles lambdas, closures and classes of the main module."""
# packages: cloudpickle==3.1.2

import pickle

import cloudpickle

factor = 3


class Scaled:
    def __init__(self, n):
        self.n = n

    def value(self):
        return self.n * factor


def adder(k):
    return lambda n: n + k


assert pickle.loads(cloudpickle.dumps(adder(2)))(5) == 7
assert pickle.loads(cloudpickle.dumps(Scaled(4))).value() == 12
assert pickle.loads(cloudpickle.dumps(lambda: [Scaled(n).value() for n in range(3)]))() == [0, 3, 6]
