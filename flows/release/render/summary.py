"""Make the first screen of a release: the figures of the month, what changed, and the shares of the estimates.

A change is a difference that chance alone does not explain.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from flows.release.comparisons import FEWER, MORE, UNCLEAR
from flows.release.content import Content
from flows.release.render.charts import latest_period
from flows.release.render.labels import Labels
from flows.release.render.tables import latest
from flows.release.schema import OF_STEPS, Period, period_of, records
from flows.release.specs import Spec

Headline = dict[str, str]  # a row of seeds/release_headlines.csv, whose block is month, period or view


def summary(content: Content, specs: Sequence[Spec], headlines: Sequence[Headline], labels: Labels) -> dict[str, Any]:
    """Return what the template shows on the first screen, in the language of the labels.

    `blocks` has the figures of the month and of the latest year or year to date, by the name of the period. `shares`
    has the latest row of the table `coverage` of each headline, with its words.
    """
    label, month_end = f"label_{labels.language}", content.facts.month_end
    month = Period("month", month_end.replace(day=1), month_end)
    periods = {"month": month, "period": latest_period(map(period_of, content.counts))}
    latest_rows = latest(content.tables["comparisons"], specs, labels)
    compared = [row for row in latest_rows if row.change in (MORE, FEWER, UNCLEAR)]
    coverage = {row.pair: row for row in records(content.tables["coverage"])}  # the latest year of each pair
    return {
        "blocks": {
            labels.period(*period): list(_facts(period, content, [one for one in headlines if one["block"] == block]))
            for block, period in periods.items()
            if period
        },
        "n_compared": len(compared),
        "changed": [row for row in compared if row.change != UNCLEAR],
        "shares": [(coverage[one["pair"]], one[label]) for one in headlines if one["pair"] in coverage],
    }


def _facts(period: Period, content: Content, headlines: Sequence[Headline]) -> Iterator[dict[str, Any]]:
    """Yield the count of each headline in one period, with the comparisons of that count."""
    counts = {_what(row): row for row in content.counts if period_of(row) == period}
    compared = [row for row in records(content.tables["comparisons"]) if period_of(row) == period]
    for one in headlines:
        what = (one["population"] or OF_STEPS, one["variable"], one["category"])
        if what in counts:
            yield {"headline": one, "n": counts[what].n, "earlier": [row for row in compared if _what(row) == what]}


def _what(row: Any) -> tuple[str, str, str]:
    return row.population, row.variable, row.category
