"""Mutations of columns and of the words of their headers."""

from collections.abc import Callable
from functools import partial
from random import Random

from rigs.corpus.book import Area, Book, Cell, exactly
from rigs.corpus.mutation import add, chosen, mutation, need, respell

GROUP = "columns"


@mutation(GROUP)
def columns_swapped(book: Book, area: Area, random: Random) -> None:
    """Swap two columns with their headers."""
    need(len(area.header_rows()) <= 1)
    columns = area.columns()
    one, other = random.sample(range(len(columns)), 2)
    columns[one], columns[other] = columns[other], columns[one]
    return _reordered(area, columns)


@mutation(GROUP)
def labels_on_the_right(book: Book, area: Area, random: Random) -> None:
    """Make the first column the last one, with its header."""
    need(len(area.header_rows()) <= 1)
    columns = area.columns()
    return _reordered(area, [*columns[1:], columns[0]])


def _reordered(area: Area, order: list[int]) -> None:
    """Reorder the columns of the table, and of everything below it up to the next table."""
    top = area.header_rows()[0]
    others = [one for one in Book([area.sheet]).areas() if one.name != area.name]
    bottom = min((row - 1 for one in others for row in one.header_rows() if row > top), default=area.sheet.last_row)
    to = dict(zip(order, area.columns(), strict=True))
    area.sheet.move(lambda row, column: (row, to.get(column, column) if top <= row <= bottom else column))


def _inserted(book: Book, area: Area, random: Random, *, header: object, values: object, where: str = "middle") -> None:
    """Insert a column that no layout describes. The file must stop at its header or at one of its numbers."""
    columns = area.columns()
    need(len(columns) >= 2)
    at = {"left": columns[0], "middle": random.choice(columns[1:]), "right": columns[-1] + 1}[where]
    area.sheet.insert_columns(at)
    top, *_, bottom = [area.header_rows()[0], *area.header_rows()]
    cell = area.sheet.put((bottom, at), header, role="stranger")
    book.stops += [cell, area.sheet.cells.get((top, at)) or area.sheet.put((top, at), None)]
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
def column_doubled_with_other_figures(book: Book, area: Area, random: Random) -> None:
    """Use the same header for two columns. Nobody can know which one counts."""
    cells = [cell for cell in area.of("value") if cell.figure]
    need(len(area.header_rows()) <= 1)
    column = area.at(chosen(random, cells))[1]
    area.sheet.insert_columns(column + 1)
    for (row, _), cell in area.column(column):
        number = 43.21 if cell.figure and cell.figure["unit"] == "percent" else 4321
        other = area.sheet.put((row, column + 1), cell.value if cell.role == "header" else number)
        if cell.role in ("header", "value"):
            book.stops += [other, cell]


def _year_headers(area: Area) -> list[Cell]:
    """Return the headers of a table with several columns, one a year."""
    header = [cell for cell in area.of("header", "reference_year") if isinstance(cell.value, int)]
    need(len(header) >= 2 and len(area.header_rows()) == 1)
    return header


def _year_column(book: Book, area: Area, random: Random, *, year: int) -> None:
    """Add a column of another year to a table with a column a year. Its figures are true if the year is possible."""
    column = area.at(_year_headers(area)[0])[1]
    area.sheet.insert_columns(column)
    for (row, _), cell in area.column(column + 1):
        twin = area.sheet.put((row, column), cell.value, format=cell.format, role=cell.role, table=cell.table)
        if cell.role == "header":
            twin.value = year
        elif year == 2031:
            twin.value = 1200
            book.stops.append(twin)
        elif cell.figure:
            twin.value = 1200 + row
            twin.figure = {**cell.figure, "reference_year": year, **exactly(twin.value)}
        elif cell.role == "value":
            twin.value = None


add(GROUP, "early column of a coming year", partial(_year_column, year=2031))
add(GROUP, "column of an earlier year", partial(_year_column, year=2011))


@mutation(GROUP)
def year_column_gone(book: Book, area: Area, random: Random) -> None:
    area.sheet.remove_column(area.at(random.choice(_year_headers(area)))[1])


@mutation(GROUP)
def label_column_gone(book: Book, area: Area, random: Random) -> None:
    need(len(area.header_rows()) <= 1)
    area.sheet.remove_column(area.columns()[0])
    for cell in area.sheet.cells.values():
        cell.figure = None if cell.table == area.name else cell.figure
    book.stop_anywhere()


@mutation(GROUP, pairs=False)
def table_gone(book: Book, area: Area, random: Random) -> None:
    area.sheet.cells = {place: cell for place, cell in area.sheet.cells.items() if cell.table != area.name}
    area.sheet.merged = []
    book.stop_anywhere()


# --- Words in a header


def _header_spelt(book: Book, area: Area, random: Random, *, spell: Callable[[str], str]) -> None:
    """Spell the same words of a header in another way."""
    respell(random, area.of("header"), spell)


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


def _header_renamed(book: Book, area: Area, random: Random, *, rename: Callable[[str], object]) -> None:
    """Use other words in a header. The file must stop at this header."""
    cells = [
        cell for cell in area.of("header") if isinstance(cell.value, str) and cell.feeds not in ("percent", "nothing")
    ]
    cell = chosen(random, cells)
    cell.set(rename(cell.value))
    book.stops.append(cell)


add(GROUP, "header renamed", partial(_header_renamed, rename=lambda text: "Soort zaak"))
add(GROUP, "header misspelt", partial(_header_renamed, rename=lambda text: text[:1] + "q" + text[1:]))
add(GROUP, "header with a unit", partial(_header_renamed, rename=lambda text: f"{text} (x 1.000)"))
add(GROUP, "header is a code that became a date", partial(_header_renamed, rename=lambda text: 45292))
