"""An invented release in which every table has rows and some figures are suppressed. It needs no warehouse."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from flows.release.comparisons import comparisons
from flows.release.content import Content, Coverage, RegistryFigure, Revision
from flows.release.disclosure.constraints import load_codes
from flows.release.disclosure.protect import KNOWN, Count, Figure, Key, Measure, load_policy, protect
from flows.release.render.labels import load_labels
from flows.release.specs import CHAT, Spec, load_specs
from flows.runtime.configuration import SEEDS

SPECS = load_specs(SEEDS / "release_tables.csv")
POLICY = load_policy(SEEDS / "disclosure_policy.csv")
LABELS = {language: load_labels(SEEDS, language) for language in ("nl", "en")}
CODES = load_codes(SEEDS)
YEARS = (2019, 2020)


def _periods(period_type: str) -> Iterator[tuple[date, date]]:
    for year in YEARS:
        if period_type == "month":
            starts = [date(year, month, 1) for month in range(1, 13)]
            ends = [*(date.fromordinal(start.toordinal() - 1) for start in starts[1:]), date(year, 12, 31)]
            yield from zip(starts, ends, strict=True)
        elif period_type == "window":
            yield date(year, 3, 1), date(year, 12, 31)
        elif period_type == "year":
            yield date(year, 1, 1), date(year, 12, 31)


def _counts(spec: Spec) -> Iterator[Count]:
    codes = LABELS["nl"].order(spec.variable, spec.categories)
    for population in spec.populations:
        for period_type in spec.period_types:
            for start, end in _periods(period_type):
                for place, code in enumerate(codes):
                    # From large counts to ones too small to be shown. The first category halves in the year 2020.
                    n = max(3, (31 if period_type == "month" else 160) // (place + 1) - (start.month * 5) % 17)
                    n = n // 2 if (place, start.year, period_type) == (0, 2020, "year") else n
                    has_base = code != KNOWN and spec.mart == "indicators" and period_type != "month"
                    key = Key(CHAT, "visitor", population, period_type, start, end, spec.variable, code)
                    yield Count(key, n, 200 if has_base else None)


def _figures() -> list[Figure]:
    specs = [spec for spec in SPECS if spec.mart in ("indicators", "funnel")]
    counts = {count.key: count for spec in specs for count in _counts(spec)}
    return protect(sorted(counts.values(), key=lambda count: count.key), POLICY, "2020-12", {}, fact_of=CODES.fact)


def _coverage(pair: str, source: str, population: str, n: int | None, total: int, **more: Any) -> Coverage:
    shares = {"share": None, "share_low": None, "share_high": None} if n is None else {"share": round(n / total, 3)}
    fields = {
        **{"pair": pair, "reference_year": 2020, "source": source, "unit": "victim", "population": population},
        **{"variable": "total", "category": "total", "n": n, "total": total, "total_low": None, "total_high": None},
        **{"total_source": "rapporteur", "total_edition": "schatting 2017", "total_from": 2010, "total_to": 2015},
        **{"share_low": None, "share_high": None, "is_comparable": False, "status": "exact"},
        "note": {"nl": "Een telling van een ander jaar.", "en": "A count of another year."},
    }
    return Coverage(**{**fields, **shares, **more})


def _coverages(figures: list[Figure]) -> tuple[Coverage, ...]:
    victims = next(one for one in figures if one.key.population == "victims" and one.key.category == KNOWN)
    spread = {"total_low": 5000, "total_high": 7500}
    chat = {"variable": "form_group", "category": KNOWN, "unit": "visitor", "status": "rounded"}
    low, high = round((victims.n or 0) / 7500, 3), round((victims.n or 0) / 5000, 3)
    return (
        _coverage(
            *("chat_victims_over_all_2010_2015", CHAT, "victims", victims.n, 6250),
            **{**chat, **spread, "share_low": low, "share_high": high},
        ),
        _coverage("chat_minors_over_estimate", CHAT, "minor_sexual_victims", None, 1320, **chat),
        _coverage(
            *("comensha_over_all_2010_2015", "comensha", "all", 1013, 6250),
            **{**spread, "share_low": 0.135, "share_high": 0.203},
        ),
        _coverage("comensha_over_all_2016_2019", "comensha", "all", 1013, 5000, total_from=2016, total_to=2019),
        _coverage(
            *("domestic_over_estimate", "rapporteur", "all", 181, 3000),
            **{"variable": "form", "category": "binnenlandse seksuele uitbuiting"},
        ),
    )


def _registries() -> tuple[RegistryFigure, ...]:
    total = {"nl": "Totaal", "en": "Total"}
    printed = {2016: 952, 2017: 956, 2018: 668, 2019: 1334, 2020: 984}
    rows = [
        RegistryFigure("rapporteur", "monitor", year, "victim", "all", "total", "total", total, n, n, n)
        for year, n in printed.items()
    ]
    form, minor = {"nl": "Seksuele uitbuiting", "en": "Sexual exploitation"}, {"nl": "Minderjarig", "en": "Minor"}
    rows.append(RegistryFigure("UNODC", "2023", 2020, "victim", "detected_victims", "form", "sexual", form, 1, 4, None))
    rows.append(RegistryFigure("rapporteur", "monitor", 2020, "victim", "all", "age_group", "0_17", minor, 68, 68, 68))
    return tuple(rows)


def a_content(**changes: Any) -> Content:
    """Return the release of December 2020; `changes` replace fields of it."""
    figures = _figures()
    year = ("year", date(2020, 1, 1), date(2020, 12, 31))
    measures = [
        Measure(Key(CHAT, "visitor", population, *year, "age", statistic), age, "rounded", "2020-12")
        for population in ("victims", "sexual_victims")
        for statistic, age in (("mean", 19), ("median", None))
    ]
    revised = Revision("rapporteur", "victim", "all", "total", "total", *year, 958, "monitor 2017", 956, "monitor 2018")
    content = Content(
        release="2020-12",
        month_end=date(2020, 12, 31),
        is_fictitious=True,
        reason="",
        follows=(),
        deliveries="d" * 64,
        figures=tuple(figures),
        measures=tuple(measures),
        comparisons=tuple(comparisons(lambda sql, values: [], POLICY, figures)),
        coverage=_coverages(figures),
        registries=_registries(),
        revisions=(revised,),
    )
    return replace(content, **changes)
