"""The demo's workbooks. The content of their cells comes from the demo's declarations. Its meaning is stated here."""

import re
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from connectors.codelists.layouts import load_layouts
from demo.coding_files import MARK
from demo.registries import read_books, write_books
from flows.runtime.configuration import SEEDS
from rigs.corpus.base import Base
from rigs.corpus.stated import (
    WHOLE,
    Keys,
    Stated,
    categories,
    months,
    notifications,
    table,
    true_figures,
    victims,
    years,
)

SEXES = ("vrouw", "man", "total")
dutch = partial(victims, population="dutch_sexual")
reporters = ("NP", "zorgcoördinatie", "FairWork", "NLA", "KMar")


def by_sex(*of_years: int) -> list[Keys]:
    return [{"reference_year": year, "sex": sex} for year in of_years for sex in SEXES]


def monitor(first: int) -> Stated:
    return victims("totals", "Aantal slachtoffers", "B4", [WHOLE], years(*range(first, first + 5)))


def estimates(year: int, *populations: str, **bounds: float) -> Stated:
    """Return the estimates of some populations. `bounds` are of the first one; the others have none."""
    rows = [{"population": name, **(bounds if place == 0 else {})} for place, name in enumerate(populations)]
    return table("estimates", "Schatting", "B4", rows, [WHOLE], unit="estimate", reference_year=year, is_estimate=True)


def justice(
    name: str, sheet: str, first: str, category: str, columns: list[Keys], unit: str, variable: str = ""
) -> Stated:
    return table(name, sheet, first, categories(category), columns, unit=unit, variable=variable or name)


def visitors(*of_years: int) -> Stated:
    return table("visitors", "Bezoekers", "B4", years(*of_years), [WHOLE], unit="visitor", population="visitors")


