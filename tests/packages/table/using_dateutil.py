"""Parses dates, adds months, and lists the dates of a rule."""
# packages: python-dateutil==2.9.0.post0 six==1.17.0

from datetime import datetime

from dateutil import parser, rrule, tz
from dateutil.relativedelta import relativedelta

when = parser.parse("Thu Sep 25 10:36:28 2003 +0200")
assert when.utcoffset().total_seconds() == 7200 and when.astimezone(tz.UTC).hour == 8
assert datetime(2024, 1, 31) + relativedelta(months=1) == datetime(2024, 2, 29)
fridays = rrule.rrule(rrule.MONTHLY, count=3, byweekday=rrule.FR(-1), dtstart=datetime(2024, 1, 1))
assert [day.day for day in fridays] == [26, 23, 29]
