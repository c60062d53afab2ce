"""Render a release as one HTML page in Dutch and English. The page has no script and loads no other file."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from flows.release.content import Content
from flows.release.disclosure.protect import load_policy
from flows.release.render.chart_svg import draw
from flows.release.render.charts import MONTHS_SHOWN, Chart, charts, load_breaks
from flows.release.render.labels import LANGUAGES, Labels, load_labels
from flows.release.render.summary import Glance, glance, load_headlines
from flows.release.render.tables import (
    CONFIDENTIAL,
    COUNT,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    SHARE,
    TEXT,
    Column,
    Value,
    View,
    views,
)
from flows.release.specs import Spec

HERE = Path(__file__).parent
SYMBOLS = (CONFIDENTIAL, NOT_APPLICABLE, NOT_AVAILABLE)
# Limits in columns. A table with more than NARROW scrolls on a phone. One with more than HALF needs the full width of
# the screen. One with more than WIDE is printed in landscape.
NARROW, HALF, WIDE = 3, 5, 9
# Limits in rows. A table with more than WHOLE is printed over several pages. One with more than FOLDED is folded on
# screen.
WHOLE, FOLDED = 25, 30


@dataclass(frozen=True)
class Cell:
    """A cell of a table in the words of the page. `look` holds classes of page.css."""

    words: str
    look: str


@dataclass(frozen=True)
class Table:
    """A table in the words of the page."""

    name: str
    caption: str
    columns: tuple[Cell, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]  # look, cells
    remarks: tuple[tuple[str, str], ...]  # letter, text
    symbols: tuple[str, ...]
    scrolls: bool
    is_folded: bool
    look: str


@dataclass(frozen=True)
class Part:
    """A table with its chart, its note and its source."""

    title: str
    note: str
    source: str
    table: Table
    chart: Markup
    breaks: tuple[tuple[str, str], ...]  # day, reason


@dataclass(frozen=True)
class Chapter:
    """The parts under one heading."""

    code: str
    title: str
    intro: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Edition:
    """The content of the page in one language."""

    labels: Labels
    glance: Glance
    chapters: tuple[Chapter, ...]
    facts: dict[str, str | int]
    editions: tuple[tuple[str, tuple[str, ...]], ...]  # publisher, editions
    estimates: tuple[str, ...]

    @property
    def language(self) -> str:
        """The language code: nl or en."""
        return self.labels.language


def render(content: Content, specs: Sequence[Spec], seeds: Path) -> str:
    """Return the HTML page of a release. The same content gives the same bytes.

    Args:
        seeds: the folder with the CSV files of labels, texts and rules.

    Raises:
        KeyError: no row of seeds/ has a code or text that the page needs.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        content=content,
        editions=[_edition(content, specs, seeds, language) for language in LANGUAGES],
        css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
    )


def _edition(content: Content, specs: Sequence[Spec], seeds: Path, language: str) -> Edition:
    labels = load_labels(seeds, language)
    return Edition(
        labels=labels,
        glance=glance(content, specs, load_headlines(seeds / "release_headlines.csv"), labels),
        chapters=tuple(_chapters(content, specs, seeds, labels)),
        facts=_facts(content, seeds, labels),
        editions=_registry_editions(content, labels),
        estimates=tuple(_estimates(seeds / "estimates.csv", labels)),
    )


def _facts(content: Content, seeds: Path, labels: Labels) -> dict[str, str | int]:
    """Return the facts that texts quote about the release and its protection rules."""
    policy = load_policy(seeds / "disclosure_policy.csv")
    month, year = policy["month"], policy["year"]
    return {
        "month": labels.month(content.month_end),
        "until": labels.day(content.month_end),
        "release": content.release,
        "releases": ", ".join(content.follows),
        "deliveries": content.deliveries[:12],
        "months": MONTHS_SHOWN,
        "month_base": month.base,
        "year_base": year.base,
        "month_smallest": month.smallest_shown - month.base // 2,
        "year_smallest": year.smallest_shown - year.base // 2,
        "share_from": year.share_from or 0,
    }


# --- Chapters


def _chapters(content: Content, specs: Sequence[Spec], seeds: Path, labels: Labels) -> Iterable[Chapter]:
    drawn = {chart.table: chart for chart in charts(content, specs, labels, load_breaks(seeds / "series_breaks.csv"))}
    shown = views(content, specs, labels)
    numbers = {view.spec.table: number for number, view in enumerate(shown, start=1)}
    for code in dict.fromkeys(spec.chapter for spec in specs):
        parts = tuple(
            _part(view, numbers[view.spec.table], drawn.get(view.spec.table), labels)
            for view in shown
            if view.spec.chapter == code
        )
        if parts:
            yield Chapter(code, labels.of("chapter", code), labels.text(f"chapter.{code}"), parts)


