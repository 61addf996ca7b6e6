"""Writing a file."""

open(secret, "w").write("x")
