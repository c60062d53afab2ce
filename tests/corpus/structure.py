"""Mutations of where tables stand, and of their headers."""

from functools import partial
from random import Random

from corpus.book import Area, Book, Cell, Sheet
from corpus.mutation import add, mutation

GROUP = "structure"


# --- Sheets


@mutation(GROUP)
def sheet_renamed(book: Book, area: Area, random: Random) -> None:
    area.sheet.name = random.choice(["Blad1", "Tabel 3 (def)", "2e versie", "1"])


@mutation(GROUP, scope="book")
def sheets_reordered(book: Book, area: Area, random: Random) -> None:
    book.sheets.reverse()


@mutation(GROUP, pairs=False)
def sheet_doubled(book: Book, area: Area, random: Random) -> None:
    """The first one counts; each figure of the second is told."""
    [twin] = [sheet for sheet in book.copy().sheets if sheet.name == area.sheet.name]
    twin.name = f"{twin.name} (2)"
    for cell in twin.cells.values():
        if cell.figure:
            cell.tell()
    book.sheets.append(twin)


@mutation(GROUP, scope="book")
def chart_sheet_added(book: Book, area: Area, random: Random) -> None:
    book.charts += 1


@mutation(GROUP, pairs=False)
def sheet_very_hidden(book: Book, area: Area, random: Random) -> None:
    """Its tables are missing then, and with the title perhaps the edition."""
    area.sheet.state = "veryHidden" if len(book.sheets) > 1 else "visible"
    book.stops_sheets += book.sheets
    book.stops_file = True


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
    book.sheets.append(Sheet("Regio", cells, told=True))


# --- Where the table stands


def _moved(book: Book, area: Area, random: Random, *, rows: int, columns: int) -> None:
    area.sheet.move(lambda row, column: (row + rows, column + columns))


for rows in range(1, 6):
    add(GROUP, f"moved {rows} rows down", partial(_moved, rows=rows, columns=0))
for columns in range(1, 4):
    add(GROUP, f"moved {columns} columns right", partial(_moved, rows=0, columns=columns))


def _lowered(book: Book, area: Area, random: Random, *, rows: int, text: str) -> None:
    """The table alone, below its title."""
    top = area.header_rows()[0]
    area.sheet.insert_rows(top, rows)
    if text:
        area.sheet.put((top, random.choice(area.columns()[:2])), text)


add(GROUP, "blank row above the header", partial(_lowered, rows=1, text=""))
add(GROUP, "title above the header", partial(_lowered, rows=1, text="Tabel 3: aantallen naar jaar"))
add(GROUP, "two rows of title", partial(_lowered, rows=2, text="Slachtoffers, voorlopige cijfers (2020)"))
add(GROUP, "header far below the title", partial(_lowered, rows=40, text="Tabel"))


@mutation(GROUP)
def blank_row_in_the_middle(book: Book, area: Area, random: Random) -> bool | None:
    below = area.rows()[1:]
    if not below:
        return False
    area.sheet.insert_rows(random.choice(below))
    return None


@mutation(GROUP)
def blank_row_under_the_header(book: Book, area: Area, random: Random) -> None:
    area.sheet.insert_rows(area.rows()[0])


@mutation(GROUP)
def blank_column_in_the_middle(book: Book, area: Area, random: Random) -> None:
    area.sheet.insert_columns(random.choice(area.columns()[1:]))


@mutation(GROUP)
def blank_column_before_the_last(book: Book, area: Area, random: Random) -> None:
    area.sheet.insert_columns(area.columns()[-1])


def _header_over_rows(book: Book, area: Area, random: Random, *, rows: int) -> bool | None:
    header = area.header_rows()
    if len(header) != 1:
        return False
    area.sheet.insert_rows(header[0] + 1, rows - 1)
    area.sheet.merged += [((header[0], column), (header[0] + rows - 1, column)) for column in area.columns()]
    return None


for rows in (2, 3):
    add(GROUP, f"header merged over {rows} rows", partial(_header_over_rows, rows=rows))


@mutation(GROUP)
def stacked_header_not_merged(book: Book, area: Area, random: Random) -> bool | None:
    if not area.sheet.merged:
        return False
    area.sheet.merged = []
    return None


@mutation(GROUP)
def stacked_header_written_out(book: Book, area: Area, random: Random) -> bool | None:
    """The upper header repeated above every column."""
    merged = [one for one in area.sheet.merged if one[0][0] == one[1][0]]
    for first, last in merged:
        area.sheet.merged.remove((first, last))
        for column in range(first[1] + 1, last[1] + 1):
            above = area.sheet.cells[first]
            area.sheet.cells[first[0], column] = Cell(above.value, above.format, above.role, above.feeds, above.table)
    return bool(merged)


