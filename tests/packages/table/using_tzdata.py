"""Gives zoneinfo its zones where the system has none."""
# packages: tzdata==2026.6

import zoneinfo
from datetime import datetime

zoneinfo.reset_tzpath([])
zone = zoneinfo.ZoneInfo("America/New_York")
assert datetime(2024, 7, 1, tzinfo=zone).utcoffset().total_seconds() == -4 * 3600
assert len(zoneinfo.available_timezones()) > 400
