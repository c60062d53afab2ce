"""Mutations of rows: their order, repeats, totals, blocks, hidden rows, and text between and below them."""

from functools import partial
from random import Random

from rigs.corpus.book import Area, Book, Cell, Formula, exactly
from rigs.corpus.mutation import add, chosen, mutation, need

GROUP = "rows"


def _in_order(area: Area, rows: list[int]) -> None:
    """Put the rows of the table into another order."""
    need(len(rows) >= 2)
    first, last = area.columns()[0], area.columns()[-1]
    to = dict(zip(rows, area.rows(), strict=True))
    area.sheet.move(lambda row, column: (to.get(row, row) if first <= column <= last else row, column))


@mutation(GROUP)
def totals_on_top(book: Book, area: Area, random: Random) -> None:
    rows = area.rows_alike()
    _in_order(area, [*rows[-1:], *rows[:-1]])


@mutation(GROUP)
def rows_in_another_order(book: Book, area: Area, random: Random) -> None:
    _in_order(area, random.sample(area.rows_alike(), len(area.rows_alike())))


def _repeated(book: Book, area: Area, random: Random, *, by: int, at_end: bool) -> None:
    """Repeat a row. Equal figures must be named in findings; a different figure must stop the file."""
    row = chosen(random, area.rows_alike())
    below = area.rows()[-1] + 1 if at_end else row + 1
    area.sheet.insert_rows(below)
    changeable = [cell for _, cell in area.row(row) if cell in area.whole_counts()]
    different = chosen(random, changeable) if by else None
    for (_, column), cell in area.row(row):
        twin = area.sheet.put((below, column), cell.value, format=cell.format, table=cell.table)
        if cell is different:
            twin.value += by
            book.stops.append(twin)
        elif cell.figure or cell.reported:
            twin.report()


for at_end in (False, True):
    where = "at the end" if at_end else "below"
    add(GROUP, f"row again {where}", partial(_repeated, by=0, at_end=at_end), pairs=False)
    add(GROUP, f"row again {where} with another figure", partial(_repeated, by=3, at_end=at_end), pairs=False)


@mutation(GROUP)
def row_gone(book: Book, area: Area, random: Random) -> None:
    """Remove a row: a category that was merged into another one is no longer printed."""
    rows = [row for row in area.rows_alike() if not any(cell.changed for _, cell in area.row(row))]
    need(len(rows) >= 3)
    gone = random.choice(rows)
    area.sheet.cells = {place: cell for place, cell in area.sheet.cells.items() if place[0] != gone}


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
def block_labels_written_out(book: Book, area: Area, random: Random) -> None:
    for cell in _blocks(area):
        for row in _block_rows(area, cell)[1:]:
            area.sheet.put((row, area.at(cell)[1]), cell.value)
    need(_blocks(area))


@mutation(GROUP)
def block_labels_merged(book: Book, area: Area, random: Random) -> None:
    for cell in _blocks(area):
        rows, column = _block_rows(area, cell), area.at(cell)[1]
        area.sheet.merged.append(((rows[0], column), (rows[-1], column)))
    need(_blocks(area))


def _without_label(area: Area, rows: list[int], column: int) -> None:
    """State that these rows have no figures, and that findings must name the cells of their missing labels."""
    for row in rows:
        area.without_figures(row)
        area.sheet.cells.setdefault((row, column), Cell()).report()


def _headings(book: Book, area: Area, random: Random, *, unreadable: bool = False) -> None:
    """Put block labels on rows of their own. Rows under an unreadable heading have no label of that kind."""
    blocks = _blocks(area)
    need(len(blocks) > unreadable)
    odd = blocks[1] if unreadable else None
    for cell in blocks:
        row, column = area.at(cell)
        lines = _block_rows(area, cell)
        if cell is odd:
            _without_label(area, lines, column)
            cell.set(f"{cell.value}, zie noot")
            cell.reported = False
        area.sheet.insert_rows(row)
        area.sheet.cells[row, column] = area.sheet.cells.pop((row + 1, column))
        if cell is odd:
            area.sheet.put((row + 1, column), None).report()


add(GROUP, "block labels as headings", _headings, pairs=False)
add(GROUP, "block heading that cannot be read", partial(_headings, unreadable=True), pairs=False)


@mutation(GROUP, pairs=False)
def first_row_of_a_block_hidden(book: Book, area: Area, random: Random) -> None:
    """Hide the row with a block label. Findings must name the other rows of the block, and no other label may claim
    them.
    """
    cell = chosen(random, _blocks(area))
    rows, column = _block_rows(area, cell), area.at(cell)[1]
    area.sheet.hidden_rows.add(rows[0])
    _without_label(area, rows[1:], column)


@mutation(GROUP, pairs=False)
def block_label_that_is_an_error(book: Book, area: Area, random: Random) -> None:
    """Turn a block label into an error. The block label above it does not hold for its rows."""
    cell = chosen(random, _blocks(area))
    _without_label(area, _block_rows(area, cell), area.at(cell)[1])
    cell.set(Formula("=#REF!", "#REF!"))


