"""The bar of Pool.map(progress=True)."""

import io
import sys

import ungil
from ungil._progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def drawn(stream, action):
    kept, sys.stderr = sys.stderr, stream
    try:
        action()
    finally:
        sys.stderr = kept
    return stream.getvalue()


def test_silent_elsewhere():
    def work():
        with ungil.Pool(2) as pool:
            assert pool.map(abs, range(-5, 5), progress=True) == [abs(n) for n in range(-5, 5)]

    assert drawn(io.StringIO(), work) == ""


def test_on_a_terminal():
    def work():
        with ungil.Pool(2) as pool:
            assert len(pool.map(abs, range(300), progress=True)) == 300

    text = drawn(Terminal(), work)
    assert "300/300" in text and text.endswith("\n") and "#" in text, repr(text)


def test_without_a_total():
    def work():
        with ungil.Pool(2) as pool:
            assert len(list(pool.map_unordered(abs, (n for n in range(30)), progress=True))) == 30

    text = drawn(Terminal(), work)
    assert "30 " in text and "#" not in text, repr(text)


def test_fits_the_line():
    def draw():
        bar = Progress(10)
        for _ in range(10):
            bar.advance(1)
        bar.close()

    for line in drawn(Terminal(), draw).replace("\x1b[2K", "").split("\r"):
        assert len(line.rstrip("\n")) <= 80, line


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
