"""Make the data of the charts of a release, from its content only. chart_svg.py draws them for the page."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.release.content import PUBLISHERS, Content, Coverage
from flows.release.disclosure.protect import KNOWN, Figure
from flows.release.render.labels import LANGUAGES, Labels
from flows.release.render.tables import CONFIDENTIAL, count_header, ordered, row_label
from flows.release.specs import CHAT, Spec

LINES, BARS, RANGE = "lines", "bars", "range"
MONTHS_SHOWN, YEARS_SHOWN = 24, 10
# The populations that are everyone a registry counts, and the population of the chat that is nearest to them.
WHOLE = ("all", "detected_victims")
NEAREST = "victims"

Period = tuple[str, date, date]


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
    with path.open(encoding="utf-8") as stream:
        return [
            Break(
                *(row["source"], row["unit"], row["population"], row["variable"]),
                day=date.fromisoformat(row["break_on"]),
                code=row["code"],
                reason=tuple((language, row[f"reason_{language}"]) for language in LANGUAGES),
            )
            for row in csv.DictReader(stream)
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
    figures = [figure for figure in content.figures if spec.has(figure.key)]
    shown = sorted({figure.key.period_start for figure in figures})[-MONTHS_SHOWN:]
    points = tuple(
        Point(CHAT, "month", count_header(spec, category, labels), f"{figure.key.period_start:%Y-%m}", figure.n, False)
        for category in spec.categories
        for figure in figures
        if figure.key.category == category and figure.key.period_start in shown
    )
    description = _lines_in_words(points, lambda x: labels.month(date.fromisoformat(f"{x}-01")), labels)
    return Chart(spec.table, LINES, spec.titles[labels.language], description, points)


def _registries(content: Content, spec: Spec, labels: Labels, breaks: Sequence[Break]) -> Chart:
    found = [
        Point(
            one.publisher, "year", _series(one.publisher, one.unit, labels), str(one.reference_year), one.value, False
        )
        for publisher in PUBLISHERS
        for one in content.registries
        if (one.publisher, one.unit, one.variable) == (publisher, "victim", spec.variable) and one.population in WHOLE
    ]
    nearest = labels.of("population", NEAREST)
    words = f"{labels.of('source', CHAT)}, {nearest[0].lower()}{nearest[1:]}"
    found += [
        Point(CHAT, "year", words, str(figure.key.period_start.year), figure.n, False)
        for figure in content.figures
        if (figure.key.period_type, figure.key.population, figure.key.category) == ("year", NEAREST, KNOWN)
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


def latest_period(figures: Iterable[Figure]) -> Period | None:
    """Return the year or year to date that ended last, None if there is none.

    Returns:
        (type of period, first day, last day).

    Example:
        ("year_to_date", date(2020, 1, 1), date(2020, 9, 30))
    """
    periods = {figure.key[3:6] for figure in figures if figure.key.period_type in ("year", "year_to_date")}
    return max(periods, key=lambda period: (period[2], period[0] == "year"), default=None)


def _bars(content: Content, spec: Spec, labels: Labels) -> Chart:
    """Return bars for the latest period and the same period of the year before.

    The bars are shares if both periods have any, else counts.
    """
    figures = [figure for figure in content.figures if spec.has(figure.key)]
    latest = latest_period(figures)
    if latest is None:
        return Chart(spec.table, BARS, "", "", ())
    period_type, start, end = latest
    before = (period_type, start.replace(year=start.year - 1), end.replace(year=end.year - 1))
    by_period = {period: [figure for figure in figures if figure.key[3:6] == period] for period in (latest, before)}
    is_share = all(any(one.share is not None for one in of_period) for of_period in by_period.values() if of_period)
    points = tuple(
        Point(CHAT, period[0], labels.period(*period), words, figure.share if is_share else figure.n, is_share)
        for population in spec.populations
        for category, words in _rows(spec, population, figures, labels)
        for period, of_period in by_period.items()
        for figure in of_period
        if (figure.key.population, figure.key.category) == (population, category)
    )
    description = _bars_in_words([point for point in points if point.series == labels.period(*latest)], labels)
    return Chart(spec.table, BARS, spec.titles[labels.language], description, points)


def _rows(spec: Spec, population: str, figures: Sequence[Figure], labels: Labels) -> list[tuple[str, str]]:
    present = {figure.key.category for figure in figures if figure.key.population == population}
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
    last = {one.pair: one.reference_year for one in content.coverage}
    rows = [one for one in content.coverage if last[one.pair] == one.reference_year and labels.estimate(one.pair)]
    rows.sort(key=lambda one: (-one.total, one.total_from, -one.is_comparable))
    points = tuple(point for one in rows for point in _share_of(one, labels))
    return Chart(spec.table, RANGE, spec.titles[labels.language], labels.text("chart.range"), points)


def _share_of(one: Coverage, labels: Labels) -> Iterable[Point]:
    who = labels.counted(one.source, one.unit, one.population, one.variable, one.category)
    series = f"{labels.of('source', one.source)}, {one.reference_year}: {who}"
    for x, value in (("n", one.n), ("share", one.share), ("lowest", one.share_low), ("highest", one.share_high)):
        yield Point(one.source, "year", series, x, value, x != "n", _estimate(one, labels), not one.is_comparable)


def _estimate(one: Coverage, labels: Labels) -> str:
    """Return the name of the estimate, with its years, its value and its range."""
    has_range = one.total_low is not None and one.total_high is not None
    spread = f" ({labels.count(one.total_low or 0)}–{labels.count(one.total_high or 0)})" if has_range else ""
    return f"{labels.estimate(one.pair)}, {one.total_from}–{one.total_to}: {labels.count(one.total)}{spread}"
