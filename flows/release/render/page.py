"""Render a release as one HTML page in Dutch and English. The page has no script and loads no other file."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from flows.release.content import Content
from flows.release.disclosure.protect import load_policy
from flows.release.render.chart_svg import draw
from flows.release.render.charts import MONTHS_SHOWN, Chart, charts, load_breaks
from flows.release.render.labels import LANGUAGES, Labels, load_labels
from flows.release.render.summary import summary
from flows.release.render.tables import COUNT, SHARE, SYMBOLS, TEXT, Column, Table, Value, tables
from flows.release.seeds import read_rows
from flows.release.specs import Spec

HERE = Path(__file__).parent
# Limits in columns. A table with more than NARROW scrolls on a phone. One with more than HALF needs the full width of
# the screen. One with more than WIDE is printed in landscape.
NARROW, HALF, WIDE = 3, 5, 9
# Limits in rows. A table with more than WHOLE is printed over several pages. One with more than FOLDED is folded on
# screen.
WHOLE, FOLDED = 25, 30


def render(content: Content, specs: Sequence[Spec], seeds: Path) -> str:
    """Return the HTML page of a release. The same content gives the same bytes.

    Args:
        seeds: the folder with the CSV files of labels, texts and rules.

    Raises:
        KeyError: no row of seeds/ has a code or text that the page needs.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"words": _words, "look": _cell_look}
    return environment.get_template("page.html.j2").render(
        facts=content.facts,
        editions=[_edition(content, specs, seeds, language) for language in LANGUAGES],
        css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
    )


def _edition(content: Content, specs: Sequence[Spec], seeds: Path, language: str) -> dict[str, Any]:
    """Return what the template shows in one language."""
    labels = load_labels(seeds, language)
    return {
        "language": language,
        "labels": labels,
        "glance": summary(content, specs, read_rows(seeds / "release_headlines.csv"), labels),
        "chapters": list(_chapters(content, specs, seeds, labels)),
        "facts": _facts(content, seeds, labels),
        "publishers": content.tables["registries"].groupby("publisher", sort=False)["edition"].unique(),
        "estimates": list(_estimates(seeds / "estimates.csv", labels)),
    }


def _facts(content: Content, seeds: Path, labels: Labels) -> dict[str, str | int]:
    """Return the facts that texts quote about the release and its protection rules."""
    policy = load_policy(seeds / "disclosure_policy.csv")
    month, year = policy["month"], policy["year"]
    return {
        "month": labels.month(content.facts.month_end),
        "until": labels.day(content.facts.month_end),
        "release": content.facts.release,
        "releases": ", ".join(content.facts.follows),
        "deliveries": content.facts.deliveries[:12],
        "months": MONTHS_SHOWN,
        "month_base": month.base,
        "year_base": year.base,
        "month_smallest": month.smallest_shown - month.base // 2,
        "year_smallest": year.smallest_shown - year.base // 2,
        "share_from": year.share_from or 0,
    }


# --- Chapters


def _chapters(content: Content, specs: Sequence[Spec], seeds: Path, labels: Labels) -> Iterable[dict[str, Any]]:
    drawn = {chart.table: chart for chart in charts(content, specs, labels, load_breaks(seeds / "series_breaks.csv"))}
    shown = tables(content, specs, labels)
    numbers = {table.spec.table: number for number, table in enumerate(shown, start=1)}
    for code in dict.fromkeys(spec.chapter for spec in specs):
        parts = tuple(
            _part(table, numbers[table.spec.table], drawn.get(table.spec.table), labels)
            for table in shown
            if table.spec.chapter == code
        )
        if parts:
            yield {"code": code, "parts": parts}


def _part(table: Table, number: int, chart: Chart | None, labels: Labels) -> dict[str, Any]:
    """Return what the template shows of a table, with its chart, its note and its source.

    Long explanations become remarks below the table, each with a letter. `look` holds classes of page.css, and `breaks`
    pairs of a day and a reason.
    """
    spec = table.spec
    note = labels.note(spec.table)
    if spec.period_types == ("month",) and len(table.rows) > MONTHS_SHOWN:
        note = f"{note} {labels.text('page.months', months=MONTHS_SHOWN)}".strip()
        table = replace(table, columns=[replace(one, values=one.values[-MONTHS_SHOWN:]) for one in table.columns])
    explained = [column for column in table.columns if column.header == labels.of("word", "reason")]
    texts = dict.fromkeys(str(text) for column in explained for text in column.values)
    letters = {text: chr(ord("a") + place) for place, text in enumerate(texts)}
    columns = [
        replace(column, values=[letters[str(text)] for text in column.values]) if column in explained else column
        for column in table.columns
    ]
    breaks = {(one.day, dict(one.reason)[labels.language]) for one in chart.breaks} if chart else set()
    return {
        "table": replace(table, columns=columns),
        "name": f"{labels.language}-table-{spec.table}",
        "caption": labels.text("page.table", number=number, title=table.title),
        "look": _look(table),
        "note": note,
        "source": labels.text(f"source.{spec.mart}"),
        "remarks": [(letter, text) for text, letter in letters.items()],
        "symbols": [labels.text(f"symbol.{one}") for one in SYMBOLS if any(one in row for row in table.rows)],
        "chart": Markup(draw(chart, labels)) if chart else "",
        "breaks": [(labels.day(day), reason) for day, reason in sorted(breaks)],
        "scrolls": len(columns) > NARROW,
        "is_folded": len(table.rows) > FOLDED,
    }


def _look(table: Table) -> str:
    """Return the classes of page.css that fit the shape of a table."""
    n = len(table.columns)
    width = "narrow" if n <= NARROW else "half" if n <= HALF else "wide" if n <= WIDE else "wide broad"
    months = " months" if table.spec.period_types == ("month",) else ""
    worded = " worded" if sum(column.kind == TEXT for column in table.columns) > 1 else ""
    return f"{width}{months}{worded}{' whole' if len(table.rows) <= WHOLE else ''}"


def _cell_look(value: Value, column: Column, labels: Labels) -> str:
    if value in SYMBOLS:
        return "symbol" if column.kind == TEXT else "symbol number"
    if column.header == labels.of("word", "change"):
        changes = (labels.of("change", "more"), labels.of("change", "fewer"))
        return "text change changed" if value in changes else "text change"
    return "text" if column.kind == TEXT else "number"


def _words(value: Value, column: Column, labels: Labels) -> str:
    """Return the value of a cell in words. Symbols and intervals are text already."""
    if isinstance(value, str):
        return value
    if column.kind == SHARE:
        return labels.share(value)
    return labels.count(value) if column.kind == COUNT else str(value)


# --- Sources


def _estimates(path: Path, labels: Labels) -> Iterable[str]:
    for row in read_rows(path):
        low, high = ("" if not row[end] else labels.count(int(row[end])) for end in ("low", "high"))
        yield labels.text(
            "sources.estimate",
            label=row[f"label_{labels.language}"],
            years=f"{row['reference_from']}–{row['reference_to']}",
            value=labels.count(int(row["value"])),
            range=labels.text("sources.range", low=low, high=high) if low else "",
            publisher=labels.of("source", row["publisher"]),
            edition=row["edition"],
        )
