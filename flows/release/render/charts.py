"""Make the data of the charts of a release, from its content only. chart_svg.py draws them for the page."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flows.release.content import PUBLISHERS, Content
from flows.release.disclosure.protect import KNOWN
from flows.release.render.labels import LANGUAGES, Labels
from flows.release.render.tables import CONFIDENTIAL, count_header, ordered, row_label
from flows.release.schema import Period, period_of, records
from flows.release.seeds import read_rows
from flows.release.specs import CHAT, Spec

LINES, BARS, RANGE = "lines", "bars", "range"
MONTHS_SHOWN, YEARS_SHOWN = 24, 10
# The populations that are everyone a registry counts, and the population of the chat that is nearest to them.
WHOLE = ("all", "detected_victims")
NEAREST = "victims"


@dataclass(frozen=True)
class Point:
    """One value in a chart.

    Attributes:
        x: a month (2020-12), a year (2020), a category in words, or the role of a value in a range.
        value: None if it is not shown. A share is a fraction of 1.
        group: the estimate that a share is computed from, blank in other charts.
        is_open: marks a share of an estimate of other people or years than those counted.
    """

    source: str
    period_type: str
    series: str
    x: str
    value: float | None
    is_share: bool
    group: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class Break:
    """A day on which a series changed its meaning. A blank field stands for any value."""

    source: str
    unit: str
    population: str
    variable: str
    day: date
    code: str
    reason: tuple[tuple[str, str], ...]  # (language, text)


@dataclass(frozen=True)
class Chart:
    """A chart in one language. `description` is for people who do not see it."""

    table: str
    kind: str
    title: str
    description: str
    points: tuple[Point, ...]
    breaks: tuple[Break, ...] = ()


def load_breaks(path: Path) -> list[Break]:
    """Read the dated breaks of Dutch series from seeds/series_breaks.csv at `path`."""
    return [
        Break(
            *(row["source"], row["unit"], row["population"], row["variable"]),
            day=date.fromisoformat(row["break_on"]),
            code=row["code"],
            reason=tuple((language, row[f"reason_{language}"]) for language in LANGUAGES),
        )
        for row in read_rows(path)
        if row["breaks_series"] == "yes" and row["break_on"] and row["country"] in ("", "NLD")
    ]


def charts(content: Content, specs: Sequence[Spec], labels: Labels, breaks: Sequence[Break]) -> list[Chart]:
    """Return every chart that has points, in the order of the specs."""
    makers: dict[tuple[str, str], Callable[[Spec], Chart]] = {
        ("lines", "registries"): lambda spec: _registries(content, spec, labels, breaks),
        ("lines", "funnel"): lambda spec: _months(content, spec, labels),
        ("lines", "indicators"): lambda spec: _months(content, spec, labels),
        ("bars", "indicators"): lambda spec: _bars(content, spec, labels),
        ("range", "coverage"): lambda spec: _range(content, spec, labels),
    }
    made = [makers[spec.chart, spec.mart](spec) for spec in specs if spec.chart]
    return [chart for chart in made if chart.points]


# --- Lines


def _months(content: Content, spec: Spec, labels: Labels) -> Chart:
    counts = spec.rows(content.counts)
    shown = sorted({count.period_start for count in counts})[-MONTHS_SHOWN:]
    points = tuple(
        Point(CHAT, "month", count_header(spec, category, labels), f"{count.period_start:%Y-%m}", count.n, False)
        for category in spec.categories
        for count in counts
        if count.category == category and count.period_start in shown
    )
    description = _lines_in_words(points, lambda x: labels.month(date.fromisoformat(f"{x}-01")), labels)
    return Chart(spec.table, LINES, spec.titles[labels.language], description, points)


def _registries(content: Content, spec: Spec, labels: Labels, breaks: Sequence[Break]) -> Chart:
    found = [
        Point(
            one.publisher, "year", _series(one.publisher, one.unit, labels), str(one.reference_year), one.value, False
        )
        for publisher in PUBLISHERS
        for one in records(content.tables["registries"])
        if (one.publisher, one.unit, one.variable) == (publisher, "victim", spec.variable) and one.population in WHOLE
    ]
    nearest = labels.of("population", NEAREST)
    words = f"{labels.of('source', CHAT)}, {nearest[0].lower()}{nearest[1:]}"
    found += [
        Point(CHAT, "year", words, str(count.period_start.year), count.n, False)
        for count in content.counts
        if (count.period_type, count.population, count.category) == ("year", NEAREST, KNOWN)
    ]
    years = sorted({point.x for point in found})[-YEARS_SHOWN:]
    order = list(dict.fromkeys(point.series for point in found))
    points = tuple(
        sorted(
            (point for point in found if point.x in years and (point.source == CHAT or point.value is not None)),
            key=lambda point: (order.index(point.series), point.x),
        )
    )
    sources = {point.source for point in points}
    across = tuple(
        one
        for one in breaks
        if one.source in sources
        and (one.unit, one.variable) == ("victim", "")
        and one.population in ("", *WHOLE)
        and years[0] <= str(one.day.year) <= years[-1]
    )
    description = _lines_in_words(points, str, labels)
    return Chart(spec.table, LINES, spec.titles[labels.language], description, points, across)


def _series(publisher: str, unit: str, labels: Labels) -> str:
    return f"{labels.of('source', publisher)}, {labels.of('unit', unit)}"


def _lines_in_words(points: Sequence[Point], moment: Callable[[str], str], labels: Labels) -> str:
    if not points:
        return ""
    sentences = []
    for series in dict.fromkeys(point.series for point in points):
        line = [point for point in points if point.series == series]
        values = [point.value for point in line if point.value is not None]
        sentences.append(
            labels.text(
                "chart.line",
                series=series,
                n=_in_words(line[-1], labels),
                at=moment(line[-1].x),
                highest=labels.count(max(values)) if values else CONFIDENTIAL,
            )
        )
    moments = sorted(point.x for point in points)
    return labels.text("chart.lines", first=moment(moments[0]), last=moment(moments[-1]), series=" ".join(sentences))


def _in_words(point: Point, labels: Labels) -> str:
    if point.value is None:
        return CONFIDENTIAL
    return labels.share(point.value) if point.is_share else labels.count(point.value)


# --- Bars


def latest_period(found: Iterable[Period]) -> Period | None:
    """Return the year or year to date that ended last, None if there is none."""
    years = [period for period in found if period.period_type in ("year", "year_to_date")]
    return max(years, key=lambda period: (period.period_end, period.period_type == "year"), default=None)


def _bars(content: Content, spec: Spec, labels: Labels) -> Chart:
    """Return bars for the latest period and the same period of the year before.

    The bars are shares if both periods have any, else counts.
    """
    counts = spec.rows(content.counts)
    latest = latest_period(period_of(count) for count in counts)
    if latest is None:
        return Chart(spec.table, BARS, "", "", ())
    start, end = latest.period_start, latest.period_end
    before = Period(latest.period_type, start.replace(year=start.year - 1), end.replace(year=end.year - 1))
    by_period = {period: [count for count in counts if period_of(count) == period] for period in (latest, before)}
    is_share = all(any(one.share is not None for one in of_period) for of_period in by_period.values() if of_period)
    points = tuple(
        Point(CHAT, period.period_type, labels.period(*period), words, count.share if is_share else count.n, is_share)
        for population in spec.groups
        for category, words in _rows(spec, population, counts, labels)
        for period, of_period in by_period.items()
        for count in of_period
        if (count.population, count.category) == (population, category)
    )
    description = _bars_in_words([point for point in points if point.series == labels.period(*latest)], labels)
    return Chart(spec.table, BARS, spec.titles[labels.language], description, points)


def _rows(spec: Spec, population: str, counts: Sequence[Any], labels: Labels) -> list[tuple[str, str]]:
    present = {count.category for count in counts if count.population == population}
    return [(category, row_label(spec, population, category, labels)) for category in ordered(spec, labels, present)]


def _bars_in_words(points: Sequence[Point], labels: Labels) -> str:
    shown = [point for point in points if point.value is not None]
    if not shown:
        return labels.text("chart.bars_hidden", period=points[0].series)
    highest = max(shown, key=lambda point: point.value or 0)
    return labels.text("chart.bars", period=highest.series, category=highest.x, value=_in_words(highest, labels))


# --- Ranges


def _range(content: Content, spec: Spec, labels: Labels) -> Chart:
    """Return the latest count of each pair with its share of the estimate: points n, share, lowest and highest."""
    latest = content.tables["coverage"].drop_duplicates("pair", keep="last")
    rows = [one for one in records(latest) if labels.estimate(one.pair)]
    rows.sort(key=lambda one: (-one.total, one.total_from, -one.is_comparable))
    points = tuple(point for one in rows for point in _share_of(one, labels))
    return Chart(spec.table, RANGE, spec.titles[labels.language], labels.text("chart.range"), points)


def _share_of(one: Any, labels: Labels) -> Iterable[Point]:
    series = f"{labels.of('source', one.source)}, {one.reference_year}: {labels.counted(one)}"
    for x, value in (("n", one.n), ("share", one.share), ("lowest", one.share_low), ("highest", one.share_high)):
        yield Point(one.source, "year", series, x, value, x != "n", _estimate(one, labels), not one.is_comparable)


def _estimate(one: Any, labels: Labels) -> str:
    """Return the name of the estimate, with its years, its value and its range."""
    has_range = one.total_low is not None and one.total_high is not None
    spread = f" ({labels.count(one.total_low or 0)}–{labels.count(one.total_high or 0)})" if has_range else ""
    return f"{labels.estimate(one.pair)}, {one.total_from}–{one.total_to}: {labels.count(one.total)}{spread}"
