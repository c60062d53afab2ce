"""Three workbooks of our own, with features that the demo's workbooks do not have.

These are: a column of percentages in a wide table, an optional column, remarks, block labels beside estimates, a label
that looks like a date, and Namibia's code `NA`.
"""

from collections.abc import Sequence
from typing import Any

from connectors.codelists.layouts import Layouts
from rigs.corpus.base import Base, figure
from rigs.corpus.book import Book, Cell, Figure, Sheet


def _seed(text: str) -> list[dict[str, str]]:
    header, *rows = [line.strip() for line in text.strip().splitlines()]
    return [dict(zip(header.split(","), row.split(","), strict=True)) for row in rows]


LAYOUTS = Layouts(
    {
        "registry_editions": _seed(
            """kind,publisher,edition,title,layout,reference_year,published_on,note
            comensha,comensha,het beeld van 2020,Het beeld van 2020,wide,,2021-10-18,
            comensha,comensha,het beeld van 2021,Het beeld van 2021,long,,2022-10-18,
            comensha,comensha,het beeld van 2022,Het beeld van 2022,stacked,2022,2023-10-18,"""
        ),
        "registry_tables": _seed(
            """kind,layout,table_name,header_rows,unit,population,variable,category,is_estimate
            comensha,wide,forms,1,victim,all,form,,no
            comensha,wide,months,1,victim,all,total,total,no
            comensha,long,reporters,1,notification,all,reporter,,no
            comensha,long,estimates,1,victim,all,total,total,yes
            comensha,stacked,sexes,2,victim,all,form,,no
            comensha,stacked,ages,1,victim,all,nationality,,no"""
        ),
        "registry_columns": _seed(
            """kind,layout,table_name,header,feeds,is_block_label,is_optional
            comensha,wide,forms,Vorm van uitbuiting,category,no,no
            comensha,wide,forms,{reference_year},value,no,no
            comensha,wide,forms,% {reference_year},percent,no,yes
            comensha,wide,months,Jaar,reference_year,no,no
            comensha,wide,months,{month},value,no,no
            comensha,wide,months,Totaal,value,no,no
            comensha,long,reporters,Jaar,reference_year,yes,no
            comensha,long,reporters,Aanmelder,category,no,no
            comensha,long,reporters,Aantal,value,no,no
            comensha,long,reporters,%,percent,no,yes
            comensha,long,reporters,Toelichting,nothing,no,yes
            comensha,long,estimates,Jaar,reference_year,no,no
            comensha,long,estimates,Schatting,value,no,no
            comensha,long,estimates,Ondergrens,value_low,no,no
            comensha,long,estimates,Bovengrens,value_high,no,no
            comensha,stacked,sexes,Vorm van uitbuiting,category,no,no
            comensha,stacked,sexes,{reference_year} / {sex},value,no,no
            comensha,stacked,ages,Nationaliteit,category,no,no
            comensha,stacked,ages,{age},value,no,no"""
        ),
        "registry_totals": [],
        "registry_marks": _seed(
            """kind,layout,mark,meaning,value_low,value_high
            comensha,,-,count,0,0
            comensha,,<5,count,1,4
            comensha,,x,unknown,,
            comensha,,.,unknown,,"""
        ),
        "registry_corrections": [],
        "crosswalk": _seed(
            """source,dimension,source_label,valid_from,valid_to,category,relation,note
            comensha,form,Seksuele uitbuiting,,,sexual,exact,
            comensha,form,Criminele uitbuiting,,,criminal,exact,
            comensha,form,Arbeidsuitbuiting,,,labour,exact,
            comensha,form,Onbekend,,,unknown,exact,
            comensha,form,Totaal,,,total,exact,
            comensha,reporter,Nationale Politie,,,police,exact,
            comensha,reporter,ISZW,,2021,labour_inspectorate,exact,
            comensha,reporter,NLA,2022,,labour_inspectorate,exact,
            comensha,reporter,Reguliere opvang,,,shelter,exact,
            comensha,reporter,Totaal,,,total,exact,
            comensha,nationality,België,,,belgian,exact,
            comensha,nationality,NA,,,namibian,exact,
            comensha,nationality,Nigeria,,,nigerian,exact,
            comensha,nationality,Totaal,,,total,exact,
            comensha,age,0-17,,,minor,exact,
            comensha,age,10-12,,,10_12,exact,
            comensha,age,18+,,,adult,exact,
            comensha,age,Totaal,,,total,exact,
            comensha,sex,Vrouw,,,female,exact,
            comensha,sex,Man,,,male,exact,
            comensha,sex,Totaal,,,total,exact,"""
        ),
    },
    "corpus",
)


