"""A database in memory: what programs do with sqlite3."""

import datetime
import sqlite3

connection = sqlite3.connect(":memory:")
connection.row_factory = sqlite3.Row
connection.executescript("""
    create table customer (id integer primary key, name text not null unique);
    create table invoice (customer references customer, amount real, paid integer default 0, attachment blob);
""")
with connection:
    connection.executemany("insert into customer (name) values (?)", [("Ada",), ("Grace",), ("Zoë",)])
    connection.executemany(
        "insert into invoice (customer, amount) values (:customer, :amount)",
        [{"customer": 1 + n % 3, "amount": n * 1.5} for n in range(30)],
    )

rows = connection.execute("""
    select name, count(*) as invoices, sum(amount) as total
    from customer join invoice on invoice.customer = customer.id group by name order by name
""").fetchall()
assert [tuple(row) for row in rows] == [("Ada", 10, 202.5), ("Grace", 10, 217.5), ("Zoë", 10, 232.5)], [*map(tuple, rows)]
assert rows[0]["total"] == 202.5 and rows[0].keys() == ["name", "invoices", "total"]

# What fails leaves nothing behind.
try:
    with connection:
        connection.execute("update invoice set paid = 1")
        connection.execute("insert into customer (name) values ('Ada')")
except sqlite3.IntegrityError as error:
    assert "UNIQUE" in str(error), error
else:
    raise AssertionError("a name was taken twice")
assert connection.execute("select sum(paid) from invoice").fetchone()[0] == 0

# Functions and aggregates in Python.
connection.create_function("initial", 1, lambda name: name[0], deterministic=True)
assert connection.execute("select group_concat(initial(name), '') from customer").fetchone()[0] == "AGZ"


class Longest:
    def __init__(self):
        self.found = ""

    def step(self, text):
        self.found = max(self.found, text, key=len)

    def finalize(self):
        return self.found


connection.create_aggregate("longest", 1, Longest)
assert connection.execute("select longest(name) from customer").fetchone()[0] == "Grace"
connection.create_collation("backwards", lambda a, b: (a < b) - (a > b))
names = connection.execute("select name from customer order by name collate backwards").fetchall()
assert [name for (name,) in names] == ["Zoë", "Grace", "Ada"]

# Bytes stay bytes, None stays None.
connection.execute("update invoice set attachment = ? where rowid = 1", (bytes(range(256)),))
found = connection.execute("select attachment from invoice where rowid in (1, 2) order by rowid").fetchall()
assert found[0][0] == bytes(range(256)) and found[1][0] is None
assert connection.execute("select typeof(?), typeof(?), typeof(?)", (2**60, 1.5, None)).fetchone()[:] == (
    "integer",
    "real",
    "null",
)

# A copy of it all, as text and as a database.
script = "\n".join(connection.iterdump())
copy = sqlite3.connect(":memory:")
copy.executescript(script)
assert copy.execute("select count(*) from invoice").fetchone() == (30,)
connection.commit()
other = sqlite3.connect(":memory:")
connection.backup(other)
assert other.execute("select name from customer where id = 3").fetchone() == ("Zoë",)

# Types of one's own.
sqlite3.register_adapter(datetime.date, datetime.date.isoformat)
sqlite3.register_converter("day", lambda text: datetime.date.fromisoformat(text.decode()))
typed = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
typed.execute("create table event (at day)")
typed.execute("insert into event values (?)", (datetime.date(2024, 2, 29),))
assert typed.execute("select at from event").fetchone() == (datetime.date(2024, 2, 29),)

for wrong, kind in [("selec 1", sqlite3.OperationalError), ("select * from nothing", sqlite3.OperationalError)]:
    try:
        connection.execute(wrong)
    except kind:
        pass
    else:
        raise AssertionError(wrong)
connection.close()
try:
    connection.execute("select 1")
except sqlite3.ProgrammingError:
    pass
else:
    raise AssertionError("a closed database answered")
