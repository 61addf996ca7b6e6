"""Says numbers, sizes and times as people do."""
# packages: humanize==4.17.0

import datetime

import humanize

assert humanize.naturalsize(3_000_000) == "3.0 MB" and humanize.intcomma(1234567) == "1,234,567"
assert humanize.naturaldelta(datetime.timedelta(days=400)) == "1 year, 1 month" and humanize.ordinal(3) == "3rd"
