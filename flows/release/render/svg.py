"""Draw text, boxes, lines and dots as SVG. Equal drawings give equal bytes.

All positions are in pixels of a drawing that is WIDTH wide. Text remains text in the SVG. Colours are the names of
variables of page.css, so that they follow the reader's light or dark scheme.
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

WIDTH = 420
SIZE, SMALL = 14, 13  # font sizes in pixels
MARGIN = 4.0  # space above the first line of text, because letters may be taller than the font size
DEPTH = ("rect", "line", "polyline", "circle", "text")  # from bottom to top

Place = tuple[float, float]


class Canvas:
    """A drawing in pixels from the top left corner. The layers from bottom to top: boxes, rules, lines, dots, text."""

    def __init__(self) -> None:
        self.height = MARGIN
        self._elements: list[Element] = []

    def _put(self, tag: str, words: str = "", /, **attributes: str | float) -> None:
        element = Element(tag, {name.replace("_", "-"): _written(value) for name, value in attributes.items()})
        element.text = words
        self._elements.append(element)

    def text(
        self,
        place: Place,
        words: str,
        colour: str = "ink",
        size: float = SIZE,
        anchor: str = "start",
        is_bold: bool = False,
    ) -> None:
        """Add one line of text. Its baseline has its start, middle or end (`anchor`) at the place."""
        x, y = place
        weight = 600 if is_bold else 400
        fill = _paint(colour)
        self._put("text", words, x=x, y=y, fill=fill, text_anchor=anchor, font_size=size, font_weight=weight)

    def box(self, place: Place, width: float, height: float, colour: str) -> None:
        """Add a filled rectangle with its top left corner at the place."""
        x, y = place
        self._put("rect", x=x, y=y, width=width, height=height, fill=_paint(colour))

    def rule(self, start: Place, end: Place, colour: str, width: float = 1, **look: str | float) -> None:
        """Add a straight line. `look` holds more attributes of the SVG element, with `_` for `-`."""
        (x1, y1), (x2, y2) = start, end
        self._put("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=_paint(colour), stroke_width=width, **look)

    def line(self, places: Iterable[Place]) -> None:
        """Add a line that connects the places."""
        points = " ".join(f"{_written(x)},{_written(y)}" for x, y in places)
        self._put("polyline", points=points, fill="none", stroke=_paint("mark"), stroke_width=2)

    def dots(self, places: Iterable[Place], radius: float, is_open: bool = False) -> None:
        """Add round marks. Open ones are filled with the colour of the paper."""
        fill, stroke = _paint("paper" if is_open else "mark"), _paint("mark")
        for x, y in places:
            self._put("circle", cx=x, cy=y, r=radius, fill=fill, stroke=stroke, stroke_width=1.75)

    def embedded(self, name: str, title: str, description: str) -> str:
        """Return the drawing as an SVG element for an HTML page.

        Args:
            name: the start of the ids of the title and the description, unique on the page.
            description: the text for readers who do not see the drawing.
        """
        look = {"viewBox": f"0 0 {WIDTH} {_written(self.height)}", "role": "img"}
        root = Element("svg", look | {"aria-labelledby": f"{name}-title {name}-text"})
        for tag, key, words in (("title", "title", title), ("desc", "text", description)):
            SubElement(root, tag, {"id": f"{name}-{key}"}).text = words
        root.extend(sorted(self._elements, key=lambda element: DEPTH.index(element.tag)))
        return tostring(root, encoding="unicode")


def _paint(colour: str) -> str:
    return f"var(--{colour})"


def _written(value: str | float) -> str:
    """Return text as it is, and a number with at most two decimals and without the minus sign of -0."""
    return value if isinstance(value, str) else f"{round(value, 2) + 0:g}"
