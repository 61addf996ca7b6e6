"""Checks protocols and typed dicts at run time."""
# packages: typing_extensions==4.16.0

from typing_extensions import NotRequired, Protocol, TypedDict, get_type_hints, override, runtime_checkable


@runtime_checkable
class Sized(Protocol):
    def size(self) -> int: ...


class Box:
    @override
    def size(self):
        return 3


class Row(TypedDict):
    name: str
    note: NotRequired[str]


assert isinstance(Box(), Sized) and not isinstance(3, Sized)
assert Row.__required_keys__ == {"name"} and Row.__optional_keys__ == {"note"}
assert get_type_hints(Row)["name"] is str and Box.size.__override__
