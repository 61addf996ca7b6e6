"""Creating through a link that leads nowhere yet."""

open(granted + "/dangling", "w").write("x")
