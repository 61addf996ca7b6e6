"""Makes tables in SQLite, joins and groups, by SQLAlchemy Core."""
# packages: SQLAlchemy==2.1.9 typing_extensions==4.16.0

import sqlalchemy as sa

engine = sa.create_engine("sqlite://")
metadata = sa.MetaData()
customer = sa.Table("customer", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String, unique=True))
invoice = sa.Table(
    "invoice",
    metadata,
    sa.Column("customer", sa.ForeignKey("customer.id")),
    sa.Column("amount", sa.Numeric(10, 2, asdecimal=False)),
    sa.Column("at", sa.DateTime, server_default=sa.func.now()),
)
metadata.create_all(engine)
with engine.begin() as connection:
    connection.execute(sa.insert(customer), [{"name": "Ada"}, {"name": "Grace"}])
    connection.execute(sa.insert(invoice), [{"customer": 1 + n % 2, "amount": n * 1.5} for n in range(10)])
total = sa.func.sum(invoice.c.amount).label("total")
query = sa.select(customer.c.name, total).join_from(customer, invoice).group_by(customer.c.name).order_by(total.desc())
with engine.connect() as connection:
    assert connection.execute(query).all() == [("Grace", 37.5), ("Ada", 30.0)]
    assert connection.execute(sa.text("select count(*) from invoice where at is not null")).scalar() == 10
try:
    with engine.begin() as connection:
        connection.execute(sa.insert(customer), [{"name": "Zoë"}, {"name": "Ada"}])
except sa.exc.IntegrityError:
    pass
else:
    raise AssertionError("a name was taken twice")
