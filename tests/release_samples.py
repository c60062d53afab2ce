"""A small release made by hand. All its figures are invented."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from flows.release.comparisons import Comparison
from flows.release.content import Content, Coverage, RegistryFigure, Revision
from flows.release.disclosure.protect import KNOWN, ROUNDED, STEP, SUPPRESSED, Figure, Key, Measure, load_policy
from flows.release.metadata import Publisher
from flows.release.package import write_release
from flows.release.render.labels import LANGUAGES, load_labels
from flows.release.specs import load_specs
from flows.runtime.configuration import SEEDS

SPECS = load_specs(SEEDS / "release_tables.csv")
POLICY = load_policy(SEEDS / "disclosure_policy.csv")
WORDS = {language: load_labels(SEEDS, language) for language in LANGUAGES}
PUBLISHER = Publisher("Stichting Voorbeeld (verzonnen)", "mailto:cijfers@example.org", "https://example.org/zicht")
RELEASE = "2020-12"
NOTE = {"nl": "Andere groepen; geen deel van een geheel.", "en": "Other groups; not a part of a whole."}


def a_year(year: int) -> tuple[str, date, date]:
    return "year", date(year, 1, 1), date(year, 12, 31)


def a_month(year: int, month: int) -> tuple[str, date, date]:
    following = date(year + month // 12, month % 12 + 1, 1)
    return "month", date(year, month, 1), date.fromordinal(following.toordinal() - 1)


def a_key(period: tuple[str, date, date], category: str = KNOWN, **changes: Any) -> Key:
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


def a_content(**changes: Any) -> Content:
    """Return a FICTITIOUS release of December 2020 with something in each of its parts."""
    comparison = Comparison(
        *(a_key(a_year(2020)), "previous_year", date(2019, 1, 1), date(2019, 12, 31)),
        *(285, 295, -10, -3, "no_clear_change", {}),
    )
    hidden = replace(comparison, key=a_key(a_year(2020), "labour"), n=None, n_previous=None, difference=None)
    coverage = Coverage(
        *("chat_victims", 2020, "chat", "visitor", "visitors", "form_group", KNOWN, 285, 6250, 5000, 7500),
        *("rapporteur", "schatting 2017", 2010, 2015, 0.046, 0.038, 0.057, False, NOTE, ROUNDED),
    )
    total = {"nl": "Totaal", "en": "Total"}
    registry = RegistryFigure(
        "comensha", "het beeld van 2020", 2020, "victim", "all", "total", "total", total, 984.0, 984.0, 984.0
    )
    revision = Revision(
        *("rapporteur", "victim", "all", "total", "total", *a_year(2017)),
        *(958.0, "slachtoffermonitor 2013-2017", 956.0, "slachtoffermonitor 2014-2018"),
    )
    content = Content(
        release=RELEASE,
        month_end=date(2020, 12, 31),
        is_fictitious=True,
        reason="",
        follows=(),
        deliveries="0" * 64,
        figures=figures(),
        measures=(Measure(a_key(a_year(2020), "mean", population="victims", variable="age"), 19, ROUNDED, RELEASE),),
        comparisons=(comparison, replace(hidden, change_percent=None, change="not_shown")),
        coverage=(coverage,),
        registries=(registry, replace(registry, reference_year=2019, value_low=1.0, value_high=4.0, value=None)),
        revisions=(revision,),
    )
    return replace(content, **changes)


def publish(folder: Path, content: Content) -> Path:
    """Write all files of a release into a folder and return the folder."""
    write_release(folder, content, SPECS, POLICY, SEEDS, PUBLISHER, last=None, facts={})
    return folder
