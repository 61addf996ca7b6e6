"""Walks through an archive as if it were folders."""
# packages: zipp==4.1.2

import io
import zipfile

import zipp

archive = zipfile.ZipFile(io.BytesIO(), "w")
archive.writestr("a/b.txt", "text")
archive.writestr("a/c/d.txt", "more")
root = zipp.Path(archive)
assert sorted(path.name for path in (root / "a").iterdir()) == ["b.txt", "c"]
assert (root / "a" / "c" / "d.txt").read_text(encoding="utf-8") == "more"
assert [path.at for path in root.glob("**/d.txt")] == ["a/c/d.txt"]
