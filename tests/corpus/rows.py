"""Mutations of rows: order, blocks, repeats, notes, totals, hidden rows, and what a revision changes."""

from functools import partial
from random import Random
from typing import Any

from corpus.book import Area, Book, Cell
from corpus.mutation import add, mutation

GROUP = "rows"


def _in_order(area: Area, rows: list[int]) -> None:
    """The rows of the table in another order."""
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


def _total_off(book: Book, area: Area, random: Random, *, by: int) -> bool | None:
    """Sums are compared in the warehouse; the reader gives what is printed."""
    cells = [cell for cell in area.counts() if isinstance(cell.value, int) and "total" in cell.figure.values()]
    if not cells:
        return False
    _revised(random.choice(cells), by)
    return None


def _revised(cell: Cell, by: int) -> None:
    number = float(cell.value + by)
    is_range = cell.figure["value_low"] != cell.figure["value"]
    cell.set(cell.value + by)
    cell.figure |= {"value": number} if is_range else {"value_low": number, "value_high": number, "value": number}


add(GROUP, "total off by one", partial(_total_off, by=1))
add(GROUP, "total off by ten", partial(_total_off, by=10))


def _repeated(book: Book, area: Area, random: Random, *, by: int, at_end: bool) -> bool | None:
    """A row again: told where the figures are the same, the end where one of them differs."""
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
        elif cell.figure or cell.told:
            twin.tell()
    return None


for at_end in (False, True):
    where = "at the end" if at_end else "below"
    add(GROUP, f"row again {where}", partial(_repeated, by=0, at_end=at_end), pairs=False)
    add(GROUP, f"row again {where} with another figure", partial(_repeated, by=3, at_end=at_end), pairs=False)


# --- Blocks


def _blocks(area: Area) -> list[Cell]:
    return [cell for cell in area.of("label") if cell.feeds.endswith("_block")]


def _block_rows(area: Area, cell: Cell) -> list[int]:
    """The rows from a block label to the next."""
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
    """Block labels on rows of their own. Under a heading that nobody can read, rows have no label of that kind."""
    blocks = _blocks(area)
    if len(blocks) <= unreadable:
        return False
    odd = blocks[1] if unreadable else None
    for cell in blocks:
        row, column = area.at(cell)
        lines = _block_rows(area, cell)
        if cell is odd:
            for line in lines:
                _without(area, line)
                area.sheet.cells.setdefault((line, column), Cell()).tell()
            cell.set(f"{cell.value}, zie noot")
        area.sheet.insert_rows(row)
        area.sheet.cells[row, column] = area.sheet.cells.pop((row + 1, column))
        if cell is odd:
            area.sheet.put((row + 1, column), None).tell()
    return None


def _without(area: Area, row: int) -> None:
    """No figures in a row."""
    for _, cell in area.row(row):
        cell.figure = None


add(GROUP, "block labels as headings", _headings, pairs=False)
add(GROUP, "block heading that cannot be read", partial(_headings, unreadable=True), pairs=False)


@mutation(GROUP, pairs=False)
def first_row_of_a_block_hidden(book: Book, area: Area, random: Random) -> bool | None:
    """The label that holds for the rows below cannot be seen: they are told as well, not counted under another."""
    blocks = _blocks(area)
    if not blocks:
        return False
    cell = random.choice(blocks)
    rows, column = _block_rows(area, cell), area.at(cell)[1]
    area.sheet.hidden_rows.add(rows[0])
    for row in rows[1:]:
        _without(area, row)
        area.sheet.cells.setdefault((row, column), Cell()).tell()
    return None


@mutation(GROUP)
def row_hidden(book: Book, area: Area, random: Random) -> bool | None:
    rows = [
        row for row in area.rows() if not any(cell.feeds.endswith("_block") and cell.value for _, cell in area.row(row))
    ]
    if len(rows) < 2:
        return False
    area.sheet.hidden_rows.add(random.choice(rows))
    return None


@mutation(GROUP, pairs=False)
def old_row_hidden(book: Book, area: Area, random: Random) -> bool | None:
    """Last year's row, hidden above the one that replaces it."""
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


# --- Labels


def _label_cells(area: Area) -> list[Cell]:
    return [cell for cell in area.of("label") if not cell.feeds.endswith("_block")]


@mutation(GROUP)
def label_blank(book: Book, area: Area, random: Random) -> bool | None:
    """A row without its label is told at the label."""
    cells = _label_cells(area)
    if not cells:
        return False
    cell = random.choice(cells)
    _without(area, area.at(cell)[0])
    cell.set(None)
    cell.tell()
    return None


def _label_unknown(book: Book, area: Area, random: Random, *, rename: Any) -> bool | None:
    cells = _label_cells(area)
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(rename(cell.value))
    _without(area, area.at(cell)[0])
    book.stops.append(cell)
    return None


add(GROUP, "label that is new", partial(_label_unknown, rename=lambda label: "Loverboyproblematiek"))
add(GROUP, "label split off", partial(_label_unknown, rename=lambda label: f"{label} (binnenland)"))
add(GROUP, "labels merged", partial(_label_unknown, rename=lambda label: f"{label} en overig"))
add(GROUP, "label misspelt", partial(_label_unknown, rename=lambda label: f"{label}z"))


@mutation(GROUP)
def label_out_of_its_years(book: Book, area: Area, random: Random) -> bool | None:
    cells = [cell for cell in area.of("label") if cell.value == "ISZW"]
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set("NLA")
    _without(area, area.at(cell)[0])
    book.stops.append(cell)
    return None


