"""Converts times between zones, through a change of the clock."""
# packages: pytz==2026.6

from datetime import datetime

import pytz

berlin = pytz.timezone("Europe/Berlin")
summer = berlin.localize(datetime(2024, 7, 1, 12))
assert summer.astimezone(pytz.utc).hour == 10 and summer.tzname() == "CEST"
try:
    berlin.localize(datetime(2024, 10, 27, 2, 30), is_dst=None)
except pytz.AmbiguousTimeError:
    pass
else:
    raise AssertionError
assert pytz.timezone("Asia/Kathmandu").utcoffset(datetime(2024, 1, 1)).seconds == 20700
