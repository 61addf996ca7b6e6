"""One file, written by four interpreters at the same time."""

import os
import sqlite3
import tempfile
from multiprocessing import Pool

WRITERS = 4
ROUNDS = 25


def write(path, writer):
    connection = sqlite3.connect(path, timeout=60)
    for number in range(ROUNDS):
        with connection:
            connection.execute("insert into line values (?, ?)", (writer, number))
    connection.close()
    return writer


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "lines.db")
    connection = sqlite3.connect(path)
    connection.execute("create table line (writer, number)")
    connection.commit()
    with Pool(WRITERS) as pool:
        assert pool.starmap(write, [(path, writer) for writer in range(WRITERS)]) == list(range(WRITERS))
    rows = connection.execute("select writer, number from line order by writer, number").fetchall()
    assert rows == [(writer, number) for writer in range(WRITERS) for number in range(ROUNDS)]
    connection.close()
