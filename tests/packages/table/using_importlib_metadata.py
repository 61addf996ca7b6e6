"""Reads its own metadata, files and entry points."""
# packages: importlib_metadata==10.2.0 lazy-importer==0.1.0 zipp==4.1.2

import importlib_metadata as metadata

assert metadata.version("importlib_metadata") == "10.2.0"
assert metadata.metadata("zipp")["Name"] == "zipp"
assert any(file.name == "__init__.py" for file in metadata.files("zipp"))
assert {found.metadata["Name"] for found in metadata.distributions()} >= {"zipp", "importlib_metadata"}
