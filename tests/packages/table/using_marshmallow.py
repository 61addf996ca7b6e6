"""Loads, checks and dumps nested data."""
# packages: marshmallow==4.4.0

from datetime import date

from marshmallow import Schema, ValidationError, fields, post_load, validate


class Item(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1))
    day = fields.Date()


class Order(Schema):
    items = fields.List(fields.Nested(Item))
    mail = fields.Email()

    @post_load
    def count(self, data, **_more):
        return {**data, "count": len(data["items"])}


loaded = Order().load({"items": [{"name": "tea", "day": "2024-02-29"}], "mail": "a@example.org"})
assert loaded["count"] == 1 and loaded["items"][0]["day"] == date(2024, 2, 29)
assert Item().dump({"name": "x", "day": date(2024, 1, 1)}) == {"name": "x", "day": "2024-01-01"}
try:
    Order().load({"items": [{"name": ""}], "mail": "nobody"})
except ValidationError as error:
    assert set(error.messages) == {"items", "mail"} and 0 in error.messages["items"]
else:
    raise AssertionError