@mutation(GROUP)
def row_of_a_new_label(book: Book, area: Area, random: Random) -> bool | None:
    rows = area.rows_alike()
    cells = [cell for cell in area.of("label") if cell.feeds == "category"]
    if not rows or not cells:
        return False
    row = random.choice(rows)
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        value = "Subtotaal" if cell.feeds == "category" else 17
        twin = area.sheet.put((row, column), value)
        if cell.feeds == "category":
            book.stops.append(twin)
    return bool(book.stops) or None


@mutation(GROUP)
def row_gone(book: Book, area: Area, random: Random) -> bool | None:
    """A category that has been merged into another one simply is not printed any more."""
    rows = area.rows_alike()
    if len(rows) < 3:
        return False
    gone = random.choice(rows)
    area.sheet.cells = {place: cell for place, cell in area.sheet.cells.items() if place[0] != gone}
    return None


# --- Around and between the rows


def _note_below(book: Book, area: Area, random: Random, *, text: str, gap: int) -> None:
    bottom, column = area.sheet.last_row, area.columns()[0]
    area.sheet.put((bottom + 1 + gap, column), text)


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
    area.sheet.put((random.choice(area.rows()), area.columns()[-1] + 4), "Let op: trendbreuk")


@mutation(GROUP)
def note_within_the_table(book: Book, area: Area, random: Random) -> bool | None:
    """A line of text over the table's width, between two rows."""
    below = area.rows()[1:]
    if _blocks(area) or not below:
        return False
    row = random.choice(below)
    area.sheet.insert_rows(row)
    area.sheet.put((row, area.columns()[0]), "waarvan:")
    return None


@mutation(GROUP)
def row_of_units(book: Book, area: Area, random: Random) -> bool | None:
    """`aantal` under every header: told at the label that is missing."""
    row = area.rows()[0]
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        if cell.role == "value":
            area.sheet.put((row, column), "aantal")
    labels = [column for (_, column), cell in area.row(row + 1) if cell.role == "label"]
    area.sheet.put((row, min(labels)), None).tell()
    return None


@mutation(GROUP)
def sum_without_a_label(book: Book, area: Area, random: Random) -> None:
    row = area.rows()[-1] + 1
    area.sheet.insert_rows(row)
    last = [(place[1], cell) for place, cell in area.row(row - 1)]
    for column, cell in last:
        if cell.role == "value":
            area.sheet.put((row, column), 99999)
    labels = [column for column, cell in last if cell.role == "label" and not cell.feeds.endswith("_block")]
    area.sheet.put((row, min(labels)), None).tell()


@mutation(GROUP)
def header_repeated_within_the_table(book: Book, area: Area, random: Random) -> bool | None:
    starts = [area.at(cell)[0] for cell in _blocks(area)] or area.rows()
    headers = area.header_rows()
    if len(starts) < 2 or len(headers) > 1:
        return False
    row = random.choice(starts[1:])
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(headers[0]):
        area.sheet.put((row, column), cell.value, format=cell.format)
    return None


# --- Revisions


@mutation("revision")
def past_figure_revised(book: Book, area: Area, random: Random) -> bool | None:
    cells = [cell for cell in area.counts() if isinstance(cell.value, int) and cell.value > 30]
    if not cells:
        return False
    _revised(random.choice(cells), random.choice([-9, 4, 20]))
    return None


@mutation("revision")
def note_changed(book: Book, area: Area, random: Random) -> bool | None:
    cells = area.of("note")
    if not cells:
        return False
    random.choice(cells).set("herzien in 2022; zie bijlage 3")
    return None


def _titled(book: Book, area: Area, random: Random, *, retitle: Any, stops: bool) -> bool | None:
    titles = [
        cell for sheet in book.sheets for cell in sheet.cells.values() if cell.role == "title" and not cell.changed
    ]
    if not titles:
        return False
    titles[0].set(retitle(titles[0].value))
    if stops:
        book.stops += titles[:1]
        book.stops_file = True
        for sheet in book.sheets:
            for cell in sheet.cells.values():
                cell.figure = None
    return None


for name, retitle in {
    "in capitals": str.upper,
    "with a subtitle": lambda title: f"{title}: cijfers en trends",
    "with a footnote": lambda title: f"{title}¹",
    "with hard blanks": lambda title: title.replace(" ", "\u00a0"),
}.items():
    add("revision", f"title {name}", partial(_titled, retitle=retitle, stops=False), scope="book")
for name, retitle in {
    "of a coming edition": lambda title: title.replace("202", "203"),
    "of no edition": lambda title: "Jaarverslag",
    "of two years": lambda title: f"{title}-2023",
}.items():
    add("revision", f"title {name}", partial(_titled, retitle=retitle, stops=True), scope="book", pairs=False)


@mutation("revision", scope="book", pairs=False)
def titles_of_two_editions(book: Book, area: Area, random: Random) -> None:
    other = "Het beeld van 2021" if "2020" in _title(book) else "Het beeld van 2020"
    sheet = book.sheets[-1]
    sheet.insert_rows(1)
    book.stops.append(sheet.put((1, 1), other))
    book.stops += [cell for one in book.sheets for cell in one.cells.values() if cell.role == "title"]


def _title(book: Book) -> str:
    return next(str(cell.value) for sheet in book.sheets for cell in sheet.cells.values() if cell.role == "title")


@mutation("revision", scope="book")
def title_on_a_sheet_of_its_own(book: Book, area: Area, random: Random) -> bool | None:
    from corpus.book import Sheet

    for sheet in book.sheets:
        for place, cell in list(sheet.cells.items()):
            if cell.role == "title":
                if any(first == place for first, _ in sheet.merged):
                    return False
                del sheet.cells[place]
                book.sheets.insert(0, Sheet("Voorblad", {(4, 2): cell}))
                return None
    return False
