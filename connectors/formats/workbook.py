"""Read what an .xlsx file holds: its cells, by their addresses, and everything that changes how a person sees them.

Only the parts that a figure depends on are read. A program can therefore write odd colours, drawings, properties or
validations without making its figures unreadable. The work depends only on the cells that hold something: a blank
cell in the very last row, or a merged range that extends to it, costs nothing.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel, from_ISO8601
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.xml.constants import ARC_ROOT_RELS
from openpyxl.xml.functions import fromstring, iterparse

from connectors.errors import SourceProblem
from connectors.formats.text import UNPACKED_RATIO, most_unpacked
from connectors.formats.workbook_parts import CONTROLS, MAIN, Style, TextRun, is_on, local_name, styles_of, text_of_part
from connectors.source import SourceFile

Place = tuple[int, int]  # row and column, from 1

UNPACKED_BYTES = 256 << 20
MOST_CELLS = 2_000_000  # in one workbook; UNODC's has 600,000
LAST_ROW = 1 << 20  # the highest row number of the .xlsx format
LEAST_SIZE = 0.5  # a lower row (in points) or a narrower column (in letters) shows nothing

OF_CELLS = {f"{MAIN}{name}" for name in ("c", "f", "v", "is", "r", "rPr", "t")}
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

# The errors that zipfile, the XML parser and the conversions raise on bytes that are not a whole workbook.
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError),
    RuntimeError,  # a part with a password, or with a compression that zipfile does not know
    *(SyntaxError, LookupError, ValueError, TypeError, AttributeError),
)


class Raw(NamedTuple):
    """A cell as the file holds it.

    Attributes:
        value: A text, the runs of a text, a number or a date. None for a formula without a value.
        style: The style of the cell.
        is_error: Whether the value is an error, such as `#N/A`.
    """

    value: Any
    style: Style
    is_error: bool = False


class Mask(NamedTuple):
    """A conditional format that shows numbers under another number format.

    Attributes:
        areas: The cells that it applies to.
        rule: The type of the condition, such as `cellIs`.
        operator: How `cellIs` compares, such as `lessThan`.
        limits: The formulas with which it compares.
        number_format: The format that is used where the condition holds.
    """

    areas: list[CellRange]
    rule: str
    operator: str
    limits: list[str]
    number_format: str


@dataclass(frozen=True)
class Sheet:
    """What a file holds for one sheet.

    Attributes:
        title: The name of the sheet.
        is_hidden: Whether the whole sheet is hidden.
        cells: The cells that hold something, by row and column (from 1).
        merged: The merged ranges.
        hidden_rows: The numbers of the rows that are hidden or have no height.
        hidden_columns: The columns that are hidden or have no width, as ranges of their numbers.
        masks: The conditional formats that change which number is visible.
    """

    title: str
    is_hidden: bool
    cells: dict[Place, Raw] = field(default_factory=dict)
    merged: list[CellRange] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[range] = field(default_factory=list)
    masks: list[Mask] = field(default_factory=list)


def read_sheets(source: str, file: SourceFile) -> Iterator[Sheet]:
    """Yield all that an .xlsx file holds for each of its sheets with cells, in the order of the workbook.

    Args:
        source: The name of the source.
        file: The file to read.

    Raises:
        SourceProblem: If the file is not a workbook, is damaged, unpacks to too much or has too many cells.
    """
    where = f"{source}: {file.name}"
    n_cells = 0
    try:
        with zipfile.ZipFile(file.path) as archive:
            _check_size(where, archive)
            for sheet in _Book(archive).sheets():
                n_cells += len(sheet.cells)
                if n_cells > MOST_CELLS:
                    raise SourceProblem(
                        where,
                        found=f"more than {MOST_CELLS} filled cells",
                        expected="fewer",
                        do="Deliver it in several files.",
                    )
                yield sheet
    except DAMAGE:
        raise SourceProblem(
            where,
            found="no readable workbook",
            expected="an .xlsx file without a password",
            do="Open it in a spreadsheet program, save it as .xlsx and deliver it again.",
        ) from None


def _check_size(where: str, archive: zipfile.ZipFile) -> None:
    packed = sum(part.compress_size for part in archive.infolist())
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > UNPACKED_BYTES or unpacked > most_unpacked(packed):
        raise SourceProblem(
            where,
            found=f"{packed >> 10} KiB that unpack to {unpacked >> 20} MiB",
            expected=f"at most {UNPACKED_RATIO} times as much and {UNPACKED_BYTES >> 20} MiB",
            do="Check where the file comes from; save it again from a spreadsheet program.",
        )


class _Book:
    """The parts of a workbook that all of its sheets share."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        references = get_dependents(archive, ARC_ROOT_RELS)
        [path] = [one.target for one in references if one.Type.endswith("/officeDocument")]
        self._root = fromstring(archive.read(path))
        self._references = get_dependents(archive, get_rels_path(path))  # type: ignore[no-untyped-call]
        parts = {one.Type.rpartition("/")[2]: one.target for one in self._references}
        settings = self._root.find(f"{MAIN}workbookPr")
        self._epoch = MAC_EPOCH if settings is not None and is_on(settings.get("date1904")) else WINDOWS_EPOCH
        self._styles, self._formats = [Style()], dict[int, str]()
        if "styles" in parts:
            self._styles, self._formats = styles_of(fromstring(archive.read(parts["styles"])))
        self._texts: list[str | tuple[TextRun, ...]] = []
        if "sharedStrings" in parts:
            with archive.open(parts["sharedStrings"]) as stream:
                for _, element in iterparse(stream):
                    if element.tag == f"{MAIN}si":
                        self._texts.append(text_of_part(element))
                        element.clear()

    def sheets(self) -> Iterator[Sheet]:
        for element in self._root.iterfind(f"{MAIN}sheets/{MAIN}sheet"):
            reference = self._references.get(element.attrib[RELATION])
            if reference.Type.endswith("/worksheet"):  # a sheet can also be one chart
                sheet = Sheet(element.attrib["name"], element.get("state", "visible") != "visible")
                with self._archive.open(reference.target) as stream:
                    self._read(sheet, stream)
                yield sheet

    def _read(self, sheet: Sheet, stream: Any) -> None:
        height, number = "15", 0
        for _, element in iterparse(stream):
            if element.tag in OF_CELLS:  # most elements; their row reads them
                continue
            if element.tag == f"{MAIN}row":
                number = self._row(sheet, element, number + 1, height)
                element.clear()
            elif element.tag == f"{MAIN}sheetFormatPr":
                height = element.get("defaultRowHeight", height)
            elif element.tag == f"{MAIN}col" and _is_hidden(element, element.get("width", "9")):
                sheet.hidden_columns.append(range(int(element.attrib["min"]), int(element.attrib["max"]) + 1))
            elif element.tag == f"{MAIN}mergeCell":
                sheet.merged.append(CellRange(element.attrib["ref"]))
            elif local_name(element) == "conditionalFormatting":
                sheet.masks.extend(self._masks(element))

    def _row(self, sheet: Sheet, row: Any, number: int, height: str) -> int:
        """Add the cells of a row, and return its number. The address of a cell counts, not its place in the file."""
        number, column = int(float(row.get("r", number))), 0
        height = "0" if is_on(row.get("customHeight")) else height  # openpyxl writes a height of 0 as none
        hidden = {number} if _is_hidden(row, row.get("ht", height)) else None
        for element in row.iterfind(f"{MAIN}c"):
            place = coordinate_to_tuple(element.attrib["r"]) if "r" in element.attrib else (number, column + 1)
            column = place[1]
            if not 0 < place[0] <= LAST_ROW:
                raise ValueError
            raw = self._cell(element)
            if raw is not None:
                sheet.cells[place] = raw
            if hidden is not None:
                hidden.add(place[0])
        sheet.hidden_rows.update(hidden or ())
        return number

    def _cell(self, element: Any) -> Raw | None:
        """Return a cell, or None if it holds nothing."""
        kind, value = element.get("t", "n"), element.findtext(f"{MAIN}v")
        style = self._styles[int(element.get("s", 0))]
        if kind == "inlineStr":
            inline = element.find(f"{MAIN}is")
            text = "" if inline is None else text_of_part(inline)
            return Raw(text, style) if text else None
        if not value:
            # A formula whose value is an empty text has a value. A formula that was never calculated has none.
            is_calculated = kind == "str" and value is not None
            return Raw(None, style) if element.find(f"{MAIN}f") is not None and not is_calculated else None
        if kind == "s":
            text = self._texts[int(value)]
            return Raw(text, style) if text else None
        if kind == "str":
            return Raw(CONTROLS.sub("\n", value), style)
        if kind == "n":
            return self._number(value, style)
        if kind == "b":
            return Raw("true" if int(value) else "false", style)
        if kind == "d":
            return Raw(from_ISO8601(value), style)  # type: ignore[no-untyped-call]
        if kind != "e":
            raise ValueError
        return Raw(value, style, is_error=True)

    def _number(self, text: str, style: Style) -> Raw:
        number = int(text) if text.isdecimal() else float(text)
        is_date, is_duration = _kind_of_date(style.number_format)
        if not is_date:
            return Raw(number, style)
        try:
            return Raw(from_excel(number, self._epoch, timedelta=is_duration), style)
        except (OverflowError, ValueError):  # a number that is no date, which a spreadsheet shows as ####
            return Raw("", style, is_error=True)

    def _masks(self, element: Any) -> Iterator[Mask]:
        """Yield the conditional formats of an element that change which number is visible."""
        places = element.get("sqref") or " ".join(one.text for one in element if local_name(one) == "sqref")
        for rule in element:
            parts = {local_name(one): one for one in rule.iter()}
            number_format = self._formats.get(int(rule.get("dxfId", -1)))
            if "numFmt" in parts:
                number_format = parts["numFmt"].get("formatCode")
            if any(one.get("showValue", "1") in ("0", "false") for one in parts.values()):
                number_format = ";;;"
            if number_format is not None:
                limits = [one.text or "" for one in rule.iter() if local_name(one) in ("formula", "f")]
                areas = [CellRange(place) for place in places.split()]
                yield Mask(areas, rule.get("type", ""), rule.get("operator", ""), limits, number_format)


def _is_hidden(element: Any, size: str) -> bool:
    return is_on(element.get("hidden")) or float(size) < LEAST_SIZE


@lru_cache(1000)
def _kind_of_date(number_format: str) -> tuple[bool, bool]:
    """Return whether a number format shows dates, and whether it shows durations."""
    return is_date_format(number_format), is_timedelta_format(number_format)
