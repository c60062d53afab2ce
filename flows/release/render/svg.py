"""Draw text, boxes, lines and dots as SVG with Vega-Lite (vl-convert). Equal drawings give equal bytes.

All positions are in pixels of a drawing that is WIDTH wide. If Vega-Lite chose the layout, it would depend on the fonts
of the machine. Text remains text in the SVG. Colours are those of the page.
"""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any
from xml.etree import ElementTree

import vl_convert

WIDTH = 420
SIZE, SMALL = 14, 13  # font sizes in pixels
MARGIN = 4.0  # space above the first line of text, because letters may be taller than the font size
# Placeholder colours. Each is replaced by the variable of page.css with that name.
COLOURS = {"ink": "#000001", "soft": "#000002", "rule": "#000003", "mark": "#000004", "before": "#000005"}
COLOURS |= {"veil": "#000006", "paper": "#000007"}
DEPTH = ("rect", "rule", "line", "point", "text")
SVG = "{http://www.w3.org/2000/svg}"
KEPT = {"d", "transform", "x1", "x2", "y1", "y2", "fill", "opacity", "text-anchor", "font-size", "font-weight"}
KEPT |= {"stroke", "stroke-width", "stroke-dasharray"}

Place = tuple[float, float]


class Canvas:
    """A drawing in pixels from the top left corner. The layers from bottom to top: boxes, rules, lines, dots, text."""

    def __init__(self) -> None:
        self.height = MARGIN
        self._lines = count()
        # One layer for each look, because the time of Vega-Lite depends on the number of layers, not of marks.
        self._layers: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}

    def _put(self, mark: dict[str, Any], **row: Any) -> None:
        name = f"{DEPTH.index(mark['type'])} {json.dumps(mark)}"
        self._layers.setdefault(name, (mark, []))[1].append(row)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        colour: str = "ink",
        size: float = SIZE,
        align: str = "left",
        is_bold: bool = False,
    ) -> None:
        """Add one line of text. `y` is its baseline; `align` is left, center or right of `x`."""
        mark = {"type": "text", "align": align, "baseline": "alphabetic", "fontSize": size, "color": COLOURS[colour]}
        self._put(mark | {"fontWeight": 600 if is_bold else 400}, x=x, y=y, text=words)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Add a filled rectangle with its top left corner at (x, y)."""
        self._put({"type": "rect", "color": COLOURS[colour]}, x=x, y=y, x2=x + width, y2=y + height)

    def rule(self, start: Place, end: Place, colour: str, width: float = 1, **look: Any) -> None:
        """Add a straight line. `look` holds more properties of the Vega-Lite mark."""
        mark = {"type": "rule", "color": COLOURS[colour], "strokeWidth": width, **look}
        self._put(mark, x=start[0], y=start[1], x2=end[0], y2=end[1])

    def line(self, places: Sequence[Place]) -> None:
        """Add a line that connects the places."""
        mark = {"type": "line", "color": COLOURS["mark"], "strokeWidth": 2}
        number = next(self._lines)
        for x, y in places:
            self._put(mark, x=x, y=y, detail=number)

    def dots(self, places: Iterable[Place], size: float, is_open: bool = False) -> None:
        """Add round marks. Open ones are filled with the colour of the paper. `size` is the area in square pixels."""
        mark = {"type": "point", "shape": "circle", "size": size, "opacity": 1, "strokeWidth": 1.75}
        mark |= {"fill": COLOURS["paper" if is_open else "mark"], "stroke": COLOURS["mark"]}
        for x, y in places:
            self._put(mark, x=x, y=y)

    def embedded(self, name: str, title: str, description: str) -> str:
        """Return the drawing as an SVG element for an HTML page.

        The title and the description replace the English labels that Vega-Lite gives to each single mark.

        Args:
            name: the start of the ids of the title and the description.
            description: the text for readers who do not see the drawing.
        """
        look = {"viewBox": f"0 0 {WIDTH} {self.height:g}", "role": "img"}
        root = ElementTree.Element("svg", look | {"aria-labelledby": f"{name}-title {name}-text"})
        for tag, key, words in (("title", "title", title), ("desc", "text", description)):
            ElementTree.SubElement(root, tag, {"id": f"{name}-{key}"}).text = words
        for element in ElementTree.fromstring(self._drawn()).iter():
            tag = element.tag.removeprefix(SVG)
            if tag in ("path", "text", "line") and _is_seen(element):
                kept = {"fill": "none"} | {key: _tidy(value) for key, value in element.attrib.items() if key in KEPT}
                ElementTree.SubElement(root, tag, kept).text = element.text
        return ElementTree.tostring(root, encoding="unicode")

    def _drawn(self) -> str:
        spec = {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            **{"width": WIDTH, "height": self.height, "padding": 0, "autosize": "none"},
            "layer": [self._layer(*self._layers[name]) for name in sorted(self._layers)],
            "config": {"background": None, "view": {"stroke": None}},
        }
        return vl_convert.vegalite_to_svg(spec)

    def _layer(self, mark: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
        encoding: dict[str, Any] = {field: {"field": field} for field in rows[0]}
        for axis, domain in (("x", [0, WIDTH]), ("y", [self.height, 0])):
            scale = {"domain": domain, "nice": False, "zero": False}
            encoding[axis] |= {"type": "quantitative", "axis": None, "scale": scale}
        return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


def _is_seen(element: ElementTree.Element) -> bool:
    return any(element.get(paint) in COLOURS.values() for paint in ("fill", "stroke"))


def _tidy(value: str) -> str:
    for name, colour in COLOURS.items():
        if value == colour:
            return f"var(--{name})"
    return re.sub(r"\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), value)
