"""Make the first screen of a release: the figures of the month, what changed, and the shares of the estimates.

A change is a difference that chance alone does not explain.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.release.comparisons import FEWER, MORE, NOT_SHOWN, UNCLEAR, Comparison
from flows.release.content import Content, Coverage
from flows.release.disclosure.protect import Figure
from flows.release.render.charts import latest_period
from flows.release.render.labels import Labels
from flows.release.render.tables import CONFIDENTIAL, latest
from flows.release.specs import Spec

CHANGES_SHOWN = 5


@dataclass(frozen=True)
class Headline:
    """A row of seeds/release_headlines.csv. `block` is month, period or view."""

    block: str
    population: str
    variable: str
    category: str
    pair: str
    words: dict[str, str]


@dataclass(frozen=True)
class Change:
    """Figures with earlier ones. `word` names the change in words; it is blank where a count is suppressed."""

    what: str
    numbers: str
    change: str
    word: str


@dataclass(frozen=True)
class Fact:
    """A figure of the first screen, with the earlier figures that it is compared with."""

    value: str
    words: str
    earlier: tuple[Change, ...]


@dataclass(frozen=True)
class Share:
    """A count as a share of an estimate. `low`, `share` and `high` are fractions of 1 for the bar; the rest is text."""

    value: str
    words: str
    counted: str
    spread: str
    low: float
    share: float
    high: float


@dataclass(frozen=True)
class Glance:
    """The first screen in one language."""

    month: str
    of_month: tuple[Fact, ...]
    period: str
    of_period: tuple[Fact, ...]
    comparable: int
    changed: tuple[Change, ...]
    n_more: int
    shares: tuple[Share, ...]
    estimate: str
    estimate_years: str


def load_headlines(path: Path) -> list[Headline]:
    """Read the figures of the first screen from seeds/release_headlines.csv at `path`, in the order of its rows."""
    with path.open(encoding="utf-8") as stream:
        return [
            Headline(
                *(row["block"], row["population"], row["variable"], row["category"], row["pair"]),
                words={"nl": row["label_nl"], "en": row["label_en"]},
            )
            for row in csv.DictReader(stream)
        ]


def glance(content: Content, specs: Sequence[Spec], headlines: Sequence[Headline], labels: Labels) -> Glance:
    """Return the first screen of a release in the language of the labels."""
    of_month = [
        figure
        for figure in content.figures
        if figure.key.period_type == "month" and figure.key.period_end == content.month_end
    ]
    period = latest_period(content.figures)
    of_period = [figure for figure in content.figures if figure.key[3:6] == period]
    compared = [one for one in latest(content.comparisons, specs, labels) if one.change in (MORE, FEWER, UNCLEAR)]
    changed = [_changed(one, labels) for one in compared if one.change != UNCLEAR]
    coverage = [row for headline in headlines if (row := _latest_coverage(content, headline)) is not None]
    words = {headline.pair: headline.words[labels.language] for headline in headlines if headline.pair}
    return Glance(
        month=_first_capital(labels.month(content.month_end)),
        of_month=_facts("month", of_month, content, headlines, labels),
        period=_first_capital(labels.period(*period)) if period else "",
        of_period=_facts("period", of_period, content, headlines, labels),
        comparable=len(compared),
        changed=tuple(changed[:CHANGES_SHOWN]),
        n_more=max(0, len(changed) - CHANGES_SHOWN),
        shares=tuple(_share(row, words[row.pair], labels) for row in coverage),
        estimate=labels.count(coverage[0].total) if coverage else "",
        estimate_years=f"{coverage[0].total_from}–{coverage[0].total_to}" if coverage else "",
    )


def _first_capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _facts(
    block: str, figures: Sequence[Figure], content: Content, headlines: Sequence[Headline], labels: Labels
) -> tuple[Fact, ...]:
    by_what = {(figure.key.population, figure.key.variable, figure.key.category): figure for figure in figures}
    found = [
        (by_what[headline.population, headline.variable, headline.category], headline)
        for headline in headlines
        if headline.block == block and (headline.population, headline.variable, headline.category) in by_what
    ]
    return tuple(
        Fact(
            value=_count(figure.n, labels),
            words=headline.words[labels.language],
            earlier=_earlier([one for one in content.comparisons if one.key == figure.key], labels),
        )
        for figure, headline in found
    )


def _count(n: int | None, labels: Labels) -> str:
    return CONFIDENTIAL if n is None else labels.count(n)


def _earlier(found: Sequence[Comparison], labels: Labels) -> tuple[Change, ...]:
    """Return the earlier figures. Those with the same change are joined."""
    return tuple(
        Change(
            what="",
            numbers="; ".join(_before(one, labels) for one in found if one.change == change),
            change=change,
            word="" if change == NOT_SHOWN else labels.of("change", change),
        )
        for change in dict.fromkeys(one.change for one in found)
    )


def _before(one: Comparison, labels: Labels) -> str:
    period = labels.period(one.key.period_type, one.previous_start, one.previous_end)
    return f"{period}: {_count(one.n_previous, labels)}"


def _changed(one: Comparison, labels: Labels) -> Change:
    now = f"{labels.period(*one.key[3:6])}: {_count(one.n, labels)}"
    return Change(labels.figure(one.key), f"{now}; {_before(one, labels)}", one.change, labels.of("change", one.change))


def _latest_coverage(content: Content, headline: Headline) -> Coverage | None:
    rows = [one for one in content.coverage if one.pair == headline.pair]
    return max(rows, key=lambda one: one.reference_year, default=None)


def _share(one: Coverage, words: str, labels: Labels) -> Share:
    share = one.share or 0
    low, high = one.share_low or share, one.share_high or share
    return Share(
        value=CONFIDENTIAL if one.share is None else labels.share(one.share),
        words=words,
        counted=labels.text("glance.counted", n=_count(one.n, labels), year=one.reference_year),
        spread=labels.text("glance.range", low=labels.share(low), high=labels.share(high)) if low < high else "",
        low=low,
        share=share,
        high=high,
    )
