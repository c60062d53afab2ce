"""Mutations of sheets, and of the place of a table on its sheet."""

from functools import partial
from random import Random

from rigs.corpus.book import Area, Book, Cell, Sheet
from rigs.corpus.mutation import Change, add, chosen, mutation, need

GROUP = "structure"


# --- Sheets


@mutation(GROUP)
def sheet_renamed(book: Book, area: Area, random: Random) -> None:
    area.sheet.name = random.choice(["Blad1", "Tabel 3 (def)", "2e versie", "1"])


add(GROUP, "sheets reordered", lambda book, area, random: book.sheets.reverse(), scope="book")


@mutation(GROUP, pairs=False)
def sheet_doubled(book: Book, area: Area, random: Random) -> None:
    """Repeat a sheet. The first one counts, and findings must name each figure of the second."""
    [twin] = [sheet for sheet in book.copy().sheets if sheet.name == area.sheet.name]
    twin.name = f"{twin.name} (2)"
    for cell in twin.cells.values():
        if cell.figure:
            cell.report()
    book.sheets.append(twin)


@mutation(GROUP, scope="book")
def chart_sheet_added(book: Book, area: Area, random: Random) -> None:
    book.charts += 1


@mutation(GROUP, pairs=False)
def sheet_very_hidden(book: Book, area: Area, random: Random) -> None:
    """Hide a sheet. Its tables are then missing, and with its title perhaps the edition. One sheet stays visible."""
    need(any(sheet is not area.sheet and sheet.state == "visible" for sheet in book.sheets))
    area.sheet.state = "veryHidden"
    book.stop_anywhere()


@mutation(GROUP, pairs=False)
def hidden_sheet_with_old_figures(book: Book, area: Area, random: Random) -> None:
    [twin] = [sheet for sheet in book.copy().sheets if sheet.name == area.sheet.name]
    twin.name, twin.state = "oud", random.choice(["hidden", "veryHidden"])
    for cell in twin.cells.values():
        if cell.figure and isinstance(cell.value, int | float):
            cell.value = cell.value + 7
    book.sheets.append(twin)


@mutation(GROUP, scope="book")
def sheet_with_a_remark(book: Book, area: Area, random: Random) -> None:
    book.sheets.insert(
        0, Sheet("Toelichting", {(1, 1): Cell("Deze cijfers zijn voorlopig."), (3, 2): Cell("Zie het rapport.")})
    )


@mutation(GROUP, scope="book")
def sheet_that_is_not_described(book: Book, area: Area, random: Random) -> None:
    cells = {(1, 1): Cell("Regio"), (1, 2): Cell("Aantal"), (2, 1): Cell("Noord"), (2, 2): Cell(12)}
    book.sheets.append(Sheet("Regio", cells, reported=True))


# --- Place of the table


def _moved(book: Book, area: Area, random: Random, *, rows: int, columns: int) -> None:
    area.sheet.move(lambda row, column: (row + rows, column + columns))


for rows in range(1, 6):
    add(GROUP, f"moved {rows} rows down", partial(_moved, rows=rows, columns=0))
for columns in range(1, 4):
    add(GROUP, f"moved {columns} columns right", partial(_moved, rows=0, columns=columns))


def _lowered(book: Book, area: Area, random: Random, *, rows: int, text: str) -> None:
    """Move the table down without its title."""
    top = area.header_rows()[0]
    is_alone = not any(one.sheet is area.sheet and one.name != area.name for one in book.areas())
    area.sheet.insert_rows(top, rows)
    if text:
        area.sheet.put((top, random.choice(area.columns()[: 1 + is_alone])), text)


add(GROUP, "blank row above the header", partial(_lowered, rows=1, text=""))
add(GROUP, "title above the header", partial(_lowered, rows=1, text="Tabel 3: aantallen naar jaar"))
add(GROUP, "two rows of title", partial(_lowered, rows=2, text="Slachtoffers, voorlopige cijfers (2020)"))
add(GROUP, "header far below the title", partial(_lowered, rows=40, text="Tabel"))


BLANKS: dict[str, Change] = {
    "row in the middle": lambda book, area, random: area.sheet.insert_rows(chosen(random, area.rows()[1:])),
    "row under the header": lambda book, area, random: area.sheet.insert_rows(area.rows()[0]),
    "column in the middle": lambda book, area, random: area.sheet.insert_columns(random.choice(area.columns()[1:])),
    "column before the last": lambda book, area, random: area.sheet.insert_columns(area.columns()[-1]),
}
for name, change in BLANKS.items():
    add(GROUP, f"blank {name}", change)


def _header_over_rows(book: Book, area: Area, random: Random, *, rows: int) -> None:
    header = area.header_rows()
    need(len(header) == 1)
    area.sheet.insert_rows(header[0] + 1, rows - 1)
    area.sheet.merged += [((header[0], column), (header[0] + rows - 1, column)) for column in area.columns()]


for rows in (2, 3):
    add(GROUP, f"header merged over {rows} rows", partial(_header_over_rows, rows=rows))


