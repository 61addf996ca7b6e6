"""Loads and changes objects in SQLite, by the ORM of SQLAlchemy."""
# packages: SQLAlchemy==2.1.9 typing_extensions==4.16.0

import sqlalchemy as sa
from sqlalchemy import orm

engine = sa.create_engine("sqlite://")


class Base(orm.DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    books: orm.Mapped[list["Book"]] = orm.relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    title: orm.Mapped[str]
    author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("author.id"))
    author: orm.Mapped[Author] = orm.relationship(back_populates="books")


Base.metadata.create_all(engine)
with orm.Session(engine) as session:
    session.add(Author(name="Ada", books=[Book(title="Notes"), Book(title="Letters")]))
    session.commit()
    author = session.scalars(sa.select(Author)).one()
    author.books.pop()
    session.commit()
    assert session.scalars(sa.select(Book.title)).all() == ["Notes"] and author.books[0].author is author
