"""Writing through a link."""

open(granted + "/link", "w").write("x")
