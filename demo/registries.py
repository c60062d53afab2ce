"""Write the demo's workbooks of CoMensha, the Nationaal Rapporteur and CKM, in layouts that differ.

Figures that the publishers print are the same here. Other figures that a table needs are invented and have the mark
(v).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from demo.books import MARK, Book, Percent, Raised, Sheet, Sum, write_book

INVENTED = "(v)"
EXPLAINED = f"{INVENTED} verzonnen voor de demo"
MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
MONTHLY = {
    2019: (121, 109, 118, 112, 104, 117, 122, 108, 116, 125, 113, 107),
    2020: (112, 104, 88, 71, 62, 79, 86, 83, 85, 84, 81, 78),
    2021: (70, 61, 66, 64, 63, 68, 71, 62, 65, 69, 67, 65),
}


def _notes(*notes: str) -> list[list[str]]:
    return [[], *([note] for note in notes)]


def _months(*years: int) -> list[list[Any]]:
    """Return a table with one column for each month. The total of a year is a formula."""
    rows: list[list[Any]] = [["Jaar", *MONTHS, "Totaal"]]
    for year in years:
        counts = [f"{count} {INVENTED}" for count in MONTHLY[year]]
        rows.append([year, *counts, Sum(f"=1*{sum(MONTHLY[year])}", sum(MONTHLY[year]))])
    return rows


DEMO = f"{MARK}: demo van zicht"
COMENSHA = [
    Book(
        "comensha",
        "jaarcijfers-2013",
        [
            Sheet(
                "Jaarcijfers",
                [
                    ["Jaarcijfers 2013"],
                    [DEMO],
                    [],
                    ["Jaar", "Slachtoffers"],
                    [2011, "1.222"],
                    [2012, "1.711"],
                    [],
                    [2013, "1.437*"],
                    *_notes("* voorlopig cijfer", "Bron: CoMensha"),
                ],
            ),
            Sheet(
                "Vormen",
                [
                    [DEMO],
                    [None, "Vorm van uitbuiting", 2013],
                    [None, "Prostitutie", f"976 {INVENTED}"],
                    [None, "Gereguleerde arbeid of dienstverlening", f"268 {INVENTED}"],
                    [None, "Overige uitbuiting", f"193 {INVENTED}"],
                    [None, "Totaal", 1437],
                    *_notes(EXPLAINED),
                ],
            ),
        ],
    ),
    Book(
        "comensha",
        "het-beeld-van-2020",
        [
            Sheet("Inhoud", [["Het beeld van 2020"], [DEMO], ["Tabellen bij het jaaroverzicht"]]),
            Sheet("T1", [[DEMO], ["Slachtoffers", 2019, 2020], ["Totaal", 1372, "1\u2009013"]]),
            Sheet(
                "T2",
                [
                    [DEMO],
                    [],
                    ["Nationaliteit", "Aantal"],
                    ["Totaal", Raised("1013", "1")],
                    ["Pools", 190],
                    ["Nigeriaans", 185],
                    ["Nederlands", 155],
                    ["Oegandees", f"<5 {INVENTED}"],
                    *_notes("1 met de onbekende", EXPLAINED),
                ],
            ),
            Sheet("T3 per maand", [[DEMO], *_months(2019, 2020), *_notes(EXPLAINED)]),
            Sheet(
                "T4 geslacht",
                [
                    [DEMO],
                    ["Vorm van uitbuiting", 2019, None, None, 2020, None, None],
                    [None, "Vrouw", "Man", "Totaal", "Vrouw", "Man", "Totaal"],
                    ["Seksuele dienstverlening", *(f"{n} {INVENTED}" for n in (640, 38, 678, 396, 19, 415))],
                    [
                        "Gereguleerde arbeid en dienstverlening",
                        *(f"{n} {INVENTED}" for n in (121, 182, 303, 139, 276, 415)),
                    ],
                    ["Gedwongen orgaanverwijdering", "-", "-", "-", "-", "-", "-"],
                    ["Onbekend", *(f"{n} {INVENTED}" for n in (203, 188, 391, 97, 86, 183))],
                    [
                        "Totaal",
                        *(f"{n} {INVENTED}" for n in (964, 408)),
                        1372,
                        *(f"{n} {INVENTED}" for n in (632, 381)),
                        1013,
                    ],
                    *_notes(EXPLAINED),
                ],
                merged=[(1, 0, 2, 0), (1, 1, 1, 3), (1, 4, 1, 6)],
            ),
            Sheet("Hulpblad", [[DEMO], ["tussenstand", 17]], is_hidden=True),
        ],
    ),
    Book(
        "comensha",
        "het-beeld-van-2021",
        [
            Sheet("Totaal", [[DEMO], ["Het beeld van 2021"], [], ["Slachtoffers", 2021], ["Totaal", 791]]),
            Sheet(
                "Nationaliteiten",
                [
                    [DEMO],
                    ["Nationaliteit", "Aantal"],
                    ["Nederlands", f"171 {INVENTED}"],
                    ["Pools", f"118 {INVENTED}"],
                    ["Totaal", 791],
                    *_notes(EXPLAINED),
                ],
            ),
            Sheet("Maanden", [[DEMO], [], *_months(2021), *_notes(EXPLAINED)]),
            Sheet(
                "Vorm",
                [
                    [DEMO],
                    ["Vorm van uitbuiting", 2021, None, None],
                    [None, "Vrouw", "Man", "Totaal"],
                    ["Seksuele uitbuiting", *(f"{n} {INVENTED}" for n in (322, 21, 343))],
                    ["Arbeidsuitbuiting", *(f"{n} {INVENTED}" for n in (88, 190, 278))],
                    ["Onbekend", *(f"{n} {INVENTED}" for n in (90, 80, 170))],
                    ["Totaal", f"500 {INVENTED}", f"291 {INVENTED}", 791],
                    *_notes(EXPLAINED),
                ],
            ),
        ],
    ),
    Book(
        "comensha",
        "het-beeld-van-2024",
        [
            Sheet(
                "Verdieping III",
                [
                    [DEMO],
                    ["CoMensha"],
                    ["Het beeld van 2024"],
                    ["Verdieping III: aanmelders"],
                    [],
                    ["Jaar", "Aanmelder", "Meldingen", "Aandeel"],
                    [2023, "NP", 360, "34,5%"],
                    [None, "Zorgcoördinatie", 312, "29,9%"],
                    [None, "FairWork", 233, "22,3%"],
                    [None, "NLA", 33, "3,2%"],
                    [None, "KMar", 50, "4,8%"],
                    [2024, "NP", 329, Percent(0.31)],
                    [None, "Zorgcoördinatie", 301, Percent(0.283)],
                    [None, "FairWork", 257, Percent(0.242)],
                    [None, "NLA", 71, Percent(0.067)],
                    [None, "KMar", 67, Percent(0.063)],
                    [],
                    ["Bron: CoMensha"],
                ],
            ),
            Sheet(
                "Per maand",
                [
                    [DEMO],
                    ["Maand", "Meldingen per maand"],
                    *([date(2024, month, 1), f"{80 + month} {INVENTED}"] for month in range(1, 13)),
                    *_notes(EXPLAINED),
                ],
            ),
        ],
    ),
]


def _monitor(title: str, years: Sequence[int], counts: Sequence[Any]) -> list[Sheet]:
    """Return the sheet of an older monitor, with one column for each year. A figure that the demo lacks is unknown."""
    rows: list[Sequence[Any]] = [[title], [DEMO], ["Slachtoffers", *years], ["Aantal", *counts]]
    return [Sheet("Aantal slachtoffers", [*rows, *_notes(". niet in de demo", "Bron: Nationaal Rapporteur")])]


def _long(title: str, *tables: Sequence[Sequence[Any]]) -> list[Sheet]:
    """Return the sheets of a later monitor: one long table on each, with the year only where it changes."""
    return [
        Sheet(f"Tabel {number}", [[title], [DEMO], *([[]] * number), *table, [], ["Bron: Nationaal Rapporteur"]])
        for number, table in enumerate(tables, start=1)
    ]


RAPPORTEUR = [
    Book(
        "rapporteur",
        "slachtoffermonitor-2012-2016",
        _monitor("Slachtoffermonitor mensenhandel 2012-2016", range(2012, 2017), [".", ".", ".", ".", 952]),
    ),
    Book(
        "rapporteur",
        "slachtoffermonitor-2013-2017",
        _monitor("Slachtoffermonitor mensenhandel 2013-2017", range(2013, 2018), [".", "1.256", ".", ".", "958¹"]),
    ),
    Book(
        "rapporteur",
        "slachtoffermonitor-2014-2018",
        [
            *_monitor("Slachtoffermonitor mensenhandel 2014–2018", range(2014, 2019), ["1 255", "x", "x", 956, 668]),
            Sheet(
                "Nederlandse slachtoffers",
                [
                    [DEMO],
                    ["Nederlandse slachtoffers van seksuele uitbuiting", 2018],
                    ["Totaal", 132],
                    [],
                    ["Leeftijd", 2018],
                    ["Minderjarig", 29],
                    ["Meerderjarig", f"103 {INVENTED}"],
                    *_notes(EXPLAINED),
                ],
            ),
        ],
    ),
    Book(
        "rapporteur",
        "slachtoffermonitor-2015-2019",
        _long(
            "Slachtoffermonitor mensenhandel 2015-2019",
            [["Jaar", "Slachtoffers"], [2019, 1334]],
            [
                ["Jaar", "Vorm van uitbuiting", "Slachtoffers"],
                [2018, "Criminele uitbuiting", 35],
                [2019, "Criminele uitbuiting", 195],
                ["", "Binnenlandse seksuele uitbuiting", Raised("181", "17")],
            ],
            [["Jaar", "Leeftijd", "Nederlandse slachtoffers"], [2019, "Minderjarig", 54]],
            [["Jaar", "Melder", "Nederlandse slachtoffers"], [2014, "Politie", 262], [2019, "Politie", 121]],
        ),
    ),
    Book(
        "rapporteur",
        "slachtoffermonitor-2016-2020",
        _long(
            "Slachtoffermonitor mensenhandel 2016-2020",
            [["Jaar", "Slachtoffers"], [2020, 984]],
            [["Jaar", "Leeftijdsgroep", "Slachtoffers"], [2020, "0-17", 68], ["", "18-22", 152]],
        ),
    ),
    Book(
        "rapporteur",
        "slachtoffers-in-beeld-2017-2021",
        _long("Slachtoffers van mensenhandel in beeld bij CoMensha 2017-2021", [["Jaar", "Slachtoffers"], [2021, 791]]),
    ),
    Book(
        "rapporteur",
        "dadermonitor-2015-2019",
        [
            Sheet(
                "Opsporing",
                [
                    ["Dadermonitor mensenhandel 2015-2019"],
                    [DEMO],
                    ["Opsporing", 2015, 2019, "", "Verdachten", 2015, 2019],
                    ["Opsporingsonderzoeken", 195, 169, "", "Verdachten in opsporingsonderzoeken", 180, 118],
                ],
            ),
            Sheet(
                "Incidenten en vervolging",
                [
                    [DEMO],
                    ["Incidenten", 2015, 2018, 2019],
                    ["Geregistreerde incidenten", 440, 765, "1.045"],
                    [],
                    ["Vervolging", 2015, 2019],
                    ["Ingeschreven zaken OM", 211, 153],
                ],
            ),
        ],
    ),
    Book(
        "rapporteur",
        "veiligheidsagenda-2019-2022",
        [Sheet("Doelen", [["Veiligheidsagenda 2019-2022"], [DEMO], ["Doel", 2019], ["Ingeschreven zaken OM", 190]])],
    ),
    Book(
        "rapporteur",
        "schatting-2017",
        [
            Sheet(
                "Schatting",
                [
                    ["Schatting 2017"],
                    [DEMO],
                    ["Groep", "Schatting per jaar", "Ondergrens", "Bovengrens"],
                    ["Alle slachtoffers", "6.250", "5.000", "7.500"],
                    ["Binnenlandse seksuele uitbuiting", "3.000"],
                    ["Minderjarige Nederlandse slachtoffers van seksuele uitbuiting", "1.320"],
                ],
            )
        ],
    ),
    Book(
        "rapporteur",
        "schatting-2021",
        [
            Sheet(
                "Schatting",
                [
                    ["Schatting 2021"],
                    [DEMO],
                    ["Groep", "Schatting per jaar", "Ondergrens", "Bovengrens"],
                    ["Alle slachtoffers", "5.000"],
                ],
            )
        ],
    ),
]
CKM = [
    Book(
        "ckm",
        "onzichtbare-slachtoffers-2019",
        [Sheet("Bezoekers", [["Onzichtbare slachtoffers 2019"], [DEMO], ["Jaar", "Unieke bezoekers"], [2019, 299]])],
    ),
    Book(
        "ckm",
        "onzichtbare-slachtoffers-2020",
        [
            Sheet(
                "Bezoekers",
                [["Onzichtbare slachtoffers 2020"], [DEMO], ["Jaar", "Unieke bezoekers"], [2019, 295], [2020, 283]],
            )
        ],
    ),
]
BOOKS = (*COMENSHA, *RAPPORTEUR, *CKM)


def write_books(inbox: Path) -> dict[str, int]:
    """Write every workbook into the folder of its source.

    Args:
        inbox: The folder with one folder for each source.

    Returns:
        The number of workbooks, by source.
    """
    written: dict[str, int] = {}
    for book in BOOKS:
        (inbox / book.source).mkdir(parents=True, exist_ok=True)
        write_book(inbox / book.source / f"{MARK}-{book.file}.xlsx", book)
        written[book.source] = written.get(book.source, 0) + 1
    return written
