"""An invented release in which every table has rows and some figures are suppressed. It needs no warehouse."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from release_samples import FACTS, POLICY, REGISTRY, RULES, SPECS, TOTAL, Row, a_year, content_of
from release_samples import WORDS as LABELS

from flows.release.comparisons import REASONS, WAITING, comparisons
from flows.release.content import Content
from flows.release.disclosure.protect import KNOWN, Count, Figure, Key, Measure, protect
from flows.release.figures import counts, tables_of
from flows.release.specs import CHAT, Spec

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
    return protect(
        sorted(counts.values(), key=lambda count: count.key), POLICY, "2020-12", {}, fact_of=RULES.codes.fact
    )


def _coverage(pair: str, source: str, population: str, n: int | None, total: int, **more: Any) -> Row:
    return {
        **{**TOTAL, "pair": pair, "reference_year": 2020, "source": source, "population": population, "n": n},
        **{"total": total, "total_source": "rapporteur", "total_edition": "schatting 2017", "total_from": 2010},
        **{"total_to": 2015, "is_comparable": False, "status": "exact", "share": None if n is None else n / total},
        **{"note_nl": "Een telling van een ander jaar.", "note_en": "A count of another year."},
        **more,
    }


def _coverages(figures: list[Figure]) -> list[Row]:
    victims = next(one for one in figures if one.key.population == "victims" and one.key.category == KNOWN)
    spread = {"total_low": 5000, "total_high": 7500}
    chat = {"variable": "form_group", "category": KNOWN, "unit": "visitor", "status": "rounded"}
    low, high = round((victims.n or 0) / 7500, 3), round((victims.n or 0) / 5000, 3)
    rows = [
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
    ]
    return [{**row, "share": row["share"] and round(row["share"], 3)} for row in rows]


def _registry(year: int, n: int, **more: Any) -> Row:
    printed = {"publisher": "rapporteur", "edition": "monitor", "value_low": n, "value_high": n, "value": n}
    return {**REGISTRY, **printed, "reference_year": year, **more}


def _registries() -> list[Row]:
    rows = [_registry(year, n) for year, n in {2016: 952, 2017: 956, 2018: 668, 2019: 1334, 2020: 984}.items()]
    form = {
        "variable": "form",
        "category": "sexual",
        "label_nl": "Seksuele uitbuiting",
        "label_en": "Sexual exploitation",
    }
    interval = {"value_low": 1, "value_high": 4, "value": None, "status": "interval"}
    whose = {"publisher": "UNODC", "edition": "2023", "population": "detected_victims"}
    rows.append(_registry(2020, 0, **form, **interval, **whose))
    minor = {"variable": "age_group", "category": "0_17", "label_nl": "Minderjarig", "label_en": "Minor"}
    rows.append(_registry(2020, 68, **minor))
    return rows


def compared(figures: Iterable[Figure]) -> pd.DataFrame:
    """Return the comparisons of counts that no break makes incomparable."""
    names = ["population", "period_type", "period_start", "period_end", "variable", "basis", "reason_nl", "reason_en"]

    def query(sql: str, values: list[Any]) -> pd.DataFrame:
        assert values == []
        return pd.DataFrame(columns={REASONS: names, WAITING: [*names[1:4], "n_uncoded"]}[sql], dtype=object)

    return comparisons(query, POLICY, counts(tables_of(figures, [])))


def a_content(**changes: Any) -> Content:
    """Return the release of December 2020; `changes` replace its facts and parts (see `content_of`)."""
    found = _figures()
    year = a_year(2020)
    parts: dict[str, Any] = {
        "figures": found,
        "measures": [
            Measure(Key(CHAT, "visitor", population, *year, "age", statistic), age, "rounded", "2020-12")
            for population in ("victims", "sexual_victims")
            for statistic, age in (("mean", 19), ("median", None))
        ],
        "comparisons": compared(found) if "comparisons" not in changes else None,
        "coverage": _coverages(found),
        "registries": _registries(),
        "revisions": [
            {
                **{**TOTAL, "source": "rapporteur", "period_type": "year"},
                **{"period_start": year[1], "period_end": year[2], "n_previous": 958, "n": 956},
                **{"printed_before_in": "monitor 2017", "printed_in": "monitor 2018"},
            }
        ],
    }
    facts = {name: changes.pop(name) for name in list(changes) if name not in parts}
    return content_of(replace(FACTS, **{"deliveries": "d" * 64, **facts}), **{**parts, **changes})
