"""Formats numbers, dates and units in several languages, and plurals."""
# packages: babel==2.18.0

from datetime import date

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, parse_decimal

assert format_decimal(1234567.891, locale="de") == "1.234.567,891" and str(parse_decimal("1.234,5", locale="de")) == "1234.5"
assert format_currency(12.5, "EUR", locale="de_DE") == "12,50\xa0€"
assert format_date(date(2024, 2, 29), format="full", locale="fr") == "jeudi 29 février 2024"
assert Locale("pl").plural_form(3) == "few" and Locale.parse("sr_Cyrl_RS").get_display_name("en").startswith("Serbian")