@mutation(GROUP)
def title_merged_over_the_table(book: Book, area: Area, random: Random) -> bool | None:
    top, columns = area.header_rows()[0], area.columns()
    if top == 1 or any(first[0] < top for first, _ in area.sheet.merged):
        return False
    if any((1, column) in area.sheet.cells for column in columns[1:]) or (1, columns[0]) not in area.sheet.cells:
        return False
    area.sheet.merged.append(((1, columns[0]), (1, columns[-1])))
    return None


def _joined(book: Book, area: Area, random: Random, *, is_beside: bool, gap: int) -> bool | None:
    """The table moves to another table's sheet: beside it, or below it."""
    others = [one for one in book.areas() if one.sheet is not area.sheet and one.name != area.name]
    if not others or len(list(book.areas())) != len(book.sheets):
        return False
    other = others[0].sheet
    top = min(area.header_rows())
    shift = (others[0].header_rows()[0] - top, other.last_column + gap) if is_beside else (other.last_row + gap, 0)
    area.sheet.cells = {
        place: cell for place, cell in area.sheet.cells.items() if cell.role == "title" or place[0] >= top
    }
    titles = [cell for cell in area.sheet.cells.values() if cell.role == "title"]
    area.sheet.cells = {place: cell for place, cell in area.sheet.cells.items() if cell not in titles}
    area.sheet.move(lambda row, column: (row + shift[0], column + shift[1]))
    other.cells |= area.sheet.cells
    other.merged += area.sheet.merged
    book.sheets.remove(area.sheet)
    for title in titles:
        book.sheets.insert(0, Sheet("Titel", {(1, 1): title}))
    return None


add(GROUP, "two tables side by side", partial(_joined, is_beside=True, gap=1), pairs=False)
add(GROUP, "two tables far side by side", partial(_joined, is_beside=True, gap=3), pairs=False)
add(GROUP, "two tables one below the other", partial(_joined, is_beside=False, gap=1), pairs=False)
add(GROUP, "two tables with a blank row between", partial(_joined, is_beside=False, gap=2), pairs=False)


@mutation(GROUP, pairs=False)
def transposed(book: Book, area: Area, random: Random) -> None:
    area.sheet.merged = []
    area.sheet.move(lambda row, column: (column, row))
    for cell in area.sheet.cells.values():
        cell.figure = None
    book.stops_sheets.append(area.sheet)


# --- Columns


@mutation(GROUP)
def columns_swapped(book: Book, area: Area, random: Random) -> bool | None:
    """Two columns change places, header and all."""
    if len(area.header_rows()) > 1:
        return False
    columns = area.columns()
    one, other = random.sample(range(len(columns)), 2)
    columns[one], columns[other] = columns[other], columns[one]
    return _reordered(area, columns)


@mutation(GROUP)
def labels_on_the_right(book: Book, area: Area, random: Random) -> bool | None:
    """The first column becomes the last, header and all."""
    if len(area.header_rows()) > 1:
        return False
    columns = area.columns()
    return _reordered(area, [*columns[1:], columns[0]])


def _reordered(area: Area, order: list[int]) -> None:
    """The columns of the table in another order."""
    top, bottom = area.header_rows()[0], area.rows()[-1]
    to = dict(zip(order, area.columns(), strict=True))
    area.sheet.move(lambda row, column: (row, to.get(column, column) if top <= row <= bottom else column))


def _inserted(book: Book, area: Area, random: Random, *, header: object, values: object, where: str = "middle") -> None:
    """A column that no layout describes: the file stops at its header, or at a number of it."""
    columns = area.columns()
    at = {"left": columns[0], "middle": random.choice(columns[1:]), "right": columns[-1] + 1}[where]
    area.sheet.insert_columns(at)
    row = area.header_rows()[-1]
    cell = area.sheet.put((row, at), header, role="stranger")
    book.stops.append(cell)
    top = area.sheet.cells.get((area.header_rows()[0], at)) or area.sheet.put((area.header_rows()[0], at), None)
    book.stops.append(top)
    for row in area.rows():
        area.sheet.put((row, at), values)


for where in ("left", "middle", "right"):
    add(GROUP, f"unknown column {where}", partial(_inserted, header="Regio Noord", values=3, where=where))
    add(GROUP, f"numbers without header {where}", partial(_inserted, header=None, values=3, where=where))
add(GROUP, "unknown column of texts", partial(_inserted, header="Opmerking", values="zie noot"))
add(GROUP, "school year column", partial(_inserted, header="2023/24", values=3))
add(GROUP, "quarter column", partial(_inserted, header="3e kwartaal", values=3))
add(GROUP, "column of no day", partial(_inserted, header="01-02-03", values=3))


