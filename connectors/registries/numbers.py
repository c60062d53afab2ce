"""Read printed numbers and months, as Dutch and English publishers write them."""

import re
from datetime import date
from decimal import Decimal

from connectors.codelists.layouts import fold

# Thousands are separated by one kind of comma, point or blank. No count has more than twelve digits. A text such as
# 0.234 is a fraction: grouped numbers do not begin with 0.
COUNT = re.compile(r"\d{1,12}|[1-9]\d{0,2}(?P<mark>[,. \u00a0\u2009\u202f])\d{3}((?P=mark)\d{3}){0,2}", flags=re.ASCII)
MOST = 10**15  # a spreadsheet keeps fifteen digits
PERCENTAGE = re.compile(r"(\d{1,3}(?:[.,]\d{1,6})?)[ \u00a0\u2009\u202f]?%?", flags=re.ASCII)
YEAR = re.compile(r"(19|20)\d\d", flags=re.ASCII)
NO_DIGIT = re.compile(r"\D", flags=re.ASCII)
# `x 1 000`, `(x duizend)`, `in thousands`, `per 100.000 inwoners`: as a whole text, in parentheses, or at the end of a
# title, also with a year behind it. Percentages are a unit of counts only where they are the whole text or its end.
GROUP = r"[ .,\u00a0\u2009\u202f]?"
MANY = r"(?:duizend(?:en|tal(?:len)?)?|thousands?|miljoen(?:en)?|millions?|mln\.?|mille)"
THOUSANDS = rf"10{{0,2}}(?:{GROUP}000)+"
MULTIPLE = (
    rf"(?:[x\u00d7*] ?(?:{THOUSANDS}|(?:1 )?{MANY})|in {MANY}|per (?:{THOUSANDS}|100|{MANY}))(?: [^\W\d]+){{0,3}}"
)
SHARE = r"(?<!\d )(?:%|\u2030|procent(?:en)?|promille|per ?cent(?:s|ages?)?|percentages?|pct\.?)"
OTHER_UNIT, PER_CENT = (
    re.compile(rf"(?:[^.!?]* )?[(\[]?{unit}[)\]]?:?(?:,? (?:in )?\d{{4}}(?: ?[-/] ?\d{{4}})?)?|.*[(\[]{unit}[)\]].*")
    for unit in (MULTIPLE, rf"(?:in )?{SHARE}")
)
FIRST_HALF = ("januari", "februari", "maart", "april", "mei", "juni")
MONTHS = (*FIRST_HALF, "juli", "augustus", "september", "oktober", "november", "december")
FORMS = {form: n for n, name in enumerate(MONTHS, start=1) for form in (name, name[:3], str(n), f"{n:02}")}
FORMS |= {"mrt": 3, "sept": 9}


def read_count(text: str, number: Decimal | None = None) -> int | None:
    """Return the count that a cell shows.

    Args:
        text: The text that is shown.
        number: The number in the cell, or None if the cell holds a text.

    Returns:
        The count, or None if the cell does not show one.

    Example:
        The texts `1,334`, `1.334` and `1 334` are 1334. The number 1.334 is not a count.
    """
    if number is not None:
        return int(number) if 0 <= number < MOST and number == int(number) and "%" not in text else None
    return int(NO_DIGIT.sub("", text)) if COUNT.fullmatch(text) else None


def other_unit(text: str, *, is_count: bool = True) -> bool:
    """Return whether a text states another unit than plain counts.

    Args:
        text: A title, a label, or the text of a cell.
        is_count: Whether percentages are another unit. They are not in a column of percentages.

    Example:
        `x 1 000`, `Slachtoffers (x duizend)`, `per 100.000 inwoners` and `procent` do, `Aantal` and `12%` do not.
    """
    folded = fold(text)
    return bool(OTHER_UNIT.fullmatch(folded) or (is_count and PER_CENT.fullmatch(folded)))


def read_percentage(text: str) -> float | None:
    """Return the percentage that a text shows.

    Args:
        text: The text that is shown.

    Returns:
        A number from 0 to 100, or None if the text is not such a percentage.

    Example:
        `83,5%` and `83.5 %` are 83.5.
    """
    found = PERCENTAGE.fullmatch(text)
    value = float(found[1].replace(",", ".")) if found else None
    return value if value is not None and value <= 100 else None


def read_year(text: str, moment: date | None = None) -> int | None:
    """Return the year that a cell shows.

    A year is a text of four digits or the date of 1 January. Other dates are not years: a cell with the number 2020
    that is shown as a date is a day in 1905.

    Args:
        text: The text that is shown.
        moment: The date in the cell, or None if the cell holds no date.

    Returns:
        The year, or None if the cell does not show one.
    """
    if moment:
        return moment.year if (moment.month, moment.day) == (1, 1) else None
    return int(text) if YEAR.fullmatch(text) else None


def read_month(text: str, moment: date | None = None) -> tuple[int, int | None] | None:
    """Return the month that a cell shows, with its year if the cell shows one.

    Args:
        text: The text that is shown, such as `maart`, `mrt.`, `03` or `maart 2020`.
        moment: The date in the cell, or None if the cell holds no date. Only the first day of a month counts.

    Returns:
        A pair (month from 1 to 12, year or None), or None if the cell does not show a month.

    Example:
        `maart 2020` gives `(3, 2020)` and `mrt.` gives `(3, None)`.
    """
    if moment:
        return (moment.month, moment.year) if moment.day == 1 else None
    name, _, year = fold(text).rpartition(" ")
    if not YEAR.fullmatch(year):
        name, year = fold(text), ""
    month = FORMS.get(name.rstrip("."))
    return (month, int(year) if year else None) if month else None
