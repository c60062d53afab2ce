"""Printed numbers and months, as Dutch and English publishers write them."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from connectors.codelists.layouts import fold

# Thousands are set apart by one kind of comma, point or blank; no count has more than twelve digits.
COUNT = re.compile(r"\d{1,12}|\d{1,3}(?P<mark>[,. \u00a0\u2009\u202f])\d{3}((?P=mark)\d{3}){0,2}", flags=re.ASCII)
MOST = 10**15  # a spreadsheet keeps fifteen digits
PERCENTAGE = re.compile(r"(\d{1,3}(?:[.,]\d{1,6})?)[ \u00a0\u2009\u202f]?%?", flags=re.ASCII)
YEAR = re.compile(r"(19|20)\d\d", flags=re.ASCII)
NO_DIGIT = re.compile(r"\D", flags=re.ASCII)
FIRST_HALF = ("januari", "februari", "maart", "april", "mei", "juni")
MONTHS = (*FIRST_HALF, "juli", "augustus", "september", "oktober", "november", "december")
SHORT_MONTHS = {name[:3]: number for number, name in enumerate(MONTHS, start=1)} | {"mrt": 3, "sept": 9}

Marks = Mapping[str, tuple[float, float] | None]


def read_count(text: str, number: Decimal | None = None) -> int | None:
    """The texts `1,334`, `1.334` and `1 334` are 1334, while the number 1.334 is no count; None where it is none."""
    if number is not None:
        return int(number) if 0 <= number < MOST and number == int(number) and "%" not in text else None
    return int(NO_DIGIT.sub("", text)) if COUNT.fullmatch(text) else None


def read_percentage(text: str) -> float | None:
    """`83,5%` and `83.5 %` are 83.5; None where a text is no percentage from 0 to 100."""
    found = PERCENTAGE.fullmatch(text)
    value = float(found[1].replace(",", ".")) if found else None
    return value if value is not None and value <= 100 else None


def read_year(text: str, moment: date | None = None) -> int | None:
    """A year of four digits, or of its first day: the number 2020 that is shown as a date is some day in 1905."""
    if moment:
        return moment.year if (moment.month, moment.day) == (1, 1) else None
    return int(text) if YEAR.fullmatch(text) else None


def read_month(text: str, moment: date | None = None) -> tuple[int, int | None] | None:
    """(month, year where one is told): of its first day, `maart`, `mrt.`, `03` or `maart 2020`; None where it is no
    month."""
    if moment:
        return (moment.month, moment.year) if moment.day == 1 else None
    name, _, year = fold(text).rpartition(" ")
    if not YEAR.fullmatch(year):
        name, year = fold(text), ""
    name = name.rstrip(".")
    month = MONTHS.index(name) + 1 if name in MONTHS else SHORT_MONTHS.get(name)
    if month is None and re.fullmatch(r"0?[1-9]|1[0-2]", name):
        month = int(name)
    return (month, int(year) if year else None) if month else None
