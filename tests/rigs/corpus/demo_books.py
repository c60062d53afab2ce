"""The demo's workbooks. The content of their cells comes from the demo's declarations. Its meaning is stated here."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter

from connectors.codelists.layouts import load_layouts
from demo.coding_files import MARK
from demo.registries import read_books, write_books
from flows.runtime.configuration import SEEDS
from rigs.corpus.base import Base, figure
from rigs.corpus.book import Figure

Keys = Mapping[str, Any]


@dataclass(frozen=True)
class Stated:
    """The meaning of the figures of one table.

    Attributes:
        name: The table.
        sheet: The sheet that holds it.
        first: The cell of its first figure.
        rows: What each row is about, from the first figure on; None if a row has no figures.
        columns: What each column is about.
        common: What all its figures have in common.
    """

    name: str
    sheet: str
    first: str
    rows: Sequence[Keys | None]
    columns: Sequence[Keys]
    common: Keys


def _table(
    name: str, sheet: str, first: str, rows: Sequence[Keys | None], columns: Sequence[Keys], **common: Any
) -> Stated:
    return Stated(name, sheet, first, rows, columns, common)


def years(*values: int) -> list[Keys]:
    return [{"reference_year": year} for year in values]


def categories(*labels: str, **more: Any) -> list[Keys]:
    return [{"category": label, **more} for label in labels]


def months(year: int | None = None) -> list[Keys]:
    known = {"reference_year": year} if year else {}
    return [{"month": month, **known} for month in range(1, 13)]


WHOLE: Keys = {}  # a row or column that adds no meaning
SEXES = ("vrouw", "man", "total")
dutch = partial(_table, population="dutch_sexual", unit="victim")
victims = partial(_table, unit="victim")
notifications = partial(_table, unit="notification")
reporters = ("NP", "zorgcoördinatie", "FairWork", "NLA", "KMar")


def by_sex(*of_years: int) -> list[Keys]:
    return [{"reference_year": year, "sex": sex} for year in of_years for sex in SEXES]


def monitor(first: int) -> Stated:
    return victims("totals", "Aantal slachtoffers", "B4", [WHOLE], years(*range(first, first + 5)), variable="total")


def estimates(year: int, *populations: str) -> Stated:
    rows = [{"population": name} for name in populations]
    return _table("estimates", "Schatting", "B4", rows, [WHOLE], unit="estimate", reference_year=year, is_estimate=True)


def justice(
    name: str, sheet: str, first: str, category: str, columns: list[Keys], unit: str, variable: str = ""
) -> Stated:
    return _table(name, sheet, first, categories(category), columns, unit=unit, variable=variable or name)


def visitors(*of_years: int) -> Stated:
    return _table("visitors", "Bezoekers", "B4", years(*of_years), [WHOLE], unit="visitor", population="visitors")


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
                variable="form",
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
                variable="nationality",
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
                variable="form",
            ),
        ],
    ),
    "het-beeld-van-2021": (
        "het beeld van 2021",
        [
            victims("totals", "Totaal", "B5", [WHOLE], years(2021)),
            victims(
                "nationalities",
                "Nationaliteiten",
                "B3",
                categories("Nederlands", "Pools", "total"),
                years(2021),
                variable="nationality",
            ),
            victims("months", "Maanden", "B4", years(2021), [*months(), WHOLE]),
            victims(
                "forms_by_sex",
                "Vorm",
                "B4",
                categories("seksuele uitbuiting", "arbeidsuitbuiting", "onbekend", "total"),
                by_sex(2021),
                variable="form",
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
                variable="reporter",
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
                "dutch_by_age",
                "Nederlandse slachtoffers",
                "B6",
                categories("minderjarig", "meerderjarig"),
                years(2018),
                variable="age_group",
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
                variable="form",
            ),
            dutch(
                "dutch_by_age",
                "Tabel 3",
                "C7",
                categories("minderjarig", reference_year=2019),
                [WHOLE],
                variable="age_group",
            ),
            dutch("dutch_by_reporter", "Tabel 4", "C8", years(2014, 2019), categories("politie"), variable="reporter"),
        ],
    ),
    "slachtoffermonitor-2016-2020": (
        "slachtoffermonitor 2016-2020",
        [
            victims("totals", "Tabel 1", "B5", years(2020), [WHOLE]),
            victims(
                "age_groups",
                "Tabel 2",
                "C6",
                categories("0-17", "18-22", reference_year=2020),
                [WHOLE],
                variable="age_group",
            ),
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
    "schatting-2017": ("schatting 2017", [estimates(2015, "all", "domestic_sexual", "minor_dutch_sexual")]),
    "schatting-2021": ("schatting 2021", [estimates(2019, "all")]),
    "onzichtbare-slachtoffers-2019": ("onzichtbare slachtoffers 2019", [visitors(2019)]),
    "onzichtbare-slachtoffers-2020": ("onzichtbare slachtoffers 2020", [visitors(2019, 2020)]),
}
# The bounds of estimates. Without bounds, the estimate is both the lowest and the highest value.
BOUNDS = {("schatting 2017", "all"): {"value_low": 5000.0, "value_high": 7500.0}}


def demo_bases() -> list[Base]:
    """Return every workbook of the demo, with the layouts of the seeds."""
    layouts = load_layouts(SEEDS)
    with tempfile.TemporaryDirectory() as folder:
        write_books(Path(folder))
        return [
            Base(
                file,
                (Path(folder) / source / f"{MARK}-{file}.xlsx").read_bytes(),
                layouts,
                source,
                list(_figures(source, file, sheets)),
            )
            for (source, file), sheets in read_books().items()
        ]


def _figures(source: str, file: str, sheets: Mapping[str, list[list[str]]]) -> Iterator[Figure]:
    edition, tables = STATED[file]
    for table in tables:
        top, left = coordinate_to_tuple(table.first)
        for row, of_row in enumerate(table.rows, start=top):
            for column, of_column in enumerate(table.columns, start=left):
                if of_row is None:
                    continue
                keys = {
                    "publisher": source,
                    "edition": edition,
                    "table_name": table.name,
                    **table.common,
                    **of_row,
                    **of_column,
                    "sheet": table.sheet,
                    "cell": f"{get_column_letter(column)}{row}",
                }
                bounds = BOUNDS.get((edition, keys.get("population")), {})
                yield figure(_printed(sheets[table.sheet][row - 1][column - 1]), **keys, **bounds)


def _printed(cell: str) -> Any:
    """Return what the demo prints for a cell of `workbooks.csv`, without the marks of footnotes."""
    if cell.startswith("%"):
        return round(float(cell[1:]) * 100, 1)
    if cell.startswith("=1*") or cell.isdecimal():
        return int(cell.removeprefix("=1*"))
    return re.sub(r"(\^.*|[¹*]| \(v\))$", "", cell)
