"""Making a file."""

open(outside + "/new", "x")
