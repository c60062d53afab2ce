"""Draw the charts of a release as SVG: lines, bars and ranges, each with its labels next to it."""

import textwrap
from collections.abc import Sequence
from datetime import date
from itertools import groupby, pairwise

from babel.dates import format_date

from flows.release.render.charts import LINES, RANGE, Break, Chart, Point
from flows.release.render.labels import Labels
from flows.release.render.svg import SIZE, SMALL, WIDTH, Canvas
from flows.release.render.tables import CONFIDENTIAL

LINE = 18  # pixels from one line of text to the next
WRAPPED_AT = 54  # characters


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


# --- Lines


def _months(canvas: Canvas, chart: Chart, labels: Labels) -> None:
    """Draw one panel for each series, on one axis of months. A suppressed month is a shaded box with a symbol."""
    months = sorted({point.x for point in chart.points})
    top = max((point.value or 0 for point in chart.points), default=0)
    step, left, height = _step(top), 30.0, 92.0
    ceiling = max(step, -(-top // step) * step)
    slot = (WIDTH - left) / max(12, len(months))
    place = {month: left + (index + 0.5) * slot for index, month in enumerate(months)}
    series = list(dict.fromkeys(point.series for point in chart.points))
    for name in series:
        if len(series) > 1:
            canvas.text(0, canvas.height + 14, name, is_bold=True)
            canvas.height += 22
        base = canvas.height + 20 + height
        for tick in range(0, int(ceiling) + 1, int(step)):
            y = base - tick / ceiling * height
            canvas.rule((left, y), (WIDTH, y), "rule")
            canvas.text(left - 6, y + 4, labels.count(tick), "soft", SMALL, "right")
        line = [point for point in chart.points if point.series == name]
        _month_line(canvas, line, place, slot, (base, height / ceiling), labels)
        canvas.height = base + 8
    _month_axis(canvas, months, place, slot, labels)


def _month_line(
    canvas: Canvas,
    line: Sequence[Point],
    place: dict[str, float],
    slot: float,
    scale: tuple[float, float],
    labels: Labels,
) -> None:
    base, unit = scale
    ceiling = base - 92
    for is_hidden, group in groupby(line, key=lambda point: point.value is None):
        run = list(group)
        if is_hidden:
            start, end = place[run[0].x] - slot / 2, place[run[-1].x] + slot / 2
            canvas.box(start, ceiling, end - start, base - ceiling, "veil")
            canvas.text((start + end) / 2, base - 5, CONFIDENTIAL, "soft", 11, "center")
        else:
            places = [(place[point.x], base - (point.value or 0) * unit) for point in run]
            canvas.line(places)
            canvas.dots(places, 14)
    last = line[-1]
    if last.value is not None:
        x, y = place[last.x], base - last.value * unit
        canvas.dots([(x, y)], 40)
        canvas.text(x + 6, y - 8, labels.count(last.value), is_bold=True, align="right")


def _month_axis(canvas: Canvas, months: Sequence[str], place: dict[str, float], slot: float, labels: Labels) -> None:
    """Label the first month of each quarter, or every month of a short series. Put the year below January."""
    y = canvas.height + 12
    for month in months:
        day = date.fromisoformat(f"{month}-01")
        if day.month % 3 == 1 or len(months) < 6:
            name = format_date(day, "LLL", locale=labels.language).rstrip(".")
            canvas.text(place[month], y, name, "soft", SMALL, "center")
        if day.month == 1 or month == months[0]:
            canvas.text(place[month], y + 16, str(day.year), "ink", SMALL, "center")
    canvas.height = y + 22


def _step(top: float) -> int:
    """Return a round distance that gives at most four grid lines."""
    return next(step for step in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**6) if top <= 3 * step)


def _years(canvas: Canvas, chart: Chart, labels: Labels) -> None:
    """Draw one panel for each series, all on one scale. Each year has its figure. Breaks are dashed rules."""
    first, last = (int(end(point.x for point in chart.points)) for end in (min, max))
    slot, height = WIDTH / max(6, last - first + 1), 52.0
    unit = height / (max(point.value or 0 for point in chart.points) or 1)
    named = {(one.day, one.code): one for one in chart.breaks}
    for one in named.values():
        words = labels.of("break", one.code).format(day=labels.day(one.day))
        x = min(max(_at(one, first, slot), 4 * len(words)), WIDTH - 4 * len(words))
        canvas.text(x, canvas.height + 12, words, "soft", SMALL, "center")
    canvas.height += LINE if named else 0
    for name, group in groupby(chart.points, key=lambda point: point.series):
        line = list(group)
        canvas.text(0, canvas.height + 14, name, is_bold=True)
        base = canvas.height + 44 + height
        canvas.rule((0, base), (WIDTH, base), "rule")
        for one in (one for one in chart.breaks if one.source == line[0].source):
            x = _at(one, first, slot)
            canvas.rule((x, canvas.height), (x, base), "soft", strokeDash=[3, 3])
        _year_line(canvas, line, (first, slot, base, unit), chart.breaks, labels)
        canvas.height = base + 6
    for year in range(first, last + 1):
        canvas.text((year - first + 0.5) * slot, canvas.height + 10, str(year), "soft", SMALL, "center")
    canvas.height += 16


def _year_line(
    canvas: Canvas,
    line: Sequence[Point],
    scale: tuple[int, float, float, float],
    breaks: Sequence[Break],
    labels: Labels,
) -> None:
    first, slot, base, unit = scale
    places = {
        int(point.x): ((int(point.x) - first + 0.5) * slot, base - point.value * unit)
        for point in line
        if point.value is not None
    }
    for year, following in pairwise(sorted(places)):
        # A break inside a year separates it from the years before and after (docs/method.md, Comparisons).
        is_broken = any(
            one.source == line[0].source and date(year, 1, 1) < one.day <= date(following, 12, 31) for one in breaks
        )
        if following == year + 1 and not is_broken:
            canvas.line([places[year], places[following]])
    canvas.dots(places.values(), 30)
    for point in line:
        x = (int(point.x) - first + 0.5) * slot
        broken_at = [at for one in breaks if one.source == point.source and abs((at := _at(one, first, slot)) - x) < 18]
        align = "left" if broken_at else "center"
        x = broken_at[0] + 4 if broken_at else x
        if point.value is None:
            canvas.text(x, base - 5, CONFIDENTIAL, "soft", SMALL, align)
        else:
            canvas.text(x, places[int(point.x)][1] - 8, labels.count(point.value), "ink", SMALL, align)


def _at(one: Break, first: int, slot: float) -> float:
    """Return the horizontal position of a break on the axis of years."""
    return (one.day.year - first + one.day.timetuple().tm_yday / 365) * slot


# --- Bars and ranges: the label is above the mark, the value after it


def _bars(canvas: Canvas, chart: Chart, labels: Labels) -> None:
    """Draw bars for the latest period, and thinner bars in grey for the period before."""
    periods = list(dict.fromkeys(point.series for point in chart.points))
    is_share = chart.points[0].is_share
    top = 1.0 if is_share else max((point.value or 0 for point in chart.points), default=1) or 1
    length = WIDTH - 62
    x = 0.0
    for place, period in enumerate(periods):
        colour = "before" if place else "mark"
        canvas.box(x, canvas.height + 3, 11, 11, colour)
        canvas.text(x + 17, canvas.height + 13, period, "soft" if place else "ink", SIZE, is_bold=not place)
        x += 45 + 8 * len(period)
    canvas.height += 24
    for category, group in groupby(chart.points, key=lambda point: point.x):
        _label(canvas, category)
        row = list(group)
        is_hidden = all(point.value is None for point in row)
        for point in row[:1] if is_hidden else row:
            is_latest = point.series == periods[0]
            thickness = 13.0 if is_latest else 7.0
            y = canvas.height + 5
            baseline = y + thickness / 2 + 5
            if point.value is None:
                canvas.text(0, baseline, CONFIDENTIAL, "soft", SMALL)
            else:
                end = point.value / top * length
                canvas.box(0, y, end, thickness, "mark" if is_latest else "before")
                words = labels.share(point.value) if is_share else labels.count(point.value)
                canvas.text(
                    end + 7,
                    baseline,
                    words,
                    "ink" if is_latest else "soft",
                    SIZE if is_latest else SMALL,
                    is_bold=is_latest,
                )
            canvas.height = y + thickness + (0 if is_latest and len(periods) > 1 else 3)
        canvas.height += 10


def _label(canvas: Canvas, words: str, is_bold: bool = False) -> None:
    for line in textwrap.wrap(words, WRAPPED_AT):
        canvas.text(0, canvas.height + 13, line, is_bold=is_bold)
        canvas.height += LINE


def _ranges(canvas: Canvas, chart: Chart, labels: Labels) -> None:
    """Draw a heading for each estimate, and below it a row for each count."""
    ends = [point.value for point in chart.points if point.is_share and point.value is not None]
    length = WIDTH - 150
    unit = length / max([*ends, 0.1])
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
        canvas.text(6, y + 5, CONFIDENTIAL, "soft", SMALL)
        return
    words, end = labels.share(share), share
    if low is not None and high is not None:
        canvas.rule((low * unit, y), (high * unit, y), "mark", 3, opacity=0.45)
        words, end = f"{words} ({labels.share(low).rstrip('%')}–{labels.share(high)})", high
    canvas.dots([(share * unit, y)], 60, row["share"].is_open)
    canvas.text(end * unit + 12, y + 5, words)
