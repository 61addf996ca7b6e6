"""Names the folders of a program."""
# packages: platformdirs==4.14.7

import os

import platformdirs

os.environ["XDG_CONFIG_HOME"] = "/somewhere"
assert platformdirs.user_config_dir("thing") == "/somewhere/thing"
assert platformdirs.user_cache_path("thing", "me").name
