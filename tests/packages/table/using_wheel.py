"""Unpacks a wheel and packs it again."""
# packages: wheel==0.48.0 packaging==26.3

import contextlib
import io
import tempfile
from pathlib import Path

from wheel._commands.pack import pack
from wheel._commands.unpack import unpack
from wheel.wheelfile import WheelFile

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "thing-1.0-py3-none-any.whl")
    with WheelFile(path, "w") as wheel:
        wheel.writestr("thing.py", "x = 1\n")
        wheel.writestr("thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    with contextlib.redirect_stdout(io.StringIO()):
        unpack(str(path), folder)
        path.unlink()
        pack(str(Path(folder, "thing-1.0")), folder, None)
    with WheelFile(path) as wheel:
        assert wheel.read("thing.py") == b"x = 1\n"
