"""Writes and reads files in memory, in a folder and in an archive."""
# packages: fsspec==2026.9.0

import tempfile

import fsspec

memory = fsspec.filesystem("memory")
with memory.open("/a/b.txt", "w") as f:
    f.write("text")
assert memory.cat("/a/b.txt") == b"text" and memory.find("/") == ["/a/b.txt"]
with tempfile.TemporaryDirectory() as folder:
    with fsspec.open(f"file://{folder}/x.gz", "wt", compression="gzip") as f:
        f.write("packed")
    with fsspec.open(f"{folder}/x.gz", "rt", compression="infer") as f:
        assert f.read() == "packed"
    with fsspec.open(f"simplecache::memory://a/b.txt", simplecache={"cache_storage": folder}) as f:
        assert f.read() == b"text"
