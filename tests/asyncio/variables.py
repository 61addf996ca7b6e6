"""Context variables of a module that can be imported."""

import contextvars

import ungil

word = contextvars.ContextVar("word", default="nothing")
numbers = contextvars.ContextVar("numbers", default=None)


def read():
    return word.get(), numbers.get()


def where_and_read():
    return ungil.current().ident, word.get()
