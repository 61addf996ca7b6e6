"""Orders versions, checks specifiers, evaluates markers."""
# packages: packaging==26.3

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import sys_tags
from packaging.version import Version

assert sorted(map(Version, ["1.10", "1.9", "1.10rc1", "1!0.1"])) == [*map(Version, ["1.9", "1.10rc1", "1.10", "1!0.1"])]
assert "2.4" in SpecifierSet(">=2,!=2.3,<3") and "2.3" not in SpecifierSet(">=2,!=2.3,<3")
requirement = Requirement('thing[extra]>=1; python_version >= "3.10"')
assert requirement.extras == {"extra"} and requirement.marker.evaluate()
assert Marker("os_name == 'x' or extra == 'y'").evaluate({"extra": "y"})
assert any(tag.interpreter == "py3" for tag in sys_tags())
