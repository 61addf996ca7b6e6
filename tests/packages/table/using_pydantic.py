"""Checks and converts data by annotations, with nested models, validators and a schema."""
# packages: pydantic==1.10.27 typing_extensions==4.16.0

from datetime import date
from typing import List, Optional

from pydantic import BaseModel, Field, ValidationError, validator


class Item(BaseModel):
    name: str
    price: float = Field(gt=0)


class Order(BaseModel):
    id: int
    day: date
    items: List[Item] = []
    note: Optional[str] = None

    @validator("note")
    def short(cls, note):
        if note and len(note) > 5:
            raise ValueError("too long")
        return note


order = Order(id="7", day="2024-02-29", items=[{"name": "tea", "price": "3.5"}])
assert order.id == 7 and order.day == date(2024, 2, 29) and order.items[0].price == 3.5
assert Order.parse_raw(order.json()) == order and order.copy(update={"id": 8}).dict()["id"] == 8
assert Order.schema()["required"] == ["id", "day"]
try:
    Order(id="x", day="never", items=[{"name": "a", "price": -1}], note="much too long")
except ValidationError as error:
    assert len(error.errors()) == 4, error
else:
    raise AssertionError
