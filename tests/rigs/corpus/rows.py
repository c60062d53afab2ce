"""Mutations of rows: their order, repeats, totals, blocks, hidden rows, and text between and below them."""

from functools import partial
from random import Random

from rigs.corpus.book import Area, Book, Cell, Formula
from rigs.corpus.mutation import add, mutation

GROUP = "rows"


def _in_order(area: Area, rows: list[int]) -> None:
    """Put the rows of the table into another order."""
    first, last = area.columns()[0], area.columns()[-1]
    to = dict(zip(rows, area.rows(), strict=True))
    area.sheet.move(lambda row, column: (to.get(row, row) if first <= column <= last else row, column))


@mutation(GROUP)
def totals_on_top(book: Book, area: Area, random: Random) -> bool | None:
    rows = area.rows_alike()
    if len(rows) < 2:
        return False
    _in_order(area, [rows[-1], *rows[:-1]])
    return None


@mutation(GROUP)
def rows_in_another_order(book: Book, area: Area, random: Random) -> bool | None:
    rows = area.rows_alike()
    if len(rows) < 2:
        return False
    _in_order(area, random.sample(rows, len(rows)))
    return None


def _repeated(book: Book, area: Area, random: Random, *, by: int, at_end: bool) -> bool | None:
    """Repeat a row. Equal figures must be named in findings; a different figure must stop the file."""
    rows = area.rows_alike()
    if not rows:
        return False
    row = random.choice(rows)
    below = rows[-1] + 1 if at_end else row + 1
    area.sheet.insert_rows(below)
    changeable = [cell for _, cell in area.row(row) if cell in area.counts() and isinstance(cell.value, int)]
    if by and not changeable:
        return False
    different = random.choice(changeable) if by else None
    for (_, column), cell in area.row(row):
        twin = area.sheet.put((below, column), cell.value, format=cell.format, table=cell.table)
        if cell is different:
            twin.value += by
            book.stops.append(twin)
        elif cell.figure or cell.reported:
            twin.report()
    return None


for at_end in (False, True):
    where = "at the end" if at_end else "below"
    add(GROUP, f"row again {where}", partial(_repeated, by=0, at_end=at_end), pairs=False)
    add(GROUP, f"row again {where} with another figure", partial(_repeated, by=3, at_end=at_end), pairs=False)


@mutation(GROUP)
def row_gone(book: Book, area: Area, random: Random) -> bool | None:
    """Remove a row: a category that was merged into another one is no longer printed."""
    rows = [row for row in area.rows_alike() if not any(cell.changed for _, cell in area.row(row))]
    if len(rows) < 3:
        return False
    gone = random.choice(rows)
    area.sheet.cells = {place: cell for place, cell in area.sheet.cells.items() if place[0] != gone}
    return None


# --- Blocks


def _blocks(area: Area) -> list[Cell]:
    return [cell for cell in area.of("label") if cell.feeds.endswith("_block")]


def _block_rows(area: Area, cell: Cell) -> list[int]:
    """Return the rows from a block label to the next one."""
    starts = sorted(area.at(one)[0] for one in _blocks(area))
    row = area.at(cell)[0]
    end = next((start for start in starts if start > row), area.rows()[-1] + 1)
    return [one for one in area.rows() if row <= one < end]


@mutation(GROUP, pairs=False)
def block_labels_written_out(book: Book, area: Area, random: Random) -> bool | None:
    for cell in _blocks(area):
        for row in _block_rows(area, cell)[1:]:
            area.sheet.put((row, area.at(cell)[1]), cell.value)
    return bool(_blocks(area))


@mutation(GROUP)
def block_labels_merged(book: Book, area: Area, random: Random) -> bool | None:
    for cell in _blocks(area):
        rows, column = _block_rows(area, cell), area.at(cell)[1]
        area.sheet.merged.append(((rows[0], column), (rows[-1], column)))
    return bool(_blocks(area))


def _headings(book: Book, area: Area, random: Random, *, unreadable: bool = False) -> bool | None:
    """Put block labels on rows of their own. Rows under an unreadable heading have no label of that kind."""
    blocks = _blocks(area)
    if len(blocks) <= unreadable:
        return False
    odd = blocks[1] if unreadable else None
    for cell in blocks:
        row, column = area.at(cell)
        lines = _block_rows(area, cell)
        if cell is odd:
            for line in lines:
                area.without_figures(line)
                area.sheet.cells.setdefault((line, column), Cell()).report()
            cell.set(f"{cell.value}, zie noot")
            cell.reported = False
        area.sheet.insert_rows(row)
        area.sheet.cells[row, column] = area.sheet.cells.pop((row + 1, column))
        if cell is odd:
            area.sheet.put((row + 1, column), None).report()
    return None


