"""The tables of a release: read from the marts, protected before they go anywhere else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.release.disclosure import protect_count, protect_share

Query = Callable[[str, list[Any]], list[tuple[Any, ...]]]

INDICATORS = """
select source, unit, population, period_type, period_start, period_end, variable, category, n, n_known
from marts.indicators
where period_type = 'year' and period_end <= ?
order by source, population, period_start, variable, category
"""
FUNNEL = """
select source, period_type, period_start, period_end, step, n
from marts.funnel
where period_type = 'year' and period_end <= ?
order by source, period_start, step
"""


@dataclass(frozen=True)
class Table:
    """A table as it is released: protected rows in their final order."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def release_tables(query: Query, period_end: date) -> list[Table]:
    """Yearly indicators and funnel of the years closed by `period_end`, every count rounded, shares recomputed."""
    indicators = []
    for *keys, n, n_known in query(INDICATORS, [period_end]):
        shown, shown_known = protect_count(n), protect_count(n_known)
        indicators.append((*keys, shown, shown_known, protect_share(shown, shown_known)))
    funnel = [(*keys, protect_count(n)) for *keys, n in query(FUNNEL, [period_end])]
    breakdown = ("source", "unit", "population", "period_type", "period_start", "period_end", "variable", "category")
    return [
        Table("indicators", (*breakdown, "n", "n_known", "share"), indicators),
        Table("funnel", ("source", "period_type", "period_start", "period_end", "step", "n"), funnel),
    ]
