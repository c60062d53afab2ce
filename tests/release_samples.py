"""A small release made by hand. All its figures are invented."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from flows.release.content import Content, Facts
from flows.release.disclosure.protect import KNOWN, ROUNDED, STEP, SUPPRESSED, Figure, Key, Measure
from flows.release.figures import tables_of
from flows.release.metadata import Publisher
from flows.release.package import write_release
from flows.release.render.labels import LANGUAGES, load_labels
from flows.release.schema import SCHEMAS, Period
from flows.release.specs import load_rules
from flows.runtime.configuration import SEEDS

RULES = load_rules(SEEDS)
SPECS, POLICY = RULES.specs, RULES.policy
WORDS = {language: load_labels(SEEDS, language) for language in LANGUAGES}
PUBLISHER = Publisher("Stichting Voorbeeld (verzonnen)", "mailto:cijfers@example.org", "https://example.org/zicht")
RELEASE = "2020-12"
NOTE = {"nl": "Andere groepen; geen deel van een geheel.", "en": "Other groups; not a part of a whole."}


def a_year(year: int) -> Period:
    return Period("year", date(year, 1, 1), date(year, 12, 31))


def a_month(year: int, month: int) -> Period:
    following = date(year + month // 12, month % 12 + 1, 1)
    return Period("month", date(year, month, 1), date.fromordinal(following.toordinal() - 1))


def a_key(period: Period, category: str = KNOWN, **changes: Any) -> Key:
    return Key("chat", "visitor", "visitors", *period, "form_group", category)._replace(**changes)


def a_figure(key: Key, n: int | None, n_known: int | None = None, released_in: str = RELEASE) -> Figure:
    """Return a figure as protection would leave it, with a share if its base is 50 or more."""
    share = round(n / n_known, 3) if n is not None and n_known is not None and n_known >= 50 else None
    return Figure(key, n, n_known, share, SUPPRESSED if n is None else ROUNDED, released_in)


def figures() -> tuple[Figure, ...]:
    """Return two years of forms and steps, and three months, one with a suppressed figure."""
    found = []
    for year, n in ((2019, 295), (2020, 285)):
        period = a_year(year)
        found += [
            a_figure(a_key(period), n),
            a_figure(a_key(period, "sexual"), n - 25, n),
            a_figure(a_key(period, "labour"), None, n),
            a_figure(a_key(period, "flagged", unit="conversation", population="", variable=STEP), n + 90),
            a_figure(a_key(period, "visitor", population="", variable=STEP), n),
        ]
    for month, flagged, visitors in ((10, 40, 30), (11, 20, None), (12, 40, 30)):
        period = a_month(2020, month)
        found += [
            a_figure(a_key(period, "flagged", unit="conversation", population="", variable=STEP), flagged),
            a_figure(a_key(period, "visitor", population="", variable=STEP), visitors),
        ]
    return tuple(sorted(found, key=lambda figure: figure.key))


Row = dict[str, Any]
KEY = {"source": "chat", "unit": "visitor", "population": "visitors", "variable": "form_group"}
OF_YEAR = a_year(2020)._asdict()
COMPARISON: Row = {
    **{**KEY, **OF_YEAR, "category": KNOWN, "basis": "previous_year", "change": "no_clear_change"},
    **{"previous_start": date(2019, 1, 1), "previous_end": date(2019, 12, 31)},
    **{"n": 285, "n_previous": 295, "difference": -10, "change_percent": -3},
}
COVERAGE: Row = {
    **{**KEY, "pair": "chat_victims", "reference_year": 2020, "category": KNOWN, "n": 285},
    **{"total": 6250, "total_low": 5000, "total_high": 7500, "total_source": "rapporteur"},
    **{"total_edition": "schatting 2017", "total_from": 2010, "total_to": 2015, "share": 0.046},
    **{"share_low": 0.038, "share_high": 0.057, "is_comparable": False, "status": ROUNDED},
    **{f"note_{language}": text for language, text in NOTE.items()},
}
TOTAL = {"unit": "victim", "population": "all", "variable": "total", "category": "total"}
REGISTRY: Row = {
    **{**TOTAL, "publisher": "comensha", "edition": "het beeld van 2020", "reference_year": 2020},
    **{"label_nl": "Totaal", "label_en": "Total", "value_low": 984, "value_high": 984, "value": 984, "status": "exact"},
}
INTERVAL: Row = {
    **{**REGISTRY, "reference_year": 2019, "value_low": 1, "value_high": 4, "value": None, "status": "interval"}
}
REVISION: Row = {
    **{**TOTAL, **a_year(2017)._asdict(), "source": "rapporteur"},
    **{"printed_in": "slachtoffermonitor 2014-2018", "n": 956},
    **{"printed_before_in": "slachtoffermonitor 2013-2017", "n_previous": 958},
}
FACTS = Facts(RELEASE, date(2020, 12, 31), is_fictitious=True, reason="", follows=(), deliveries="0" * 64)


def a_table(name: str, *rows: Row) -> pd.DataFrame:
    """Return rows as a table of a release."""
    return SCHEMAS[name].frame(pd.DataFrame(rows, columns=list(SCHEMAS[name].columns), dtype=object))


def content_of(
    facts: Facts,
    figures: Iterable[Figure] = (),
    measures: Iterable[Measure] = (),
    **tables: Iterable[Row] | pd.DataFrame,
) -> Content:
    """Return the content of protected figures and measures, and of the rows of its other tables."""
    others = {
        name: found if isinstance(found := tables.get(name, ()), pd.DataFrame) else a_table(name, *found)
        for name in list(SCHEMAS)[3:]
    }
    return Content(facts, {**tables_of(figures, measures), **others})


def a_content(**changes: Any) -> Content:
    """Return a FICTITIOUS release of December 2020 with something in each of its parts.

    `changes` replace facts, the figures and measures, and the rows of the other tables.
    """
    hidden = dict.fromkeys(("n", "n_previous", "difference", "change_percent"))
    parts: dict[str, Any] = {
        "figures": figures(),
        "measures": [Measure(a_key(a_year(2020), "mean", population="victims", variable="age"), 19, ROUNDED, RELEASE)],
        "comparisons": [COMPARISON, {**COMPARISON, **hidden, "category": "labour", "change": "not_shown"}],
        "coverage": [COVERAGE],
        "registries": [INTERVAL, REGISTRY],
        "revisions": [REVISION],
    }
    of_facts = {name: changes.pop(name) for name in list(changes) if name not in parts}
    return content_of(replace(FACTS, **of_facts), **{**parts, **changes})


def publish(folder: Path, content: Content) -> Path:
    """Write all files of a release into a folder and return the folder."""
    write_release(folder, content, RULES, PUBLISHER, last=None, made_with={})
    return folder