add(GROUP, "block labels as headings", _headings, pairs=False)
add(GROUP, "block heading that cannot be read", partial(_headings, unreadable=True), pairs=False)


@mutation(GROUP, pairs=False)
def first_row_of_a_block_hidden(book: Book, area: Area, random: Random) -> bool | None:
    """Hide the row with a block label. Findings must name the other rows of the block, and no other label may claim
    them.
    """
    blocks = _blocks(area)
    if not blocks:
        return False
    cell = random.choice(blocks)
    rows, column = _block_rows(area, cell), area.at(cell)[1]
    area.sheet.hidden_rows.add(rows[0])
    for row in rows[1:]:
        area.without_figures(row)
        area.sheet.cells.setdefault((row, column), Cell()).report()
    return None


@mutation(GROUP, pairs=False)
def block_label_that_is_an_error(book: Book, area: Area, random: Random) -> bool | None:
    """Turn a block label into an error. The block label above it does not hold for its rows."""
    blocks = _blocks(area)
    if not blocks:
        return False
    cell = random.choice(blocks)
    column = area.at(cell)[1]
    for row in _block_rows(area, cell):
        area.without_figures(row)
        area.sheet.cells.setdefault((row, column), Cell()).report()
    cell.set(Formula("=#REF!", "#REF!"))
    return None


@mutation(GROUP, pairs=False)
def total_of_every_block(book: Book, area: Area, random: Random) -> bool | None:
    blocks = _blocks(area)
    if not any(cell.figure["variable"] in book.with_totals for cell in area.of("value") if cell.figure and blocks):
        return False
    for cell in blocks:
        last = _block_rows(area, cell)[-1]
        area.sheet.insert_rows(last + 1)
        for (_, column), one in area.row(last):
            if one.feeds == "category":
                area.sheet.put((last + 1, column), "Totaal")
            elif one.figure:
                number = {"value_low": 99.0, "value_high": 99.0, "value": 99.0}
                area.sheet.put((last + 1, column), 99, figure={**one.figure, "category": "total", **number})
    return None


@mutation(GROUP, pairs=False)
def early_row_of_a_coming_year(book: Book, area: Area, random: Random) -> bool | None:
    """Add a row of a year after the publication. No figure can be about such a year."""
    years = area.of("label", "reference_year")
    if not years or not area.rows_alike():
        return False
    row = area.at(years[0])[0]
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        twin = area.sheet.put((row, column), 2031 if cell is years[0] else 17)
        book.stops += [twin] if cell.role == "value" else []
    return None


@mutation(GROUP, pairs=False)
def row_shifted_to_the_right(book: Book, area: Area, random: Random) -> bool | None:
    """Move a row to the right. Its last number is then in a column without a description."""
    rows, columns = area.rows_alike(), area.columns()
    if not rows or len(area.of("value")) == len(rows) or (rows[0], columns[-1] + 1) in area.sheet.cells:
        return False
    row = random.choice(rows)
    cells = area.row(row)
    last = area.sheet.cells.get((row, columns[-1]))
    if last is None or not isinstance(last.value, int):
        return False
    for place, _ in cells:
        del area.sheet.cells[place]
    for (_, column), cell in cells:
        area.sheet.cells[row, column + 1] = cell
        cell.figure, cell.reported, cell.changed = None, False, True
    book.stops += [last, area.sheet.put((area.header_rows()[0], columns[-1] + 1), None)]
    return None


@mutation(GROUP)
def row_hidden(book: Book, area: Area, random: Random) -> bool | None:
    rows = [
        row
        for row in area.rows()
        if not any(cell.changed or (cell.feeds.endswith("_block") and cell.value) for _, cell in area.row(row))
    ]
    if not rows:
        return False
    area.sheet.hidden_rows.add(random.choice(rows))
    return None


@mutation(GROUP, pairs=False)
def old_row_hidden(book: Book, area: Area, random: Random) -> bool | None:
    """Add last year's row, hidden, above the row that replaces it."""
    rows = area.rows_alike()
    if not rows:
        return False
    row = random.choice(rows)
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        area.sheet.put((row, column), cell.value + 9 if isinstance(cell.value, int) and cell.figure else cell.value)
    area.sheet.hidden_rows.add(row)
    return None


