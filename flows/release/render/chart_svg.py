"""Draw the charts of a release as SVG: lines, bars and ranges, each with its labels next to it."""

import textwrap
from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby, pairwise

from babel.dates import format_date

from flows.release.render.charts import LINES, RANGE, Break, Chart, Point
from flows.release.render.labels import Labels
from flows.release.render.svg import SIZE, SMALL, WIDTH, Canvas, Place
from flows.release.render.tables import CONFIDENTIAL

LINE = 18  # pixels from one line of text to the next
WRAPPED_AT = 54  # characters
LEFT = 30.0  # width of the labels left of a panel of months, in pixels
MONTHS_HIGH, YEARS_HIGH = 92.0, 52.0  # heights of a panel in pixels

Position = Callable[[float], float]


def draw(chart: Chart, labels: Labels) -> str:
    """Return a chart as an SVG element with a title and a description, for an HTML page."""
    canvas = Canvas()
    if chart.kind == LINES and chart.points[0].period_type == "month":
        _months(canvas, chart, labels)
    elif chart.kind == LINES:
        _years(canvas, chart, labels)
    elif chart.kind == RANGE:
        _ranges(canvas, chart, labels)
    else:
        _bars(canvas, chart, labels)
    return canvas.embedded(f"{labels.language}-{chart.table}-chart", chart.title, chart.description)


def _label(canvas: Canvas, words: str, is_bold: bool = False) -> None:
    for line in textwrap.wrap(words, WRAPPED_AT):
        canvas.text((0, canvas.height + 13), line, is_bold=is_bold)
        canvas.height += LINE


# --- Lines


def _months(canvas: Canvas, chart: Chart, labels: Labels) -> None:
    """Draw one panel for each series, on one axis of months."""
    months = sorted({point.x for point in chart.points})
    top = max(point.value or 0 for point in chart.points)
    slot = (WIDTH - LEFT) / max(12, len(months))
    place = {month: LEFT + (index + 0.5) * slot for index, month in enumerate(months)}
    series = list(dict.fromkeys(point.series for point in chart.points))
    for name in series:
        if len(series) > 1:
            canvas.text((0, canvas.height + 14), name, is_bold=True)
            canvas.height += 22
        line = [(place[point.x], point.value) for point in chart.points if point.series == name]
        _month_panel(canvas, line, slot, top, labels)
    y = canvas.height + 12
    for month, x in place.items():
        day = date.fromisoformat(f"{month}-01")
        if day.month % 3 == 1 or len(months) < 6:
            name = format_date(day, "LLL", locale=labels.language).rstrip(".")
            canvas.text((x, y), name, "soft", SMALL, "middle")
        if day.month == 1 or month == months[0]:
            canvas.text((x, y + 16), str(day.year), "ink", SMALL, "middle")
    canvas.height = y + 22


