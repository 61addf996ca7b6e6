"""Parses and formats durations and dates of ISO 8601."""
# packages: isodate==0.7.2

from datetime import date, timedelta

import isodate

assert isodate.parse_duration("P1DT2H30M") == timedelta(days=1, hours=2, minutes=30)
assert isodate.parse_date("2024-W09-4") == date(2024, 2, 29) and isodate.duration_isoformat(timedelta(hours=3)) == "PT3H"
assert date(2024, 1, 31) + isodate.parse_duration("P1M") == date(2024, 2, 29)
