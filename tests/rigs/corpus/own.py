"""Three workbooks of our own, with features that the demo's workbooks do not have.

These are: a column of percentages in a wide table, an optional column, remarks, block labels beside estimates, a label
that looks like a date, and Namibia's code `NA`.
"""

from typing import Any

from connectors.codelists.layouts import Layouts
from rigs.corpus.base import Base
from rigs.corpus.book import Book, Cell, Sheet
from rigs.corpus.stated import WHOLE, Keys, Stated, categories, months, notifications, true_figures, victims, years


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


def _base(name: str, sheets: dict[str, list[list[Any]]], *tables: Stated) -> Base:
    """Return a workbook of one edition: the one whose layout has this name."""
    book = Book(
        [
            Sheet(
                title,
                {
                    (row, column): Cell(value)
                    for row, values in enumerate(rows, start=1)
                    for column, value in enumerate(values, start=1)
                    if value is not None
                },
            )
            for title, rows in sheets.items()
        ]
    )
    if name == "stacked":
        book.sheets[0].merged = [((3, 1), (4, 1)), ((3, 2), (3, 4)), ((3, 5), (3, 7))]
    [edition] = [row["edition"] for row in LAYOUTS.rows["registry_editions"] if row["layout"] == name]
    truth = true_figures(tables, sheets, publisher="comensha", edition=edition)
    return Base(name, book.content(), LAYOUTS, "comensha", list(truth))


def _label(text: str) -> str:
    return "total" if text == "Totaal" else text


def _labels(rows: list[list[Any]], **more: Any) -> list[Keys]:
    return categories(*(_label(row[0]) for row in rows), **more)


def wide() -> Base:
    forms = [
        ["Seksuele uitbuiting", 716, 1013, "1.334", "62,5%"],
        ["Criminele uitbuiting", 195, "<5", 40, "18,7%"],
        ["Arbeidsuitbuiting", "-", 304, 371, "17,4%"],
        ["Onbekend", 12, "x", 29, "1,4%"],
        ["Totaal", 923, 1321, 1774, "100%"],
    ]
    header = ["Vorm van uitbuiting", 2018, 2019, 2020, "% 2020"]
    names = ["jan", "feb", "mrt.", "apr", "mei", "jun", "jul", "aug", "sept", "okt.", "nov", "dec"]
    counts = {year: [(year * 7 + month * 31) % 150 + 5 for month in range(12)] for year in (2019, 2020)}
    sheets = {
        "Vormen": [["Het beeld van 2020"], [], header, *forms, [], ["Bron: CoMensha"]],
        "Maanden": [
            ["Meldingen per maand"],
            ["Jaar", *names, "Totaal"],
            *([year, *values, sum(values)] for year, values in counts.items()),
        ],
    }
    columns = [*years(2018, 2019, 2020), {"unit": "percent", "reference_year": 2020}]
    return _base(
        "wide",
        sheets,
        victims("forms", "Vormen", "B4", _labels(forms), columns),
        victims("months", "Maanden", "B3", years(2019, 2020), [*months(), WHOLE]),
    )


def long() -> Base:
    lines = [
        [2019, "Nationale Politie", 1490, 81],
        [None, "ISZW", 33, 2],
        [None, "Reguliere opvang", 317, 17],
        [2020, "Nationale Politie", 1310, 77],
        [None, "ISZW", 81, 5],
        [None, "Reguliere opvang", 311, 18],
        [2021, "Nationale Politie", 998, 70],
        [None, "ISZW", "<5", 1, "voorlopig"],
        [None, "Reguliere opvang", 415, 29],
    ]
    estimates = [[2019, 6250, 5000, 7500], [2020, 5800, 4600, 7100], [2021, 5100, 4000, 6300]]
    bounds = [
        {"reference_year": year, "value_low": float(low), "value_high": float(high)} for year, _, low, high in estimates
    ]
    sheets = {
        "Aanmelders": [["Het beeld van 2021"], ["Jaar", "Aanmelder", "Aantal", "%", "Toelichting"], *lines],
        "Schatting": [
            ["Schatting van alle slachtoffers"],
            [],
            ["Jaar", "Schatting", "Ondergrens", "Bovengrens"],
            *estimates,
        ],
    }
    reporters = [{"category": line[1], "reference_year": 2019 + place // 3} for place, line in enumerate(lines)]
    return _base(
        "long",
        sheets,
        notifications("reporters", "Aanmelders", "C3", reporters, [WHOLE, {"unit": "percent"}]),
        victims("estimates", "Schatting", "B4", bounds, [WHOLE], is_estimate=True),
    )


def stacked() -> Base:
    names = ("Man", "Vrouw", "Totaal")
    forms = [
        ["Seksuele uitbuiting", 31, 502, 533, 44, 560, 604],
        ["Arbeidsuitbuiting", 300, 110, 410, 1290, 140, 1430],
        ["Totaal", 331, 612, 943, 1334, 700, 2034],
    ]
    ages = ("0-17", "10-12", "18+", "Totaal")
    nationalities = [["België", 12, 3, 40, 52], ["NA", "-", 0, "<5", 4], ["Nigeria", 41, 9, 1107, 1148]]
    sheets = {
        "Geslacht": [
            ["Het beeld van 2022"],
            ["Tabel 1. Vormen naar geslacht"],
            ["Vorm van uitbuiting", 2021, None, None, 2022, None, None],
            [None, *names, *names],
            *forms,
        ],
        "Leeftijd": [["Nationaliteit", *ages], *nationalities],
    }
    sexes = [{"reference_year": year, "sex": _label(name)} for year in (2021, 2022) for name in names]
    of_ages = [{"age": _label(age)} for age in ages]
    return _base(
        "stacked",
        sheets,
        victims("sexes", "Geslacht", "B5", _labels(forms), sexes),
        victims("ages", "Leeftijd", "B2", _labels(nationalities, reference_year=2022), of_ages),
    )


def own_bases() -> list[Base]:
    return [wide(), long(), stacked()]
