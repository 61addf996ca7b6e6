"""Reading a file whose path is given as bytes."""

open(secret.encode(), "rb").read()