@mutation(GROUP)
def stacked_header_not_merged(book: Book, area: Area, random: Random) -> None:
    need(area.sheet.merged)
    area.sheet.merged = []


@mutation(GROUP)
def stacked_header_written_out(book: Book, area: Area, random: Random) -> None:
    """Repeat the upper header above every column."""
    merged = [one for one in area.sheet.merged if one[0][0] == one[1][0]]
    for first, last in merged:
        area.sheet.merged.remove((first, last))
        for column in range(first[1] + 1, last[1] + 1):
            above = area.sheet.cells[first]
            area.sheet.cells[first[0], column] = Cell(above.value, above.format, above.role, above.feeds, above.table)
    need(merged)


@mutation(GROUP)
def title_merged_over_the_table(book: Book, area: Area, random: Random) -> None:
    top, columns = area.header_rows()[0], area.columns()
    need(top > 1 and all(first[0] >= top for first, _ in area.sheet.merged))
    need([column for column in columns if (1, column) in area.sheet.cells] == columns[:1])
    area.sheet.merged.append(((1, columns[0]), (1, columns[-1])))


def _joined(book: Book, area: Area, random: Random, *, is_beside: bool, gap: int) -> None:
    """Move the table to the sheet of another table, beside it or below it."""
    others = [one for one in book.areas() if one.sheet is not area.sheet and one.name != area.name]
    need(others and len(list(book.areas())) == len(book.sheets))
    other = others[0].sheet
    top = min(area.header_rows())
    shift = (others[0].header_rows()[0] - top, other.last_column + gap) if is_beside else (other.last_row + gap, 0)
    titles = [cell for cell in area.sheet.cells.values() if cell.role == "title"]
    area.sheet.cells = {
        place: cell for place, cell in area.sheet.cells.items() if place[0] >= top and cell not in titles
    }
    area.sheet.move(lambda row, column: (row + shift[0], column + shift[1]))
    other.cells |= area.sheet.cells
    other.merged += area.sheet.merged
    book.sheets.remove(area.sheet)
    for title in titles:
        book.sheets.insert(0, Sheet("Titel", {(1, 1): title}))


add(GROUP, "two tables side by side", partial(_joined, is_beside=True, gap=1), pairs=False)
add(GROUP, "two tables far side by side", partial(_joined, is_beside=True, gap=3), pairs=False)
add(GROUP, "two tables one below the other", partial(_joined, is_beside=False, gap=1), pairs=False)
add(GROUP, "two tables with a blank row between", partial(_joined, is_beside=False, gap=2), pairs=False)


@mutation(GROUP, pairs=False)
def transposed(book: Book, area: Area, random: Random) -> None:
    area.sheet.merged = []
    area.sheet.move(lambda row, column: (column, row))
    area.sheet.without_figures()
    book.stops_sheets += book.sheets


# --- Tables without a description


def _other_table(area: Area, row: int, column: int, header: object = "Zaken") -> list[Cell]:
    """Write a table of three rows, header included, and return its cells."""
    lines = [["Regio", header], ["Noord", 12], ["Zuid", 13]]
    return [
        area.sheet.put((row + down, column + right), value)
        for down, values in enumerate(lines)
        for right, value in enumerate(values)
    ]


def _beside(book: Book, area: Area, random: Random, *, lower: int) -> None:
    column = area.sheet.last_column + 3
    _other_table(area, area.header_rows()[0] + lower, column)
    area.sheet.reported_columns.add(column + 1)


add(GROUP, "another table beside", partial(_beside, lower=0))
add(GROUP, "another table lower beside", partial(_beside, lower=1))


@mutation(GROUP, pairs=False)
def another_table_beside_with_a_year(book: Book, area: Area, random: Random) -> None:
    """Add a table whose column of numbers looks like a column of the described table."""
    headers = area.of("header", "reference_year")
    need(headers and len(area.header_rows()) == 1 and all(isinstance(cell.value, int) for cell in headers))
    book.stops += _other_table(area, area.header_rows()[0], area.sheet.last_column + 3, 2010)


@mutation(GROUP, pairs=False)
def another_table_above(book: Book, area: Area, random: Random) -> None:
    top = area.header_rows()[0]
    need(not any(row < top for one in Book([area.sheet]).areas() for row in one.header_rows()))
    column = area.columns()[0]
    area.sheet.insert_rows(top, 4)
    _other_table(area, top, column)
    area.sheet.reported_columns.add(column + 1)


@mutation(GROUP, pairs=False)
def another_table_below(book: Book, area: Area, random: Random) -> None:
    """Add a table whose rows look like rows of the described table.

    If its numbers are under the values, the first unknown label stops the file. Elsewhere, findings must name the
    numbers.
    """
    row, column = area.rows()[-1] + 2, area.label_column()
    area.sheet.insert_rows(row, 4)
    cells = _other_table(area, row, column)
    if any(area.at(cell)[1] == column + 1 for cell in area.of("value")):
        book.stops += cells
    else:
        for cell in cells:
            cell.reported = isinstance(cell.value, int)
