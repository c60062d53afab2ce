"""Render a release as one HTML page in Dutch and English. The page has no script and loads no other file."""

from collections.abc import Sequence
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
from flows.release.render.tables import CONFIDENTIAL, SYMBOLS, Table, tables
from flows.release.seeds import read_rows
from flows.release.specs import Spec

HERE = Path(__file__).parent


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
    environment.globals |= {"SYMBOLS": SYMBOLS, "CONFIDENTIAL": CONFIDENTIAL}
    return environment.get_template("page.html.j2").render(
        facts=content.facts,
        editions=[_edition(content, specs, seeds, language) for language in LANGUAGES],
        publishers=content.tables["registries"].groupby("publisher", sort=False)["edition"].unique(),
        estimates=read_rows(seeds / "estimates.csv"),
        css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
    )


def _edition(content: Content, specs: Sequence[Spec], seeds: Path, language: str) -> dict[str, Any]:
    """Return what the template shows in one language."""
    labels = load_labels(seeds, language)
    return {
        "language": language,
        "labels": labels,
        "glance": summary(content, specs, read_rows(seeds / "release_headlines.csv"), labels),
        "chapters": _chapters(content, specs, seeds, labels),
        "facts": _facts(content, seeds, labels),
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


def _chapters(content: Content, specs: Sequence[Spec], seeds: Path, labels: Labels) -> dict[str, list[dict[str, Any]]]:
    """Return what the template shows of the tables of each chapter, with their numbers."""
    drawn = {chart.table: chart for chart in charts(content, specs, labels, load_breaks(seeds / "series_breaks.csv"))}
    chapters: dict[str, list[dict[str, Any]]] = {}
    for number, table in enumerate(tables(content, specs, labels), start=1):
        part = {"number": number, **_part(table, drawn.get(table.spec.table), labels)}
        chapters.setdefault(table.spec.chapter, []).append(part)
    return chapters


def _part(table: Table, chart: Chart | None, labels: Labels) -> dict[str, Any]:
    """Return what the template shows of a table, with its chart and its note.

    Long explanations become remarks below the table, each with a letter. `breaks` holds pairs of a day and a reason.
    """
    note = labels.note(table.spec.table)
    if table.spec.period_types == ("month",) and len(table.rows) > MONTHS_SHOWN:
        note = f"{note} {labels.text('page.months', months=MONTHS_SHOWN)}".strip()
        table = replace(table, columns=[replace(one, values=one.values[-MONTHS_SHOWN:]) for one in table.columns])
    explained = [column for column in table.columns if column.header == labels.of("word", "reason")]
    texts = dict.fromkeys(str(text) for column in explained for text in column.values)
    letters = {text: chr(ord("a") + place) for place, text in enumerate(texts)}
    columns = [
        replace(column, values=[letters[str(text)] for text in column.values]) if column in explained else column
        for column in table.columns
    ]
    return {
        "table": replace(table, columns=columns),
        "note": note,
        "remarks": letters,
        "symbols": [symbol for symbol in SYMBOLS if any(symbol in row for row in table.rows)],
        "chart": Markup(draw(chart, labels)) if chart else "",
        "breaks": sorted({(one.day, dict(one.reason)[labels.language]) for one in chart.breaks}) if chart else [],
    }
