"""Changes TOML and keeps its comments."""
# packages: tomlkit==0.15.2

import tomlkit

document = tomlkit.parse("# top\n[a]\nx = 1 # one\n")
document["a"]["x"] = 2
document["a"].add("y", [1, 2])
assert tomlkit.dumps(document) == "# top\n[a]\nx = 2 # one\ny = [1, 2]\n", tomlkit.dumps(document)
