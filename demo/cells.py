"""Turn a visitor's values into the cells of the researchers' coding."""

import random

from demo.allotment import Visitor
from demo.vocabulary import FORM_GROUPS, NEW_SITUATION_WINDOW, Value, seed, windows

# The lowest and highest number of months between the beginning of the exploitation and the visit.
ELAPSED = {"under_3_months": (0, 2), "3_to_12_months": (3, 11), "1_to_2_years": (12, 23), "over_2_years": (24, 60)}
UNKNOWN_DURATION = (0, 36)
KNOWN_AT_ONCE = 0.7  # chance that a value is said in the first of several conversations; otherwise it is said in any


def coded_cells(visitor: Visitor, year: int, rng: random.Random) -> dict[str, str]:
    """Return what is known of a visitor, and the marks that are set, as codes.

    Args:
        visitor: The values of the visitor.
        year: The year of the visit.
        rng: The source of random numbers.

    Returns:
        The codes, by column of the codebook. Columns without a code are left out.

    Example:
        `{"geslacht": "1", "leeftijd": "17"}`
    """
    cells: dict[str, str] = {}
    for row in seed("codebook"):
        value = _value(visitor, row["variable"])
        if row["variable"] == "start_month":
            if visitor["new_situation"] is not None:
                cells[row["column"]] = _start_month(visitor, year, rng)
        elif row["kind"] == "number" and value is not None:
            cells[row["column"]] = str(value)
        elif row["category"] in (value if isinstance(value, tuple) else (value,)):
            cells[row["column"]] = row["code"]
    return cells


def _value(visitor: Visitor, variable: str) -> Value:
    if variable == "form":
        imputed = visitor["form_imputed"] == "yes"
        return () if imputed else FORM_GROUPS[str(visitor["form_group"])]
    return visitor.get(variable)


def _start_month(visitor: Visitor, year: int, rng: random.Random) -> str:
    """Return the month in which the exploitation began (YYYY-MM), as far as the duration allows.

    For a new situation the month lies in the window of the visit's year. Otherwise it lies before the window.
    """
    month = visitor["month"]
    assert isinstance(month, int)
    in_window = month - windows()[NEW_SITUATION_WINDOW][0]  # months from the window's beginning to the visit
    low, high = ELAPSED.get(str(visitor["duration"]), UNKNOWN_DURATION)
    if visitor["new_situation"] == "yes":
        high = min(high, in_window)
    else:
        low = max(low, in_window + 1)
    months = year * 12 + month - 1 - rng.randint(low, max(low, high))
    return f"{months // 12}-{months % 12 + 1:02}"


def not_related_cells(rng: random.Random) -> dict[str, str]:
    """Return the few cells that are coded for a visit that was not about trafficking.

    Args:
        rng: The source of random numbers.

    Returns:
        The codes, by column of the codebook.
    """
    return {"geslacht": rng.choice("112"), "leeftijd": str(rng.randrange(14, 40)), "acuut": "0"}


def split_cells(cells: dict[str, str], n_conversations: int, rng: random.Random) -> list[dict[str, str]]:
    """Divide a person's cells over several conversations: most go to the first, the rest to any of them.

    Args:
        cells: The codes, by column of the codebook.
        n_conversations: The number of conversations of the person.
        rng: The source of random numbers.

    Returns:
        The cells of each conversation. Every cell is in one of them.
    """
    parts: list[dict[str, str]] = [{} for _ in range(n_conversations)]
    for column, code in cells.items():
        parts[0 if rng.random() < KNOWN_AT_ONCE else rng.randrange(n_conversations)][column] = code
    return parts
