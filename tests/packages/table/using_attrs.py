"""Makes classes with validators, converters and slots."""
# packages: attrs==26.1.0

import attrs


@attrs.define(order=True)
class Point:
    x: int = attrs.field(converter=int, validator=attrs.validators.ge(0))
    y: int = 0


@attrs.frozen(kw_only=True)
class Named:
    x: int
    name: str = "none"
    tags: list = attrs.field(factory=list, repr=False)


assert Point("3") == Point(3, 0) and Point(1) < Point(2) and repr(Point(1)) == "Point(x=1, y=0)"
assert attrs.asdict(Named(x=1, name="a")) == {"x": 1, "name": "a", "tags": []} and attrs.evolve(Named(x=1), x=5).x == 5
for wrong in (lambda: Point(-1), lambda: setattr(Named(x=1), "x", 2), lambda: setattr(Point(1), "x", -2)):
    try:
        wrong()
    except (ValueError, attrs.exceptions.FrozenError):
        pass
    else:
        raise AssertionError
