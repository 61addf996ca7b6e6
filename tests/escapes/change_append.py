"""Appending to a file."""

open(secret, "a").write("x")
