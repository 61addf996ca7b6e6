"""Runs a file of tests with fixtures and parameters, one of which fails."""
# packages: pytest==9.2.0 iniconfig==2.3.1 packaging==26.3 pluggy==1.7.0 Pygments==2.21.0

import contextlib
import io
import tempfile
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.fixture
def numbers():
    return [1, 2, 3]

@pytest.mark.parametrize("n", [1, 2, 4])
def test_in(numbers, n):
    assert n in numbers

def test_raises(tmp_path):
    (tmp_path / "x").write_text("y")
    with pytest.raises(ZeroDivisionError, match="division"):
        1 / 0
"""
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "test_thing.py")
    file.write_text(TESTS)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        status = pytest.main(["-p", "no:cacheprovider", "-q", str(file)])
    assert status == 1, shown.getvalue()
    assert "3 passed" in shown.getvalue() and "1 failed" in shown.getvalue(), shown.getvalue()
    assert "assert 4 in [1, 2, 3]" in shown.getvalue(), shown.getvalue()
