"""Make the first screen of a release: the figures of the month, what changed, and the shares of the estimates.

A change is a difference that chance alone does not explain.
"""

from collections.abc import Sequence
from typing import Any

from flows.release.comparisons import FEWER, MORE, NOT_SHOWN, UNCLEAR
from flows.release.content import Content
from flows.release.render.charts import latest_period
from flows.release.render.labels import Labels
from flows.release.render.tables import CONFIDENTIAL, latest
from flows.release.schema import OF_STEPS, Period, period_of, records
from flows.release.specs import Spec

CHANGES_SHOWN = 5


Headline = dict[str, str]  # a row of seeds/release_headlines.csv, whose block is month, period or view


def summary(content: Content, specs: Sequence[Spec], headlines: Sequence[Headline], labels: Labels) -> dict[str, Any]:
    """Return what the template shows on the first screen, in the language of the labels."""
    label, facts = f"label_{labels.language}", content.facts
    month = Period("month", facts.month_end.replace(day=1), facts.month_end)
    period = latest_period(map(period_of, content.counts))
    latest_rows = latest(content.tables["comparisons"], specs, labels)
    compared = [row for row in latest_rows if row.change in (MORE, FEWER, UNCLEAR)]
    changed = [_changed(row, labels) for row in compared if row.change != UNCLEAR]
    coverage = {row.pair: row for row in records(content.tables["coverage"])}  # the latest year of each pair
    shares = [(coverage[one["pair"]], one[label]) for one in headlines if one["pair"] in coverage]
    return {
        "month": _first_capital(labels.month(facts.month_end)),
        "of_month": _facts("month", month, content, headlines, labels),
        "period": _first_capital(labels.period(*period)) if period else "",
        "of_period": _facts("period", period, content, headlines, labels) if period else [],
        "comparable": len(compared),
        "changed": changed[:CHANGES_SHOWN],
        "n_more": max(0, len(changed) - CHANGES_SHOWN),
        "shares": [_share(row, words, labels) for row, words in shares],
        "estimate": labels.count(shares[0][0].total) if shares else "",
        "estimate_years": f"{shares[0][0].total_from}–{shares[0][0].total_to}" if shares else "",
    }


def _first_capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _facts(
    block: str, period: Period, content: Content, headlines: Sequence[Headline], labels: Labels
) -> list[dict[str, Any]]:
    """Return the figures of one block of headlines, which are counts of one period, with earlier figures."""
    counts = {_what(row): row for row in content.counts if period_of(row) == period}
    compared = [row for row in records(content.tables["comparisons"]) if period_of(row) == period]
    found = []
    for one in headlines:
        what = (one["population"] or OF_STEPS, one["variable"], one["category"])
        if one["block"] == block and what in counts:
            earlier = _earlier([row for row in compared if _what(row) == what], labels)
            words = one[f"label_{labels.language}"]
            found.append({"value": _count(counts[what].n, labels), "words": words, "earlier": earlier})
    return found


def _what(row: Any) -> tuple[str, str, str]:
    return row.population, row.variable, row.category


def _count(n: int | None, labels: Labels) -> str:
    return CONFIDENTIAL if n is None else labels.count(n)


def _earlier(found: Sequence[Any], labels: Labels) -> list[dict[str, str]]:
    """Return the earlier figures. Those with the same change are joined."""
    return [
        {
            "what": "",
            "numbers": "; ".join(_before(one, labels) for one in found if one.change == change),
            "change": change,
            "word": "" if change == NOT_SHOWN else labels.of("change", change),
        }
        for change in dict.fromkeys(one.change for one in found)
    ]


def _before(one: Any, labels: Labels) -> str:
    period = labels.period(one.period_type, one.previous_start, one.previous_end)
    return f"{period}: {_count(one.n_previous, labels)}"


def _changed(one: Any, labels: Labels) -> dict[str, str]:
    numbers = f"{labels.period_of(one)}: {_count(one.n, labels)}; {_before(one, labels)}"
    word = labels.of("change", one.change)
    return {"what": labels.figure(one), "numbers": numbers, "change": one.change, "word": word}


def _share(one: Any, words: str, labels: Labels) -> dict[str, Any]:
    """Return a count as a share of an estimate. `low`, `share` and `high` are fractions of 1 for the bar."""
    share = one.share or 0
    low, high = one.share_low or share, one.share_high or share
    return {
        "value": CONFIDENTIAL if one.share is None else labels.share(one.share),
        "words": words,
        "counted": labels.text("glance.counted", n=_count(one.n, labels), year=one.reference_year),
        "spread": labels.text("glance.range", low=labels.share(low), high=labels.share(high)) if low < high else "",
        **{"low": low, "share": share, "high": high},
    }
