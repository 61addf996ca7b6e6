//! Classes by value.

use super::harness::Pair;

#[test]
fn a_class_is_made_once_for_each_receiver() {
    let pair = Pair::new(
        "
class Point:
    kind = 'point'
    made = 0
    def __init__(self, x): self.x = x
    def moved(self, by): return Point(self.x + by)
    def __eq__(self, other): return isinstance(other, Point) and self.x == other.x
    __hash__ = None
def local():
    class Local(Point):
        def moved(self, by): return super().moved(by), __class__
    return Local
Local = local()
def user(): return Point(9)
",
    );
    pair.ship("Point(1), Point");
    pair.there("point, Point = got\nassert type(point) is Point and point.moved(2) == Point(3) and Point.kind == 'point'\nPoint.made = 5");
    pair.ship("[Point(4)], Local(5), user");
    pair.there(
        "
assert type(got[0][0]) is Point and Point.made == 5
moved, cls = got[1].moved(1)
assert moved == Point(6) and cls is type(got[1]) and issubclass(cls, Point) and cls.__qualname__ == 'local.<locals>.Local'
assert type(got[2]()) is Point
",
    );
    pair.ship_home("point, Point, got[1], type(got[1])");
    pair.here("assert type(returned[0]) is Point is returned[1] and type(returned[2]) is Local is returned[3] and Point.made == 0");
}

#[test]
fn the_machinery_of_classes_works_there() {
    let pair = Pair::new(
        "
import abc, functools, typing
class Meta(type):
    made = []
    def __new__(meta, name, bases, namespace, tag=None):
        cls = super().__new__(meta, name, bases, namespace)
        cls.tag = tag
        meta.made.append(name)
        return cls
    def shout(cls): return cls.__name__.upper()
class Tagged(metaclass=Meta, tag=5): pass
class Registry:
    names = []
    def __init_subclass__(cls, **more): cls.names.append(cls.__name__)
class Registered(Registry, extra=1): pass
class Field:
    def __set_name__(self, owner, name): self.name = name
    def __get__(self, it, owner): return self if it is None else it.__dict__.get(self.name, 'unset')
    def __set__(self, it, value): it.__dict__[self.name] = value
class Full:
    __slots__ = ('a', '__dict__', '__weakref__')
    field = Field()
    def __init__(self): self.a, self.field = 1, 2
    @property
    def twice(self): return self.a * 2
    @twice.setter
    def twice(self, value): self.a = value // 2
    @classmethod
    def create(cls): return cls()
    @staticmethod
    def constant(): return 7
    @functools.cached_property
    def cached(self): return object()
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Square(Shape):
    def area(self): return 4
@Shape.register
class Virtual: pass
class Stack[T]:
    items: list[T]
    def push(self, item: T) -> 'Stack[T]': return self
class Old(typing.Generic[typing.TypeVar('K')]): pass
",
    );
    pair.ship("Tagged, Tagged()");
    pair.there("assert got[0].tag == 5 and got[0].shout() == 'TAGGED' and type(got[0]).made == ['Tagged']");
    pair.ship("Registered");
    pair.there("assert got.names == ['Registered']\nclass More(got): pass\nassert got.names == ['Registered', 'More']");
    pair.ship("Full()");
    pair.there(
        "
assert got.a == 1 and got.field == 2 and got.twice == 2 and got.constant() == 7 and got.cached is got.cached
got.twice = 10
assert got.a == 5 and type(got.create()) is type(got) and type(got).field.name == 'field'
import weakref; weakref.ref(got)
",
    );
    pair.ship("Shape, Square(), Virtual()");
    pair.there(
        "
Shape, square, virtual = got
assert isinstance(square, Shape) and isinstance(virtual, Shape) and square.area() == 4 and not isinstance(3, Shape)
try:
    Shape()
except TypeError as error:
    assert 'area' in str(error)
else:
    raise AssertionError('abstract')
",
    );
    pair.ship("Stack[int], Stack, Old");
    pair.there(
        "
assert got[0].__origin__ is got[1] and got[0].__args__ == (int,)
assert got[1].__annotations__ == {'items': list[got[1].__type_params__[0]]} and got[2][str].__args__ == (str,)
",
    );
}

