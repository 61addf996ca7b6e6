"""Reads an INI file and says where a value stands."""
# packages: iniconfig==2.3.1

from iniconfig import IniConfig

config = IniConfig("x.ini", data="[a]\nx = 1\n  2\n[b]\nlist = 1, 2\n")
assert config["a"]["x"] == "1\n2" and config.get("b", "list", convert=lambda text: text.split(", ")) == ["1", "2"]
assert config.lineof("b", "list") == 5
