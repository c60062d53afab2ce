"""Mutations of columns and of the words of their headers."""

from collections.abc import Callable
from functools import partial
from random import Random

from rigs.corpus.book import Area, Book
from rigs.corpus.mutation import add, mutation

GROUP = "columns"


@mutation(GROUP)
def columns_swapped(book: Book, area: Area, random: Random) -> bool | None:
    """Swap two columns with their headers."""
    if len(area.header_rows()) > 1:
        return False
    columns = area.columns()
    one, other = random.sample(range(len(columns)), 2)
    columns[one], columns[other] = columns[other], columns[one]
    return _reordered(area, columns)


@mutation(GROUP)
def labels_on_the_right(book: Book, area: Area, random: Random) -> bool | None:
    """Make the first column the last one, with its header."""
    if len(area.header_rows()) > 1:
        return False
    columns = area.columns()
    return _reordered(area, [*columns[1:], columns[0]])


def _reordered(area: Area, order: list[int]) -> None:
    """Reorder the columns of the table, and of everything below it up to the next table."""
    top = area.header_rows()[0]
    others = [one for one in Book([area.sheet]).areas() if one.name != area.name]
    bottom = min((row - 1 for one in others for row in one.header_rows() if row > top), default=area.sheet.last_row)
    to = dict(zip(order, area.columns(), strict=True))
    area.sheet.move(lambda row, column: (row, to.get(column, column) if top <= row <= bottom else column))


def _inserted(
    book: Book, area: Area, random: Random, *, header: object, values: object, where: str = "middle"
) -> bool | None:
    """Insert a column that no layout describes. The file must stop at its header or at one of its numbers."""
    columns = area.columns()
    if len(columns) < 2:
        return False
    at = {"left": columns[0], "middle": random.choice(columns[1:]), "right": columns[-1] + 1}[where]
    area.sheet.insert_columns(at)
    row = area.header_rows()[-1]
    cell = area.sheet.put((row, at), header, role="stranger")
    book.stops.append(cell)
    top = area.sheet.cells.get((area.header_rows()[0], at)) or area.sheet.put((area.header_rows()[0], at), None)
    book.stops.append(top)
    for row in area.rows():
        area.sheet.put((row, at), values)
    return None


for where in ("left", "middle", "right"):
    add(GROUP, f"unknown column {where}", partial(_inserted, header="Regio Noord", values=3, where=where))
    add(GROUP, f"numbers without header {where}", partial(_inserted, header=None, values=3, where=where))
add(GROUP, "unknown column of texts", partial(_inserted, header="Opmerking", values="zie noot"))
add(GROUP, "school year column", partial(_inserted, header="2023/24", values=3))
add(GROUP, "quarter column", partial(_inserted, header="3e kwartaal", values=3))
add(GROUP, "column of no day", partial(_inserted, header="01-02-03", values=3))


@mutation(GROUP)
def column_doubled_with_other_figures(book: Book, area: Area, random: Random) -> bool | None:
    """Use the same header for two columns. Nobody can know which one counts."""
    cells = [cell for cell in area.of("value") if cell.figure]
    if len(area.header_rows()) > 1 or not cells:
        return False
    column = area.at(random.choice(cells))[1]
    area.sheet.insert_columns(column + 1)
    for (row, _), cell in area.column(column):
        number = 43.21 if cell.figure and cell.figure["unit"] == "percent" else 4321
        other = area.sheet.put((row, column + 1), cell.value if cell.role == "header" else number)
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
    """Add a column of another year to a table with a column a year. Its figures are true if the year is possible."""
    header = [cell for cell in area.of("header", "reference_year") if isinstance(cell.value, int)]
    if len(header) < 2 or len(area.header_rows()) > 1:
        return False
    column = area.at(header[0])[1]
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
            number = float(twin.value)
            twin.figure = {**cell.figure, "reference_year": year}
            twin.figure |= {"value_low": number, "value_high": number, "value": number}
        elif cell.role == "value":
            twin.value = None
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
    book.stops_file = True
    return None


@mutation(GROUP, pairs=False)
def table_gone(book: Book, area: Area, random: Random) -> None:
    area.sheet.cells = {place: cell for place, cell in area.sheet.cells.items() if cell.table != area.name}
    area.sheet.merged = []
    book.stops_sheets += book.sheets
    book.stops_file = True


# --- Words in a header


def _header_spelt(book: Book, area: Area, random: Random, *, spell: Callable[[str], str]) -> bool | None:
    """Spell the same words of a header in another way."""
    cells = [cell for cell in area.of("header") if isinstance(cell.value, str) and cell.value != spell(cell.value)]
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(spell(cell.value))
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


def _header_renamed(book: Book, area: Area, random: Random, *, rename: Callable[[str], object]) -> bool | None:
    """Use other words in a header. The file must stop at this header."""
    cells = [
        cell for cell in area.of("header") if isinstance(cell.value, str) and cell.feeds not in ("percent", "nothing")
    ]
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(rename(cell.value))
    book.stops.append(cell)
    return None


add(GROUP, "header renamed", partial(_header_renamed, rename=lambda text: "Soort zaak"))
add(GROUP, "header misspelt", partial(_header_renamed, rename=lambda text: text[:1] + "q" + text[1:]))
add(GROUP, "header with a unit", partial(_header_renamed, rename=lambda text: f"{text} (x 1.000)"))
add(GROUP, "header is a code that became a date", partial(_header_renamed, rename=lambda text: 45292))