# File → (edition, its tables).
STATED: dict[str, tuple[str, list[Stated]]] = {
    "jaarcijfers-2013": (
        "jaarcijfers 2013",
        [
            victims("totals", "Jaarcijfers", "B5", [*years(2011, 2012), None, *years(2013)], [WHOLE]),
            victims(
                "forms",
                "Vormen",
                "C3",
                categories("prostitutie", "gereguleerde arbeid of dienstverlening", "overige uitbuiting", "total"),
                years(2013),
            ),
        ],
    ),
    "het-beeld-van-2020": (
        "het beeld van 2020",
        [
            victims("totals", "T1", "B3", [WHOLE], years(2019, 2020)),
            victims(
                "nationalities",
                "T2",
                "B4",
                categories("total", "Pools", "Nigeriaans", "Nederlands", "Oegandees"),
                years(2020),
            ),
            victims("months", "T3 per maand", "B3", years(2019, 2020), [*months(), WHOLE]),
            victims(
                "forms_by_sex",
                "T4 geslacht",
                "B4",
                categories(
                    "seksuele dienstverlening",
                    "gereguleerde arbeid en dienstverlening",
                    "gedwongen orgaanverwijdering",
                    "onbekend",
                    "total",
                ),
                by_sex(2019, 2020),
            ),
        ],
    ),
    "het-beeld-van-2021": (
        "het beeld van 2021",
        [
            victims("totals", "Totaal", "B5", [WHOLE], years(2021)),
            victims("nationalities", "Nationaliteiten", "B3", categories("Nederlands", "Pools", "total"), years(2021)),
            victims("months", "Maanden", "B4", years(2021), [*months(), WHOLE]),
            victims(
                "forms_by_sex",
                "Vorm",
                "B4",
                categories("seksuele uitbuiting", "arbeidsuitbuiting", "onbekend", "total"),
                by_sex(2021),
            ),
        ],
    ),
    "het-beeld-van-2024": (
        "het beeld van 2024",
        [
            notifications(
                "reporters",
                "Verdieping III",
                "C7",
                [*categories(*reporters, reference_year=2023), *categories(*reporters, reference_year=2024)],
                [WHOLE, {"unit": "percent"}],
            ),
            notifications("months", "Per maand", "B3", months(2024), [WHOLE]),
        ],
    ),
    "slachtoffermonitor-2012-2016": ("slachtoffermonitor 2012-2016", [monitor(2012)]),
    "slachtoffermonitor-2013-2017": ("slachtoffermonitor 2013-2017", [monitor(2013)]),
    "slachtoffermonitor-2014-2018": (
        "slachtoffermonitor 2014-2018",
        [
            monitor(2014),
            dutch("dutch_totals", "Nederlandse slachtoffers", "B3", [WHOLE], years(2018)),
            dutch(
                "dutch_by_age", "Nederlandse slachtoffers", "B6", categories("minderjarig", "meerderjarig"), years(2018)
            ),
        ],
    ),
    "slachtoffermonitor-2015-2019": (
        "slachtoffermonitor 2015-2019",
        [
            victims("totals", "Tabel 1", "B5", years(2019), [WHOLE]),
            victims(
                "forms",
                "Tabel 2",
                "C6",
                [
                    {"reference_year": 2018, "category": "criminele uitbuiting"},
                    {"reference_year": 2019, "category": "criminele uitbuiting"},
                    {"reference_year": 2019, "category": "binnenlandse seksuele uitbuiting"},
                ],
                [WHOLE],
            ),
            dutch("dutch_by_age", "Tabel 3", "C7", categories("minderjarig", reference_year=2019), [WHOLE]),
            dutch("dutch_by_reporter", "Tabel 4", "C8", years(2014, 2019), categories("politie")),
        ],
    ),
    "slachtoffermonitor-2016-2020": (
        "slachtoffermonitor 2016-2020",
        [
            victims("totals", "Tabel 1", "B5", years(2020), [WHOLE]),
            victims("age_groups", "Tabel 2", "C6", categories("0-17", "18-22", reference_year=2020), [WHOLE]),
        ],
    ),
    "slachtoffers-in-beeld-2017-2021": (
        "slachtoffers in beeld 2017-2021",
        [victims("totals", "Tabel 1", "B5", years(2021), [WHOLE])],
    ),
    "dadermonitor-2015-2019": (
        "dadermonitor 2015-2019",
        [
            justice("investigations", "Opsporing", "B4", "opsporingsonderzoeken", years(2015, 2019), "case"),
            justice("suspects", "Opsporing", "F4", "verdachten in opsporingsonderzoeken", years(2015, 2019), "suspect"),
            justice(
                "incidents",
                "Incidenten en vervolging",
                "B3",
                "geregistreerde incidenten",
                years(2015, 2018, 2019),
                "incident",
            ),
            justice(
                "prosecution", "Incidenten en vervolging", "B6", "ingeschreven zaken OM", years(2015, 2019), "case"
            ),
        ],
    ),
    "veiligheidsagenda-2019-2022": (
        "veiligheidsagenda 2019-2022",
        [justice("targets", "Doelen", "B4", "ingeschreven zaken OM", years(2019), "target", "prosecution")],
    ),
    "schatting-2017": (
        "schatting 2017",
        [estimates(2015, "all", "domestic_sexual", "minor_dutch_sexual", value_low=5000.0, value_high=7500.0)],
    ),
    "schatting-2021": ("schatting 2021", [estimates(2019, "all")]),
    "onzichtbare-slachtoffers-2019": ("onzichtbare slachtoffers 2019", [visitors(2019)]),
    "onzichtbare-slachtoffers-2020": ("onzichtbare slachtoffers 2020", [visitors(2019, 2020)]),
}


def demo_bases() -> list[Base]:
    """Return every workbook of the demo, with the layouts of the seeds."""
    layouts = load_layouts(SEEDS)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        write_books(Path(folder))
        for (source, file), sheets in read_books().items():
            edition, tables = STATED[file]
            printed = {name: [[_printed(cell) for cell in row] for row in rows] for name, rows in sheets.items()}
            truth = list(true_figures(tables, printed, publisher=source, edition=edition))
            content = (Path(folder) / source / f"{MARK}-{file}.xlsx").read_bytes()
            found.append(Base(file, content, layouts, source, truth))
    return found


def _printed(cell: str) -> Any:
    """Return what the demo prints for a cell of `workbooks.csv`, without the marks of footnotes."""
    if cell.startswith("%"):
        return round(float(cell[1:]) * 100, 1)
    if cell.startswith("=1*") or cell.isdecimal():
        return int(cell.removeprefix("=1*"))
    return re.sub(r"(\^.*|[¹*]| \(v\))$", "", cell)