def _part(view: View, number: int, chart: Chart | None, labels: Labels) -> Part:
    note = labels.note(view.spec.table)
    is_cut = view.spec.period_types == ("month",) and len(view.rows) > MONTHS_SHOWN
    if is_cut:
        note = f"{note} {labels.text('page.months', months=MONTHS_SHOWN)}".strip()
    breaks = {(one.day, dict(one.reason)[labels.language]) for one in chart.breaks} if chart else set()
    return Part(
        title=view.title,
        note=note,
        source=labels.text(f"source.{view.spec.mart}"),
        table=_table(view, view.rows[-MONTHS_SHOWN:] if is_cut else view.rows, number, labels),
        chart=Markup(draw(chart, labels)) if chart else Markup(),
        breaks=tuple((labels.day(day), reason) for day, reason in sorted(breaks)),
    )


def _table(view: View, rows: Sequence[Sequence[Value]], number: int, labels: Labels) -> Table:
    """Return the table of a view. Long explanations become remarks below the table, each with a letter."""
    explained = [place for place, one in enumerate(view.columns) if one.header == labels.of("word", "reason")]
    texts = list(dict.fromkeys(str(row[place]) for row in rows for place in explained))
    letters = {text: chr(ord("a") + place) for place, text in enumerate(texts)}
    base = labels.of("word", "base")
    made = []
    for row in rows:
        cells = [_cell(value, column, labels) for value, column in zip(row, view.columns, strict=True)]
        for place in explained:
            cells[place] = Cell(letters[str(row[place])], "text")
        made.append(("base" if str(row[0]).startswith(base) else "", tuple(cells)))
    return Table(
        name=f"{labels.language}-table-{view.spec.table}",
        caption=labels.text("page.table", number=number, title=view.title),
        columns=tuple(Cell(column.header, "text" if column.kind == TEXT else "number") for column in view.columns),
        rows=tuple(made),
        remarks=tuple((letter, text) for text, letter in letters.items()),
        symbols=tuple(labels.text(f"symbol.{one}") for one in SYMBOLS if any(one in row for row in rows)),
        scrolls=len(view.columns) > NARROW,
        is_folded=len(rows) > FOLDED,
        look=_look(view, len(rows)),
    )


def _look(view: View, n_rows: int) -> str:
    """Return the classes of page.css that fit the shape of a table."""
    n = len(view.columns)
    width = "narrow" if n <= NARROW else "half" if n <= HALF else "wide" if n <= WIDE else "wide broad"
    months = " months" if view.spec.period_types == ("month",) else ""
    worded = " worded" if sum(column.kind == TEXT for column in view.columns) > 1 else ""
    return f"{width}{months}{worded}{' whole' if n_rows <= WHOLE else ''}"


def _cell(value: Value, column: Column, labels: Labels) -> Cell:
    if value in SYMBOLS:
        return Cell(str(value), "symbol" if column.kind == TEXT else "symbol number")
    if column.header == labels.of("word", "change"):
        changes = (labels.of("change", "more"), labels.of("change", "fewer"))
        return Cell(str(value), "text change changed" if value in changes else "text change")
    if column.kind == TEXT:
        return Cell(str(value), "text")
    if column.kind == SHARE:
        return Cell(labels.share(float(value)), "number")
    return Cell(
        labels.count(float(value)) if column.kind == COUNT and not isinstance(value, str) else str(value), "number"
    )


# --- Sources


def _registry_editions(content: Content, labels: Labels) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, set[str]] = {}
    for one in content.registries:
        found.setdefault(labels.of("source", one.publisher), set()).add(one.edition)
    return tuple((publisher, tuple(sorted(editions))) for publisher, editions in found.items())


def _estimates(path: Path, labels: Labels) -> Iterable[str]:
    with path.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            low, high = row["low"], row["high"]
            yield labels.text(
                "sources.estimate",
                label=row[f"label_{labels.language}"],
                years=f"{row['reference_from']}–{row['reference_to']}",
                value=labels.count(int(row["value"])),
                range=labels.text("sources.range", low=labels.count(int(low)), high=labels.count(int(high)))
                if low
                else "",
                publisher=labels.of("source", row["publisher"]),
                edition=row["edition"],
            )