#[test]
fn dataclasses_and_tuples_with_names_work_there() {
    let pair = Pair::new(
        "
import dataclasses, collections, typing
@dataclasses.dataclass(order=True)
class Plain:
    a: int
    b: list = dataclasses.field(default_factory=list)
@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: int
    b: str = 'q'
Named = collections.namedtuple('Named', 'x y', defaults=[2])
class Typed(typing.NamedTuple):
    x: int
    y: str = 'd'
    def both(self): return f'{self.x}{self.y}'
class Options(typing.TypedDict, total=False):
    name: str
",
    );
    pair.there("import dataclasses");
    pair.ship("Plain(1, [2]), Frozen(3), Named(1), Typed(5), Options");
    pair.there(
        "
plain, frozen, named, typed, options = got
assert plain == type(plain)(1, [2]) < type(plain)(2) and type(plain)(0).b == []
assert [field.name for field in dataclasses.fields(plain)] == ['a', 'b'] and dataclasses.replace(plain, a=9).a == 9
assert frozen == type(frozen)(3, 'q') and hash(frozen) == hash(type(frozen)(3)) and not hasattr(frozen, '__dict__')
try:
    frozen.a = 1
except dataclasses.FrozenInstanceError:
    pass
else:
    raise AssertionError('it is frozen')
assert named == (1, 2) and named._replace(y=3).y == 3 and typed.both() == '5d' and typed._asdict() == {'x': 5, 'y': 'd'}
assert options(name='n') == {'name': 'n'} and options.__optional_keys__ == {'name'}
",
    );
}

#[test]
fn members_of_an_enum_are_identical() {
    let pair = Pair::new(
        "
import enum
class Color(enum.Enum):
    RED = 1
    GREEN = 'g'
    ALSO_RED = 1
    LIST = [1]
    def hello(self): return f'hello {self.name}'
    @property
    def warm(self): return self is Color.RED
class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2
class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
class Word(str, enum.Enum):
    YES = 'yes'
class Planet(enum.Enum):
    EARTH = (1, 2)
    def __init__(self, mass, radius): self.mass, self.radius = mass, radius
",
    );
    pair.ship("Color.RED, [Color, Color.ALSO_RED, {Color.GREEN: 1}], Level.HIGH, Access.READ | Access.WRITE, Word.YES, Planet.EARTH");
    pair.there(
        "
red, (Color, also, mapping), high, access, word, earth = got
assert red is Color.RED is also is Color(1) is Color['ALSO_RED'] and Color.GREEN in mapping and Color([1]) is Color.LIST
assert [member.name for member in Color] == ['RED', 'GREEN', 'LIST'] and red.hello() == 'hello RED' and red.warm
assert high > 1 and high is type(high).HIGH and access & type(access).READ and word == 'yes' and word is type(word)('yes')
assert earth.mass == 1 and type(earth)((1, 2)) is earth and type(access).READ in access
",
    );
    pair.ship("Color.RED");
    pair.there("assert got is red");
    pair.ship_home("[red, access]");
    pair.here("assert returned[0] is Color.RED and returned[1] == Access.READ | Access.WRITE");
}

#[test]
fn native_classes_and_special_objects_are_the_receivers_own() {
    let pair = Pair::new("import types, typing, dataclasses, collections, io");
    pair.there("import types, typing, dataclasses, collections, io");
    for name in [
        "type(None)",
        "types.FunctionType",
        "types.GeneratorType",
        "int",
        "collections.deque",
        "io.BytesIO",
        "typing.Any",
        "typing.Optional[int]",
        "list[int]",
        "int | str",
        "dataclasses.MISSING",
        "object",
        "type",
        "Exception",
    ] {
        pair.ship(name);
        pair.there(&format!("assert got is {name} or got == {name}, got"));
    }
}