def _month_panel(
    canvas: Canvas, line: Sequence[tuple[float, float | None]], slot: float, top: float, labels: Labels
) -> None:
    """Draw a line of (position, value) on a grid. Suppressed months are a shaded box with a symbol."""
    # A round distance that gives at most four grid lines.
    step = next(step for step in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**6) if top <= 3 * step)
    ceiling = int(max(step, -(-top // step) * step))
    base = canvas.height + 20 + MONTHS_HIGH
    unit = MONTHS_HIGH / ceiling
    for tick in range(0, ceiling + 1, step):
        y = base - tick * unit
        canvas.rule((LEFT, y), (WIDTH, y), "rule")
        canvas.text((LEFT - 6, y + 4), labels.count(tick), "soft", SMALL, "end")
    for is_hidden, group in groupby(line, key=lambda point: point[1] is None):
        run = [(x, base - (value or 0) * unit) for x, value in group]
        if is_hidden:
            start, end = run[0][0] - slot / 2, run[-1][0] + slot / 2
            canvas.box((start, base - MONTHS_HIGH), end - start, MONTHS_HIGH, "veil")
            canvas.text(((start + end) / 2, base - 5), CONFIDENTIAL, "soft", 11, "middle")
        else:
            canvas.line(run)
            canvas.dots(run, 1.9)
    x, last = line[-1]
    if last is not None:
        y = base - last * unit
        canvas.dots([(x, y)], 3.2)
        canvas.text((x + 6, y - 8), labels.count(last), is_bold=True, anchor="end")
    canvas.height = base + 8


def _years(canvas: Canvas, chart: Chart, labels: Labels) -> None:
    """Draw one panel for each series, all on one scale. Each year has its figure. Breaks are dashed rules."""
    years = [int(point.x) for point in chart.points]
    first, last = min(years), max(years)
    slot = WIDTH / max(6, last - first + 1)
    unit = YEARS_HIGH / (max(point.value or 0 for point in chart.points) or 1)

    def at(year: float) -> float:
        return (year - first) * slot

    for day, code in dict.fromkeys((one.day, one.code) for one in chart.breaks):
        words = labels.of("break", code).format(day=labels.day(day))
        x = min(max(at(_fraction(day)), 4 * len(words)), WIDTH - 4 * len(words))
        canvas.text((x, canvas.height + 12), words, "soft", SMALL, "middle")
    canvas.height += LINE if chart.breaks else 0
    for name, group in groupby(chart.points, key=lambda point: point.series):
        line = list(group)
        canvas.text((0, canvas.height + 14), name, is_bold=True)
        base = canvas.height + 44 + YEARS_HIGH
        canvas.rule((0, base), (WIDTH, base), "rule")
        breaks = [one for one in chart.breaks if one.source == line[0].source]
        for one in breaks:
            x = at(_fraction(one.day))
            canvas.rule((x, canvas.height), (x, base), "soft", stroke_dasharray="3,3")
        _year_line(canvas, line, breaks, at, (base, unit), labels)
        canvas.height = base + 6
    for year in range(first, last + 1):
        canvas.text((at(year + 0.5), canvas.height + 10), str(year), "soft", SMALL, "middle")
    canvas.height += 16


def _year_line(
    canvas: Canvas, line: Sequence[Point], breaks: Sequence[Break], at: Position, scale: Place, labels: Labels
) -> None:
    """Connect the years between which no break lies. `scale` is the vertical position of 0 and the pixels of 1."""
    base, unit = scale
    values = {int(point.x): point.value for point in line}
    places = {year: (at(year + 0.5), base - n * unit) for year, n in values.items() if n is not None}
    for year, following in pairwise(sorted(places)):
        # A break inside a year separates it from the years before and after (docs/method.md, Comparisons).
        is_broken = any(date(year, 1, 1) < one.day <= date(following, 12, 31) for one in breaks)
        if following == year + 1 and not is_broken:
            canvas.line([places[year], places[following]])
    canvas.dots(places.values(), 2.7)
    for year, n in values.items():
        x = at(year + 0.5)
        beside = [rule for one in breaks if abs((rule := at(_fraction(one.day))) - x) < 18]
        x, anchor = (beside[0] + 4, "start") if beside else (x, "middle")
        if n is None:
            canvas.text((x, base - 5), CONFIDENTIAL, "soft", SMALL, anchor)
        else:
            canvas.text((x, places[year][1] - 8), labels.count(n), "ink", SMALL, anchor)


def _fraction(day: date) -> float:
    """Return a day as a year with a fraction."""
    return day.year + day.timetuple().tm_yday / 365


# --- Bars and ranges: the label is above the mark, the value after it


def _bars(canvas: Canvas, chart: Chart, labels: Labels) -> None:
    """Draw bars for the latest period, and thinner bars in grey for the period before."""
    periods = list(dict.fromkeys(point.series for point in chart.points))
    top = 1.0 if chart.points[0].is_share else max(point.value or 0 for point in chart.points) or 1
    x = 0.0
    for period in periods:
        is_latest = period == periods[0]
        canvas.box((x, canvas.height + 3), 11, 11, "mark" if is_latest else "before")
        canvas.text((x + 17, canvas.height + 13), period, "ink" if is_latest else "soft", is_bold=is_latest)
        x += 45 + 8 * len(period)
    canvas.height += 24
    for category, group in groupby(chart.points, key=lambda point: point.x):
        _label(canvas, category)
        row = list(group)
        is_hidden = all(point.value is None for point in row)
        for point in row[:1] if is_hidden else row:
            _bar(canvas, point, point.series == periods[0], (WIDTH - 62) / top, labels)
        canvas.height += 13


def _bar(canvas: Canvas, point: Point, is_latest: bool, unit: float, labels: Labels) -> None:
    colour, ink, size, thickness = ("mark", "ink", SIZE, 13.0) if is_latest else ("before", "soft", SMALL, 7.0)
    y = canvas.height + 5
    baseline = y + thickness / 2 + 5
    canvas.height = y + thickness
    if point.value is None:
        canvas.text((0, baseline), CONFIDENTIAL, "soft", SMALL)
        return
    end = point.value * unit
    canvas.box((0, y), end, thickness, colour)
    words = labels.share(point.value) if point.is_share else labels.count(point.value)
    canvas.text((end + 7, baseline), words, ink, size, is_bold=is_latest)


def _ranges(canvas: Canvas, chart: Chart, labels: Labels) -> None:
    """Draw a heading for each estimate, and below it a row for each count."""
    ends = [point.value for point in chart.points if point.is_share and point.value is not None]
    unit = (WIDTH - 150) / max([*ends, 0.1])
    for estimate, group in groupby(chart.points, key=lambda point: point.group):
        _label(canvas, estimate, is_bold=True)
        canvas.rule((0, canvas.height + 2), (WIDTH, canvas.height + 2), "rule")
        canvas.height += 8
        for series, points in groupby(group, key=lambda point: point.series):
            row = {point.x: point for point in points}
            n = row["n"].value
            _label(canvas, f"{series} ({CONFIDENTIAL if n is None else labels.count(n)})")
            _range_row(canvas, row, unit, labels)
            canvas.height += 28
        canvas.height += 8


def _range_row(canvas: Canvas, row: dict[str, Point], unit: float, labels: Labels) -> None:
    y = canvas.height + 9
    share, low, high = (row[x].value for x in ("share", "lowest", "highest"))
    canvas.rule((0, y - 7), (0, y + 7), "rule")
    if share is None:
        canvas.text((6, y + 5), CONFIDENTIAL, "soft", SMALL)
        return
    words, end = labels.share(share), share
    if low is not None and high is not None:
        canvas.rule((low * unit, y), (high * unit, y), "mark", 3, opacity=0.45)
        words, end = f"{words} ({labels.share(low).rstrip('%')}–{labels.share(high)})", high
    canvas.dots([(share * unit, y)], 3.9, row["share"].is_open)
    canvas.text((end * unit + 12, y + 5), words)