@mutation(GROUP)
def column_doubled_with_other_figures(book: Book, area: Area, random: Random) -> bool | None:
    """The same header twice: no one can tell which counts."""
    cells = [cell for cell in area.of("value") if cell.figure]
    if len(area.header_rows()) > 1 or not cells:
        return False
    column = area.at(random.choice(cells))[1]
    area.sheet.insert_columns(column + 1)
    for (row, _), cell in area.column(column):
        other = area.sheet.put((row, column + 1), cell.value if cell.role == "header" else 4321)
        if cell.role in ("header", "value"):
            book.stops += [other, cell]
    return None


@mutation(GROUP)
def early_column_of_a_coming_year(book: Book, area: Area, random: Random) -> bool | None:
    return _year_column(book, area, 2031)


@mutation(GROUP)
def column_of_an_earlier_year(book: Book, area: Area, random: Random) -> bool | None:
    return _year_column(book, area, 2011)


def _year_column(book: Book, area: Area, year: int) -> bool | None:
    """A year more: in a table that has a column a year, its figures are true where the year can be."""
    header = [cell for cell in area.of("header", "reference_year") if isinstance(cell.value, int)]
    if len(header) < 2 or len(area.header_rows()) > 1:
        return False
    column = area.at(header[0])[1]
    area.sheet.insert_columns(column)
    for (row, _), cell in area.column(column + 1):
        twin = area.sheet.put((row, column), cell.value, format=cell.format, role=cell.role, table=cell.table)
        if cell.role == "header":
            twin.value = year
        elif cell.figure:
            twin.value = 1200 + row
            number = float(twin.value)
            twin.figure = {**cell.figure, "reference_year": year}
            twin.figure |= {"value_low": number, "value_high": number, "value": number}
            if year == 2031:
                twin.figure = None
                book.stops.append(twin)
    return None


@mutation(GROUP)
def year_column_gone(book: Book, area: Area, random: Random) -> bool | None:
    header = [cell for cell in area.of("header", "reference_year") if isinstance(cell.value, int)]
    if len(header) < 2 or len(area.header_rows()) > 1:
        return False
    area.sheet.remove_column(area.at(random.choice(header))[1])
    return None


@mutation(GROUP)
def label_column_gone(book: Book, area: Area, random: Random) -> bool | None:
    if len(area.header_rows()) > 1:
        return False
    area.sheet.remove_column(area.columns()[0])
    for cell in area.sheet.cells.values():
        cell.figure = None if cell.table == area.name else cell.figure
    book.stops_sheets += book.sheets
    return None


@mutation(GROUP, pairs=False)
def table_gone(book: Book, area: Area, random: Random) -> None:
    area.sheet.cells = {place: cell for place, cell in area.sheet.cells.items() if cell.table != area.name}
    area.sheet.merged = []
    book.stops_sheets += book.sheets
    book.stops_file = True


# --- Words of a header


def _header_spelt(book: Book, area: Area, random: Random, *, spell: object) -> bool | None:
    """A header in another spelling of the same words."""
    cells = [cell for cell in area.of("header") if isinstance(cell.value, str) and cell.value != spell(cell.value)]  # type: ignore[operator]
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(spell(cell.value))  # type: ignore[operator]
    return None


SPELLINGS = {
    "capitals": str.upper,
    "small": str.lower,
    "accent": lambda text: text.replace("a", "á", 1),
    "footnote": lambda text: f"{text}¹",
    "star": lambda text: f"{text} *",
    "letter": lambda text: f"{text} (a)",
    "line break": lambda text: text.replace(" ", "\n"),
    "hard blank": lambda text: text.replace(" ", "\u00a0"),
    "blanks around": lambda text: f"  {text} ",
    "two blanks": lambda text: text.replace(" ", "  "),
    "soft hyphen": lambda text: f"{text[:2]}\u00ad{text[2:]}" if len(text) > 3 else text,
    "no-width blank": lambda text: f"{text}\u200b",
    "other dash": lambda text: text.replace("-", "–"),
    "decomposed": lambda text: text.replace("ë", "e\u0308").replace("a", "a\u0301", 1),
}
for name, spell in SPELLINGS.items():
    add(GROUP, f"header spelt: {name}", partial(_header_spelt, spell=spell))


def _header_renamed(book: Book, area: Area, random: Random, *, rename: object) -> bool | None:
    """Other words: the file stops at this very header."""
    cells = [
        cell for cell in area.of("header") if isinstance(cell.value, str) and cell.feeds not in ("percent", "note")
    ]
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(rename(cell.value))  # type: ignore[operator]
    book.stops.append(cell)
    return None


add(GROUP, "header renamed", partial(_header_renamed, rename=lambda text: "Soort zaak"))
add(GROUP, "header misspelt", partial(_header_renamed, rename=lambda text: text[:1] + "q" + text[1:]))
add(GROUP, "header with a unit", partial(_header_renamed, rename=lambda text: f"{text} (x 1.000)"))
add(GROUP, "header is a code that became a date", partial(_header_renamed, rename=lambda text: 45292))