@mutation(GROUP, pairs=False)
def total_of_every_block(book: Book, area: Area, random: Random) -> None:
    blocks = _blocks(area)
    need(any(cell.figure["variable"] in book.with_totals for cell in area.of("value") if cell.figure))
    need(blocks)
    for cell in blocks:
        last = _block_rows(area, cell)[-1]
        area.sheet.insert_rows(last + 1)
        for (_, column), one in area.row(last):
            if one.feeds == "category":
                area.sheet.put((last + 1, column), "Totaal")
            elif one.figure:
                area.sheet.put((last + 1, column), 99, figure={**one.figure, "category": "total", **exactly(99)})


@mutation(GROUP, pairs=False)
def early_row_of_a_coming_year(book: Book, area: Area, random: Random) -> None:
    """Add a row of a year after the publication. No figure can be about such a year."""
    years = area.of("label", "reference_year")
    need(years and area.rows_alike())
    row = area.at(years[0])[0]
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        twin = area.sheet.put((row, column), 2031 if cell is years[0] else 17)
        book.stops += [twin] if cell.role == "value" else []


@mutation(GROUP, pairs=False)
def row_shifted_to_the_right(book: Book, area: Area, random: Random) -> None:
    """Move a row to the right. Its last number is then in a column without a description."""
    rows, columns = area.rows_alike(), area.columns()
    need(len(area.of("value")) != len(rows) and (area.rows()[0], columns[-1] + 1) not in area.sheet.cells)
    row = chosen(random, rows)
    cells = area.row(row)
    last = area.sheet.cells.get((row, columns[-1]))
    need(last and isinstance(last.value, int))
    for place, _ in cells:
        del area.sheet.cells[place]
    for (_, column), cell in cells:
        area.sheet.cells[row, column + 1] = cell
        cell.figure, cell.reported, cell.changed = None, False, True
    book.stops += [last, area.sheet.put((area.header_rows()[0], columns[-1] + 1), None)]


@mutation(GROUP)
def row_hidden(book: Book, area: Area, random: Random) -> None:
    rows = [
        row
        for row in area.rows()
        if not any(cell.changed or (cell.feeds.endswith("_block") and cell.value) for _, cell in area.row(row))
    ]
    area.sheet.hidden_rows.add(chosen(random, rows))


@mutation(GROUP, pairs=False)
def old_row_hidden(book: Book, area: Area, random: Random) -> None:
    """Add last year's row, hidden, above the row that replaces it."""
    row = chosen(random, area.rows_alike())
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        area.sheet.put((row, column), cell.value + 9 if isinstance(cell.value, int) and cell.figure else cell.value)
    area.sheet.hidden_rows.add(row)


@mutation(GROUP, pairs=False)
def value_column_hidden(book: Book, area: Area, random: Random) -> None:
    columns = [area.at(cell)[1] for cell in area.of("header", "reference_year") if len(area.header_rows()) == 1]
    need(len(columns) >= 2)
    area.sheet.hidden_columns.add(random.choice(columns))


@mutation(GROUP, pairs=False)
def label_column_hidden(book: Book, area: Area, random: Random) -> None:
    area.sheet.hidden_columns.add(area.columns()[0])
    book.stop_anywhere()


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
def note_within_the_table(book: Book, area: Area, random: Random) -> None:
    """Add a line of text across the table, between two rows."""
    below = area.rows()[1:]
    need(not _blocks(area))
    row = chosen(random, below)
    area.sheet.insert_rows(row)
    area.sheet.put((row, area.columns()[0]), "waarvan:")


def _note_in_two_cells(book: Book, area: Area, random: Random) -> None:
    """Put the mark of a footnote under the labels and its text under the values."""
    columns = [area.at(cell)[1] for cell in area.of("value")]
    need(not area.of("label", "month"))  # there 1 would mean January
    bottom = area.sheet.last_row + 2
    area.sheet.put((bottom, area.label_column()), 1)
    area.sheet.put((bottom, min(columns)), "Exclusief minderjarigen")


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
def header_repeated_within_the_table(book: Book, area: Area, random: Random) -> None:
    blocks = [
        row for row in area.rows() if any(cell.feeds.endswith("_block") for _, cell in area.row(row) if cell.value)
    ]
    starts = blocks or area.rows()
    headers = area.header_rows()
    need(len(headers) == 1)
    row = chosen(random, starts[1:])
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(headers[0]):
        area.sheet.put((row, column), cell.value, format=cell.format)


def _unit_row(book: Book, area: Area, random: Random, *, unit: str) -> None:
    """Print another unit than plain counts below the header, as StatLine does. Its cell must stop the file."""
    row, column = area.rows()[0], area.at(chosen(random, area.counts()))[1]
    area.sheet.insert_rows(row)
    book.stops.append(area.sheet.put((row, column), unit))


for unit in ("x 1 000", "x duizend", "(x 1.000)", "procent", "%", "per 100.000 inwoners"):
    add(GROUP, f"row with the unit {unit}", partial(_unit_row, unit=unit), pairs=False)
