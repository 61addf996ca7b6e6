"""cloudpickle: functions of the main script as bytes, and back."""

import cloudpickle


def scale(factor):
    return lambda n: n * factor


again = cloudpickle.loads(cloudpickle.dumps(scale(3)))
assert [again(n) for n in range(3)] == [0, 3, 6]
