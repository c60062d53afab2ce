"""Read the parts of an .xlsx file that its sheets share: styles and texts."""

import re
from typing import Any, NamedTuple

from openpyxl.styles.numbers import BUILTIN_FORMATS

FIRST_OF_ITS_OWN = 164  # the lowest number of a number format that a workbook describes itself
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CONTROLS = re.compile("_x00[01][0-9A-Fa-f]_")  # control characters, as the format escapes them in texts


class TextRun(NamedTuple):
    """A part of a text with a font of its own."""

    text: str
    is_struck: bool
    is_raised: bool


class Style(NamedTuple):
    """What the style of a cell says about its content. A lowered text also counts as raised."""

    number_format: str = "General"
    is_struck: bool = False
    is_raised: bool = False


def styles_of(root: Any) -> tuple[list[Style], dict[int, str]]:
    """Return the styles of cells, and the number formats of conditional formats by their number."""
    formats = dict[int, str](BUILTIN_FORMATS)
    formats |= {int(one.attrib["numFmtId"]): one.attrib["formatCode"] for one in root.iterfind(f"{MAIN}numFmts/*")}
    fonts = [_font(one) for one in root.iterfind(f"{MAIN}fonts/{MAIN}font")]
    styles = []
    for one in root.iterfind(f"{MAIN}cellXfs/{MAIN}xf"):
        number, font = int(one.get("numFmtId", 0)), int(one.get("fontId", 0))
        # A format that is built in and has no description, such as a date in Chinese, is not known.
        number_format = formats.get(number, "?") if number < FIRST_OF_ITS_OWN else formats[number]
        styles.append(Style(number_format, *(fonts[font] if fonts else ())))
    conditional = {
        number: code.attrib["formatCode"]
        for number, one in enumerate(root.iterfind(f"{MAIN}dxfs/{MAIN}dxf"))
        if (code := one.find(f"{MAIN}numFmt")) is not None
    }
    return styles or [Style()], conditional


def _font(element: Any) -> tuple[bool, bool]:
    """Return whether a font strikes texts out, and whether it raises or lowers them."""
    struck, raised = element.find(f"{MAIN}strike"), element.find(f"{MAIN}vertAlign")
    is_struck = struck is not None and is_on(struck.get("val", "1"))
    return is_struck, raised is not None and raised.get("val") in ("superscript", "subscript")


def text_of_part(element: Any) -> str | tuple[TextRun, ...]:
    """Return a text, or its runs if a part of it is struck out or raised."""
    runs = []
    for one in element:
        if one.tag == f"{MAIN}t":
            runs.append(TextRun(one.text or "", is_struck=False, is_raised=False))
        elif one.tag == f"{MAIN}r":
            font = one.find(f"{MAIN}rPr")
            runs.append(TextRun(one.findtext(f"{MAIN}t") or "", *((False, False) if font is None else _font(font))))
    runs = [run._replace(text=CONTROLS.sub("\n", run.text)) for run in runs if run.text]
    if any(run.is_struck or run.is_raised for run in runs):
        return tuple(runs)
    return "".join(run.text for run in runs)


def is_on(text: str | None) -> bool:
    return text not in (None, "0", "f", "false")


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace. Extensions of the format use other namespaces."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
