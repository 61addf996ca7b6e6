"""joblib: results that are kept in files, also when workers make them, and data on disk."""

import shutil
import tempfile
from pathlib import Path

import joblib
from joblib import Memory, Parallel, delayed

folder = Path(tempfile.mkdtemp())
try:
    memory = Memory(folder, verbose=0)
    log = folder / "log.txt"

    @memory.cache(ignore=["log"])
    def cube(n, log):
        with log.open("a") as file:
            print(n, file=file)
        return n**3

    assert cube(2, log) == cube(2, log) == 8
    assert log.read_text() == "2\n"

    for _ in range(2):
        assert Parallel(n_jobs=2)(delayed(cube)(n, log) for n in range(5)) == [0, 1, 8, 27, 64]
    assert sorted(log.read_text().split()) == ["0", "1", "2", "3", "4"]
    assert cube.check_call_in_cache(4, log) and not cube.check_call_in_cache(5, log)

    cube.clear(warn=False)
    assert cube(2, log) == 8 and len(log.read_text().split()) == 6

    data = {"numbers": list(range(1000)), "text": "é" * 100}
    for name in ("data.joblib", "data.joblib.gz", "data.joblib.xz"):
        joblib.dump(data, folder / name)
        assert joblib.load(folder / name) == data, name
    assert joblib.hash(data) == joblib.hash({"numbers": list(range(1000)), "text": "é" * 100})
    assert joblib.hash(data) != joblib.hash({})
finally:
    shutil.rmtree(folder)
