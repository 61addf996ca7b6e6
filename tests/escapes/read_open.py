"""Reading a file by open."""

open(secret).read()
