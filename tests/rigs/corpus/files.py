"""Mutations of the file as a whole: written by another program, damaged, or not a workbook."""

import io
import re
import zipfile
from collections.abc import Callable
from functools import partial
from random import Random

import openpyxl
import xlsxwriter
from samples import with_sheets

from rigs.corpus.book import Area, Book, Formula
from rigs.corpus.mutation import add, mutation

GROUP = "files"
SIZE = rb'<dimension ref="[^"]*"/>'
Parts = dict[str, bytes]


def _parts(content: bytes, change: Callable[[Parts], Parts]) -> bytes:
    """Change the parts of a workbook and pack them again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in change(parts).items():
            archive.writestr(name, part)
    return buffer.getvalue()


def _saved_again(content: bytes) -> bytes:
    """Save the file with openpyxl, which does not keep the saved values of formulas."""
    workbook = openpyxl.load_workbook(io.BytesIO(content), rich_text=True)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _inline(content: bytes) -> bytes:
    """Move the texts from the shared list into the cells."""

    def change(parts: Parts) -> Parts:
        shared = parts.pop("xl/sharedStrings.xml", b"").decode()
        items = re.findall(r"<si>(.*?)</si>", shared, flags=re.DOTALL)
        for name in list(parts):
            if name.startswith("xl/worksheets/sheet"):
                parts[name] = re.sub(
                    r't="s"><v>(\d+)</v>',
                    lambda match: f't="inlineStr"><is>{items[int(match[1])]}</is>',
                    parts[name].decode(),
                ).encode()
        for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
            parts[name] = re.sub(rb"<(Override|Relationship) [^>]*sharedStrings[^>]*/>", b"", parts[name])
        return parts

    return _parts(content, change)


def _wrong_size(content: bytes) -> bytes:
    """Make every sheet declare a size of one cell."""
    return with_sheets(content, lambda text: re.sub(SIZE, b'<dimension ref="A1"/>', text))


def _macros(content: bytes) -> bytes:
    plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    types = "[Content_Types].xml"
    with_macros = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    return _parts(content, lambda parts: parts | {types: parts[types].replace(plain, with_macros)})


READ: dict[str, Callable[[bytes], bytes]] = {
    "without shared strings": _inline,
    "sheets that lie about their size": _wrong_size,
    "sheets that do not state their size": lambda content: with_sheets(content, partial(re.sub, SIZE, b"")),
    "rows that do not state their span": lambda content: with_sheets(content, partial(re.sub, rb' spans="[^"]*"', b"")),
    "with macros": _macros,
}


def _csv(content: bytes) -> str:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return "\r\n".join(";".join("" if one is None else str(one) for one in row) for row in sheet.values)


def _biff(content: bytes) -> bytes:
    """Return the first bytes of an old .xls. A workbook with a password has the same container."""
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096)


def _ods(content: bytes) -> bytes:
    return _parts(content, lambda parts: {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"})


def _strict(content: bytes) -> bytes:
    """Turn the file into strict OOXML: the same parts in other namespaces."""
    spaces = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
    }

    def strict(part: bytes) -> bytes:
        for transitional, purl in spaces.items():
            part = part.replace(transitional, purl)
        return part

    return _parts(content, lambda parts: {name: strict(part) for name, part in parts.items()})


def _binary(content: bytes) -> bytes:
    """Turn the file into an .xlsb: the workbook's part has another name and is not XML."""

    def change(parts: Parts) -> Parts:
        types = parts["[Content_Types].xml"].replace(b"xl/workbook.xml", b"xl/workbook.bin")
        del parts["xl/workbook.xml"]
        return parts | {"[Content_Types].xml": types, "xl/workbook.bin": b"\x83\x01\x00"}

    return _parts(content, change)


def _flipped(content: bytes) -> bytes:
    """Flip one bit in the packed bytes of a sheet."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
    place = part.header_offset + 30 + len(part.filename) + part.compress_size // 2
    return content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :]


def _empty_workbook(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        workbook.add_worksheet("Blad1")
    return buffer.getvalue()


STOPS: dict[str, Callable[[bytes], bytes]] = {
    "no bytes": lambda content: b"",
    "cut in half": lambda content: content[: len(content) // 2],
    "without its end": lambda content: content[:-30],
    "a bit flipped": _flipped,
    "an old xls or a password": _biff,
    "an ods": _ods,
    "an xlsb": _binary,
    "strict OOXML": _strict,
    "a page of HTML": lambda content: b"<html><table><tr><td>Jaar</td></tr></table></html>",
    "a cp1252 text": lambda content: ("€;" + _csv(content)).encode("cp1252", "replace"),
    "a UTF-8 text": lambda content: _csv(content).encode("utf-8-sig"),
    "a UTF-16 text": lambda content: _csv(content).encode("utf-16"),
    "a text that names its separator": lambda content: b"sep=;\r\n" + _csv(content).encode(),
    "an empty workbook": _empty_workbook,
    "a zip of something else": lambda content: _parts(content, lambda parts: {"readme.txt": b"hello"}),
}


@mutation(GROUP, scope="book", pairs=False)
def saved_by_another_program(book: Book, area: Area, random: Random) -> None:
    book.after = _saved_again
    for sheet in book.sheets:
        for cell in sheet.cells.values():
            if isinstance(cell.value, Formula):
                cell.report()


@mutation(GROUP, scope="book", pairs=False)
def a_sheet_that_is_missing(book: Book, area: Area, random: Random) -> None:
    """Remove a sheet. Its tables are then missing, and with its title perhaps the edition."""
    gone = "xl/worksheets/sheet1.xml"
    book.after = partial(_parts, change=lambda parts: {name: part for name, part in parts.items() if name != gone})
    book.stop_anywhere()


def _written(book: Book, area: Area, random: Random, *, after: Callable[[bytes], bytes], stops: bool) -> None:
    book.after = after
    book.stops_file = stops


for name, after in READ.items():
    add(GROUP, name, partial(_written, after=after, stops=False), scope="book")
for name, after in STOPS.items():
    add(GROUP, name, partial(_written, after=after, stops=True), scope="book", pairs=False)