class _Builder:
    """A builder that writes cells and their true figures together."""

    def __init__(self, edition: str) -> None:
        self.edition = edition
        self.sheets: list[Sheet] = []
        self.truth: list[Figure] = []

    def sheet(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        sheet = Sheet(name)
        for row, values in enumerate(rows, start=1):
            for column, value in enumerate(values, start=1):
                if value is not None:
                    sheet.cells[row, column] = Cell(value)
        self.sheets.append(sheet)

    def figure(self, cell: str, printed: Any, table: str, variable: str, **keys: Any) -> None:
        place = {"sheet": self.sheets[-1].name, "cell": cell}
        about = {"publisher": "comensha", "edition": self.edition, "table_name": table, "variable": variable}
        self.truth.append(figure(printed, **{**about, "unit": "victim", **place, **keys}))

    def base(self, name: str) -> Base:
        return Base(name, Book(self.sheets).content(), LAYOUTS, "comensha", self.truth)


def _label(text: str) -> str:
    return "total" if text == "Totaal" else text


def wide() -> Base:
    made = _Builder("het beeld van 2020")
    forms = {
        "Seksuele uitbuiting": (716, 1013, "1.334", "62,5%"),
        "Criminele uitbuiting": (195, "<5", 40, "18,7%"),
        "Arbeidsuitbuiting": ("-", 304, 371, "17,4%"),
        "Onbekend": (12, "x", 29, "1,4%"),
        "Totaal": (923, 1321, 1774, "100%"),
    }
    made.sheet(
        "Vormen",
        [
            ["Het beeld van 2020"],
            [],
            ["Vorm van uitbuiting", 2018, 2019, 2020, "% 2020"],
            *([label, *values] for label, values in forms.items()),
            [],
            ["Bron: CoMensha"],
        ],
    )
    for row, (label, values) in enumerate(forms.items(), start=4):
        for column, year, value in zip("BCD", (2018, 2019, 2020), values, strict=False):
            made.figure(f"{column}{row}", value, "forms", "form", category=_label(label), reference_year=year)
        made.figure(f"E{row}", values[3], "forms", "form", unit="percent", category=_label(label), reference_year=2020)
    names = ["jan", "feb", "mrt.", "apr", "mei", "jun", "jul", "aug", "sept", "okt.", "nov", "dec"]
    counts = {year: [(year * 7 + month * 31) % 150 + 5 for month in range(12)] for year in (2019, 2020)}
    made.sheet(
        "Maanden",
        [
            ["Meldingen per maand"],
            ["Jaar", *names, "Totaal"],
            *([year, *values, sum(values)] for year, values in counts.items()),
        ],
    )
    for row, (year, values) in enumerate(counts.items(), start=3):
        for month, value in enumerate(values, start=1):
            made.figure(f"{chr(65 + month)}{row}", value, "months", "total", month=month, reference_year=year)
        made.figure(f"N{row}", sum(values), "months", "total", reference_year=year)
    return made.base("wide")


def long() -> Base:
    made = _Builder("het beeld van 2021")
    blocks = {
        2019: (("Nationale Politie", 1490, 81), ("ISZW", 33, 2), ("Reguliere opvang", 317, 17)),
        2020: (("Nationale Politie", 1310, 77), ("ISZW", 81, 5), ("Reguliere opvang", 311, 18)),
        2021: (("Nationale Politie", 998, 70), ("ISZW", "<5", 1), ("Reguliere opvang", 415, 29)),
    }
    lines = [(year, *line) for year, block in blocks.items() for line in block]
    made.sheet(
        "Aanmelders",
        [
            ["Het beeld van 2021"],
            ["Jaar", "Aanmelder", "Aantal", "%", "Toelichting"],
            *(
                [year if place % 3 == 0 else None, label, count, share, "voorlopig" if place == 7 else None]
                for place, (year, label, count, share) in enumerate(lines)
            ),
        ],
    )
    for row, (year, label, count, share) in enumerate(lines, start=3):
        keys = {"category": label, "reference_year": year}
        made.figure(f"C{row}", count, "reporters", "reporter", **keys, unit="notification")
        made.figure(f"D{row}", share, "reporters", "reporter", **keys, unit="percent")
    estimates = {2019: (6250, 5000, 7500), 2020: (5800, 4600, 7100), 2021: (5100, 4000, 6300)}
    made.sheet(
        "Schatting",
        [
            ["Schatting van alle slachtoffers"],
            [],
            ["Jaar", "Schatting", "Ondergrens", "Bovengrens"],
            *([year, *values] for year, values in estimates.items()),
        ],
    )
    for row, (year, (value, low, high)) in enumerate(estimates.items(), start=4):
        bounds = {"value_low": float(low), "value_high": float(high), "is_estimate": True}
        made.figure(f"B{row}", value, "estimates", "total", reference_year=year, **bounds)
    return made.base("long")


def stacked() -> Base:
    made = _Builder("het beeld van 2022")
    columns = [(year, sex) for year in (2021, 2022) for sex in ("Man", "Vrouw", "Totaal")]
    sexes = {
        "Seksuele uitbuiting": (31, 502, 533, 44, 560, 604),
        "Arbeidsuitbuiting": (300, 110, 410, 1290, 140, 1430),
        "Totaal": (331, 612, 943, 1334, 700, 2034),
    }
    made.sheet(
        "Geslacht",
        [
            ["Het beeld van 2022"],
            ["Tabel 1. Vormen naar geslacht"],
            ["Vorm van uitbuiting", 2021, None, None, 2022, None, None],
            [None, *(sex for _, sex in columns)],
            *([label, *values] for label, values in sexes.items()),
        ],
    )
    made.sheets[-1].merged = [((3, 1), (4, 1)), ((3, 2), (3, 4)), ((3, 5), (3, 7))]
    for row, (label, values) in enumerate(sexes.items(), start=5):
        for column, (year, sex), value in zip("BCDEFG", columns, values, strict=True):
            keys = {"category": _label(label), "sex": _label(sex), "reference_year": year}
            made.figure(f"{column}{row}", value, "sexes", "form", **keys)
    ages = ("0-17", "10-12", "18+", "Totaal")
    nationalities = {"België": (12, 3, 40, 52), "NA": ("-", 0, "<5", 4), "Nigeria": (41, 9, 1107, 1148)}
    made.sheet("Leeftijd", [["Nationaliteit", *ages], *([name, *values] for name, values in nationalities.items())])
    for row, (name, values) in enumerate(nationalities.items(), start=2):
        for column, age, value in zip("BCDE", ages, values, strict=True):
            made.figure(
                f"{column}{row}", value, "ages", "nationality", category=name, age=_label(age), reference_year=2022
            )
    return made.base("stacked")


def own_bases() -> list[Base]:
    return [wide(), long(), stacked()]
