"""Builds a wheel of a small project."""
# packages: setuptools==84.2.1

import logging
import os
import tempfile
import zipfile
from pathlib import Path

import setuptools.build_meta as backend

logging.disable()

with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    (root / "thing").mkdir()
    (root / "thing/__init__.py").write_text("x = 1\n")
    (root / "pyproject.toml").write_text("[project]\nname = 'thing'\nversion = '1.2'\n[tool.setuptools]\npackages = ['thing']\n")
    (root / "dist").mkdir()
    os.chdir(root)
    name = backend.build_wheel("dist")
    assert name == "thing-1.2-py3-none-any.whl", name
    assert "thing/__init__.py" in zipfile.ZipFile(root / "dist" / name).namelist()
    os.chdir("/")
