"""Add native charts to a workbook. A chart reads the cells of the table on its sheet.

A figure that is not shown is a gap in the chart. Spreadsheets would draw its symbol as 0, so the series refers to an
empty cell instead.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_range_abs

from flows.release.render.labels import Labels
from flows.release.render.tables import COUNT, SHARE, YEAR, Table, Value

# Colour-blind readers can distinguish these colours, and they differ in grey (UK Analysis Function). Lines also differ
# in marker and dash.
COLOURS = ("#12436D", "#28A197", "#F46A25", "#801650", "#3D3D3D", "#A285D1")
MARKERS = ("circle", "square", "triangle", "diamond", "x", "plus")
DASHES = ("solid", "dash", "round_dot", "dash_dot", "long_dash", "long_dash_dot")
MOST_YEARS = 3  # columns, each with bars of one colour
OF_A_YEAR = re.compile(r"\d{4}, ")
FONT = {"name": "Arial", "size": 11}
WIDTH, HEIGHT, OF_BAR, OF_KEY = 860, 400, 14, 22  # pixels; each bar and each line of the key adds to the height
TYPES = {"bars": "bar", "lines": "line"}

Cell = tuple[int, int] | None  # (row, column) of the table; None is a gap


@dataclass(frozen=True)
class Series:
    """One line, or the bars of one colour. A margin is a line from the lowest to the highest value; it has no key."""

    name: str
    along: Sequence[Cell]
    cells: Sequence[Cell]
    is_margin: bool = False


def add_chart(workbook: Any, sheet: Any, table: Table, series: Sequence[Series], labels: Labels, mark: str) -> None:
    """Add a chart of the series to the right of the table, with an alternative text.

    Args:
        workbook: the xlsxwriter workbook.
        sheet: the xlsxwriter worksheet with the table.
        series: the series of `drawn`, at least one.
        mark: the mark of a fictitious release, else blank.
    """
    is_long = _is_long(table)
    kind = {"type": "scatter", "subtype": "straight_with_markers"} if is_long else {"type": TYPES[table.spec.chart]}
    chart = workbook.add_chart(kind)
    named = [one.name for one in series if not one.is_margin]
    for one in series:
        chart.add_series(
            {**_data(sheet.get_name(), table, one), **_style(table.spec.chart, one, named.index(one.name))}
        )
    title = f"{table.title} {mark}".strip()
    chart.set_title({"name": title, "name_font": FONT | {"size": 14}})
    margins = [place for place, one in enumerate(series) if one.is_margin]
    # The title names a single line. Only the key names the period of bars in a single colour.
    has_key = len(named) > 1 or table.spec.chart == "bars"
    chart.set_legend({"position": "bottom", "font": FONT, "delete_series": margins} if has_key else {"none": True})
    _set_axes(chart, table, series, is_long)
    bars = len(series) * len(series[0].cells) if table.spec.chart == "bars" else 0
    chart.set_size({"width": WIDTH, "height": HEIGHT + OF_BAR * bars + OF_KEY * len(named)})
    words = labels.of("chart", "alt").format(
        kind=labels.of("chart", table.spec.chart), title=title, series="; ".join(named)
    )
    sheet.insert_chart(0, len(table.columns) + 1, chart, {"description": words})


# --- What is drawn


def drawn(table: Table, labels: Labels) -> list[Series]:
    """Return the series of the chart of a table; empty if it has no chart, or if none of its figures is shown."""
    if not table.spec.chart:
        return []
    series = list(_by_group(table, labels) if _is_long(table) else _by_column(table, labels))
    return series if any(cell for one in series for cell in one.cells) else []


def _is_long(table: Table) -> bool:
    """Return whether the table has a column of years, so that years are rows."""
    return any(column.kind == YEAR for column in table.columns)


def _value(table: Table, cell: tuple[int, int]) -> Value:
    return table.columns[cell[1]].values[cell[0]]


def _shown(table: Table, row: int, column: int) -> Cell:
    """Return the cell, or None if it contains text, such as a symbol."""
    return None if isinstance(_value(table, (row, column)), str) else (row, column)


def _by_column(table: Table, labels: Labels) -> Iterator[Series]:
    """Yield a series for each column of shares, or of counts if no share is shown.

    Bars use the columns of whole years if there are any, and only the last few.
    """
    base = labels.of("word", "base")
    rows = [row for row, label in enumerate(table.columns[0].values) if not str(label).startswith(f"{base}: ")]
    shares = [place for place, column in enumerate(table.columns) if column.kind == SHARE]
    counts = [place for place, column in enumerate(table.columns) if column.kind == COUNT]
    columns = shares if any(_shown(table, row, place) for place in shares for row in rows) else counts
    if table.spec.chart == "bars":
        columns = [place for place in columns if OF_A_YEAR.match(table.columns[place].header)] or columns
        columns = columns[-MOST_YEARS:]
    for place in columns:
        yield Series(
            table.columns[place].header, [(row, 0) for row in rows], [_shown(table, row, place) for row in rows]
        )


def _by_group(table: Table, labels: Labels) -> Iterator[Series]:
    """Yield a series over the years for each publisher and group.

    For coverage, yield comparable rows only, with their margins.
    """
    kinds = [column.kind for column in table.columns]
    headers = [column.header for column in table.columns]
    year = kinds.index(YEAR)
    column = kinds.index(SHARE) if SHARE in kinds else kinds.index(COUNT)
    comparable, no = labels.of("word", "comparable"), labels.of("word", "no")
    by_group: dict[str, list[int]] = {}
    for row, values in enumerate(table.rows):
        if _shown(table, row, column) and dict(zip(headers, values, strict=True)).get(comparable) != no:
            by_group.setdefault(", ".join(str(value) for value in values[:year]), []).append(row)
    for name, rows in by_group.items():
        rows.sort(key=lambda row: _value(table, (row, year)))
        cells = list(_broken(table, rows, year, column))
        yield Series(name, [(row, year) for row, _ in cells], [cell for _, cell in cells])
        if table.spec.chart == "range":
            ends = [(row, _shown(table, row, column + step) if step else None) for row in rows for step in (1, 2, 0)]
            yield Series(name, [(row, year) for row, _ in ends], [cell for _, cell in ends], is_margin=True)


def _broken(table: Table, rows: Sequence[int], year: int, column: int) -> Iterator[tuple[int, Cell]]:
    """Yield the rows with their cells. Missing years between two rows give a gap."""
    for before, row in zip([rows[0], *rows], rows, strict=False):
        if int(_value(table, (row, year))) - int(_value(table, (before, year))) > 1:
            yield row, None
        yield row, (row, column)


# --- How it is drawn


def _data(sheet: str, table: Table, series: Series) -> dict[str, Any]:
    """Return references to the cells of a series, and their values for programs that do not look them up."""
    empty = (-1, len(table.columns))  # right of the header
    return {
        "name": series.name,
        "categories": _reference(sheet, [cell or empty for cell in series.along]),
        "categories_data": [cell and _value(table, cell) for cell in series.along],
        "values": _reference(sheet, [cell or empty for cell in series.cells]),
        "values_data": [cell and _value(table, cell) for cell in series.cells],
    }


def _reference(sheet: str, cells: Sequence[tuple[int, int]]) -> str:
    """Return one reference to the cells in their order. Cells below each other become a range."""
    runs: list[list[tuple[int, int]]] = []
    for row, column in cells:
        if runs and runs[-1][-1] == (row - 1, column):
            runs[-1].append((row, column))
        else:
            runs.append([(row, column)])
    # The header is row 0 of the sheet, so row 0 of the table is row 1.
    areas = [f"'{sheet}'!{xl_range_abs(run[0][0] + 1, run[0][1], run[-1][0] + 1, run[-1][1])}" for run in runs]
    return f"=({','.join(areas)})" if len(areas) > 1 else f"={areas[0]}"


def _style(chart: str, series: Series, place: int) -> dict[str, Any]:
    colour = COLOURS[place % len(COLOURS)]
    if chart == "bars":
        return {"fill": {"color": colour}, "gap": 60}
    if series.is_margin:
        return {"line": {"color": colour, "width": 1.5}, "marker": {"type": "long_dash", "size": 7}}
    line = {"color": colour, "width": 2.25, "dash_type": DASHES[place % len(DASHES)]}
    shape = {"type": MARKERS[place % len(MARKERS)], "size": 8, "fill": {"color": colour}, "border": {"color": colour}}
    # No line connects estimates of different years.
    return {"line": {"none": True} if chart == "range" else line, "marker": shape}


def _set_axes(chart: Any, table: Table, series: Sequence[Series], is_long: bool) -> None:
    drawn = [cell for one in series for cell in one.cells if cell]
    is_share = table.columns[drawn[0][1]].kind == SHARE
    values: dict[str, Any] = {
        **{"num_format": "0%" if is_share else "#,##0", "num_font": FONT, "min": 0},
        "major_gridlines": {"visible": True, "line": {"color": "#D0D0D0"}},
    }
    if is_share and 0.8 < max(float(_value(table, cell)) for cell in drawn) <= 1:
        values["max"] = 1
    if table.spec.chart == "bars":  # puts the first row at the top and the numbers at the bottom
        chart.set_x_axis(values)
        chart.set_y_axis({"num_font": FONT, "reverse": True, "crossing": "max"})
    else:
        chart.set_x_axis({"num_font": FONT, **({"num_format": "0", "major_unit": 1} if is_long else {})})
        chart.set_y_axis(values)
    chart.show_blanks_as("gap")
