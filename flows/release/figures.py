"""Convert between the tables of a release and the figures of the disclosure package, in both directions.

Only counts and measures that protection, the audit or the check need pass through here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from flows.release.disclosure.protect import STEP, Figure, Key, Measure
from flows.release.schema import OF_STEPS, SCHEMAS, records
from flows.release.specs import CHAT

Tables = Mapping[str, pd.DataFrame]  # by the name of the table
PROTECTED = ("indicators", "funnel", "measures")


def counts(tables: Tables) -> pd.DataFrame:
    """Return all counts of the chat in the columns of `indicators`, sorted by key.

    A step of the funnel is a category of the variable `step`, with `all` as its source and population.
    """
    steps = tables["funnel"].rename(columns={"step": "category"})
    steps = steps.assign(population=OF_STEPS, variable=STEP, n_known=None, share=None)
    schema = SCHEMAS["indicators"]
    return schema.frame(pd.concat([tables["indicators"], schema.typed(steps)]))


def figures(tables: Tables) -> list[Figure]:
    """Return the counts of the chat as protection made them, sorted by key."""
    found = [
        Figure(_key(row, row.category), row.n, row.n_known, row.share, row.status, row.released_in)
        for row in records(counts(tables))
    ]
    return sorted(found, key=lambda figure: figure.key)


def measures(tables: Tables) -> list[Measure]:
    """Return the means and medians as protection made them, sorted by key."""
    return [
        Measure(_key(row, row.statistic), row.value, row.status, row.released_in) for row in records(tables["measures"])
    ]


def _key(row: Any, category: str) -> Key:
    period = (row.period_type, row.period_start, row.period_end)
    if row.variable == STEP:
        return Key(CHAT, row.unit, "", *period, STEP, category)
    return Key(row.source, row.unit, row.population, *period, row.variable, category)


def tables_of(figures: Iterable[Figure], measures: Iterable[Measure]) -> dict[str, pd.DataFrame]:
    """Return the tables `indicators`, `funnel` and `measures` of protected counts and measures."""
    shown = _rows(figures, ("n", "n_known", "share", "status", "released_in"))
    is_step = shown["variable"] == STEP
    return {
        "indicators": SCHEMAS["indicators"].frame(shown[~is_step]),
        "funnel": SCHEMAS["funnel"].frame(shown[is_step].rename(columns={"category": "step"}).assign(source=OF_STEPS)),
        "measures": SCHEMAS["measures"].frame(
            _rows(measures, ("value", "status", "released_in")).rename(columns={"category": "statistic"})
        ),
    }


def _rows(made: Iterable[Figure | Measure], values: Sequence[str]) -> pd.DataFrame:
    rows = [(*one.key, *(getattr(one, name) for name in values)) for one in made]
    return pd.DataFrame(rows, columns=[*Key._fields, *values], dtype=object)


def last_prints(releases: Sequence[Tables]) -> dict[str, pd.DataFrame]:
    """Return the protected tables with the last print of each row.

    Args:
        releases: the protected tables of each release, in the order of publication.
    """
    found = {}
    for name in PROTECTED:
        schema = SCHEMAS[name]
        nothing = schema.typed(pd.DataFrame(columns=list(schema.columns)))
        every = pd.concat([nothing, *(tables[name] for tables in releases)])
        found[name] = schema.frame(every.drop_duplicates(list(schema.key), keep="last"))
    return found