@mutation(GROUP, pairs=False)
def value_column_hidden(book: Book, area: Area, random: Random) -> bool | None:
    columns = [area.at(cell)[1] for cell in area.of("header", "reference_year") if len(area.header_rows()) == 1]
    if len(columns) < 2:
        return False
    area.sheet.hidden_columns.add(random.choice(columns))
    return None


@mutation(GROUP, pairs=False)
def label_column_hidden(book: Book, area: Area, random: Random) -> None:
    area.sheet.hidden_columns.add(area.columns()[0])
    book.stops_sheets += book.sheets
    book.stops_file = True


# --- Around and between the rows


def _note_below(book: Book, area: Area, random: Random, *, text: str, gap: int) -> None:
    area.sheet.put((area.sheet.last_row + 1 + gap, area.label_column()), text)


NOTES = (
    "Bron: CoMensha, 2021",
    "* Voorlopig cijfer",
    "1 Exclusief minderjarigen",
    "2) Zie tabel 2020",
    "Peildatum 31-12-2020",
)
for gap in (0, 1):
    for text in NOTES:
        add(GROUP, f"note {gap} rows below: {text}", partial(_note_below, text=text, gap=gap))


@mutation(GROUP)
def note_beside_the_table(book: Book, area: Area, random: Random) -> None:
    area.sheet.put((random.choice(area.rows()), area.columns()[-1] + 1), "voorlopig")


@mutation(GROUP)
def note_far_beside_the_table(book: Book, area: Area, random: Random) -> None:
    area.sheet.put((random.choice(area.rows()), area.sheet.last_column + 4), "Let op: trendbreuk")


@mutation(GROUP)
def note_within_the_table(book: Book, area: Area, random: Random) -> bool | None:
    """Add a line of text across the table, between two rows."""
    below = area.rows()[1:]
    if _blocks(area) or not below:
        return False
    row = random.choice(below)
    area.sheet.insert_rows(row)
    area.sheet.put((row, area.columns()[0]), "waarvan:")
    return None


def _note_in_two_cells(book: Book, area: Area, random: Random) -> bool | None:
    """Put the mark of a footnote under the labels and its text under the values."""
    columns = [area.at(cell)[1] for cell in area.of("value")]
    if any(cell.feeds == "month" for cell in area.of("label")):
        return False  # here 1 would mean January
    bottom = area.sheet.last_row + 2
    area.sheet.put((bottom, area.label_column()), 1)
    area.sheet.put((bottom, min(columns)), "Exclusief minderjarigen")
    return None


add(GROUP, "note in two cells", _note_in_two_cells, pairs=False)


@mutation(GROUP)
def row_of_units(book: Book, area: Area, random: Random) -> None:
    """Put `aantal` under the header of every column with values."""
    row = area.rows()[0]
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        if cell.role == "value":
            area.sheet.put((row, column), "aantal")


@mutation(GROUP)
def sum_without_a_label(book: Book, area: Area, random: Random) -> None:
    row = area.rows()[-1] + 1
    area.sheet.insert_rows(row)
    last = [(place[1], cell) for place, cell in area.row(row - 1)]
    for column, cell in last:
        if cell.role == "value":
            area.sheet.put((row, column), 99999)
    labels = [column for column, cell in last if cell.role == "label" and not cell.feeds.endswith("_block")]
    area.sheet.put((row, min(labels)), None).report()


@mutation(GROUP)
def header_repeated_within_the_table(book: Book, area: Area, random: Random) -> bool | None:
    blocks = [
        row for row in area.rows() if any(cell.feeds.endswith("_block") for _, cell in area.row(row) if cell.value)
    ]
    starts = blocks or area.rows()
    headers = area.header_rows()
    if len(starts) < 2 or len(headers) > 1:
        return False
    row = random.choice(starts[1:])
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(headers[0]):
        area.sheet.put((row, column), cell.value, format=cell.format)
    return None


def _unit_row(book: Book, area: Area, random: Random, *, unit: str) -> bool | None:
    """Print another unit than plain counts below the header, as StatLine does. Its cell must stop the file."""
    counts = area.counts()
    if not counts:
        return False
    row, column = area.rows()[0], area.at(random.choice(counts))[1]
    area.sheet.insert_rows(row)
    book.stops.append(area.sheet.put((row, column), unit))
    return None


for unit in ("x 1 000", "x duizend", "(x 1.000)", "procent", "%", "per 100.000 inwoners"):
    add(GROUP, f"row with the unit {unit}", partial(_unit_row, unit=unit), pairs=False)
