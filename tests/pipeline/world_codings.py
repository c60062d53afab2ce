"""Draw the coding files of a world: some conversations are coded twice, with links and cells of every form."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from deliveries import CodingFile
from oracle_ingest import CODEBOOK

NAMES = ["deel0.sav", "map/deel1.xlsx", "deel2.csv"]
COPIES = [None, "aa_kopie", "zz_kopie"]
MISSING_CODES = [8, 9, 98, 99, 998, 999]
NOWHERE = ["fier:onbekend-9", "nergens:00001"]
COLUMNS = {entry["column"]: entry for entry in CODEBOOK}
Links = dict[str, str]


def draw_codings(rng: random.Random, plain: list[str], others: list[str], first_year: int) -> list[CodingFile]:
    """Return files that code every plain conversation once and most others, some of them more than once.

    Args:
        rng: The dice of the world.
        plain: The gesprek_ids of conversations without any doubt.
        others: The gesprek_ids of all other conversations.
        first_year: The first year of the world.
    """
    files = []
    for name in NAMES:
        copy = rng.choice(COPIES)
        names = [name] if copy is None else [name, f"{copy}.{name.rsplit('.', 1)[1]}"]
        files.append(CodingFile(names, [], draw_user_missing(rng) if name.endswith(".sav") else {}))
    links = draw_links(rng, others)
    unknown = [f"fier:onbekend-{number}" for number in range(5)] + ["csg:fout-s1", "nergens:00001"]
    coded = [key for key in others if key in links or rng.random() < 0.6] + unknown
    # The contract does not say whether a replaced coding's link to nowhere is a finding: code such a conversation once.
    turns = plain + [key for key in coded for _ in range(1 if links.get(key) in NOWHERE else rng.choice([1, 1, 2, 3]))]
    rng.shuffle(turns)
    textual = {column for column in COLUMNS if rng.random() < 0.15}
    dates_are_text, months_are_text = rng.random() < 0.5, rng.random() < 0.5
    # Few days, and few of these for one conversation: path and row must also decide which coding is the last.
    days = {key: rng.sample(range(24), 2) for key in turns}
    for key in turns:
        file = rng.choice(files)
        style = Style(file.names[0].rsplit(".", 1)[1], textual, dates_are_text, months_are_text)
        day = date(first_year + 1, 1, 1) + timedelta(days=30 * rng.choice(days[key]))
        row = draw_row(rng, style, key, day)
        if key in plain:
            row["mensenhandel"] = style.written(rng, 1)
        elif key in links and rng.random() < 0.85:
            row["dubbel_van"] = links[key]
        file.rows.append(row)
    for file in files:
        order = rng.sample(list(file.rows[0]), len(file.rows[0]))
        file.rows = [{column: row[column] for column in order} for row in file.rows]
    return files


def draw_user_missing(rng: random.Random) -> dict[str, set[float]]:
    """Return the values that SPSS declares missing: the usual codes, and codes that would otherwise have a meaning."""
    declared: dict[str, set[float]] = {column: {8.0, 9.0, 99.0} for column in COLUMNS if rng.random() < 0.5}
    declared["leeftijd"] = rng.choice([{97.0}, {99.0, 998.0}, {998.0, 999.0}])
    declared["rol"] = rng.choice([{6.0}, {7.0, 9.0}])
    return declared | {"mensenhandel": {2.0, 9.0}}


def draw_links(rng: random.Random, keys: list[str]) -> Links:
    """Return `dubbel_van` of some conversations: chains, stars, circles, and links to an unknown id or to itself."""
    links: Links = {}
    # One long chain in any order: code that joins step by step must not stop early.
    links.update(pairwise(rng.sample(keys, rng.choice([2, 12, 40]))))
    for _ in range(max(4, len(keys) // 25)):
        group = rng.sample(keys, rng.randrange(2, 6))
        shape = rng.choice(["chain", "star", "circle"])
        for here, there in pairwise(group):
            links[here] = there if shape != "star" else group[-1]
        if shape == "circle":
            links[group[-1]] = group[0]
    for key in rng.sample(keys, 8):
        links[key] = rng.choice([key, *NOWHERE])
    return links


@dataclass(frozen=True)
class Style:
    """What one file can hold: SPSS has one type a column, a text file has only text, a sheet can hold everything."""

    kind: str
    textual: set[str]
    dates_are_text: bool
    months_are_text: bool

    def takes_text(self, column: str) -> bool:
        return self.kind != "sav" or column in self.textual

    def takes_numbers(self, column: str) -> bool:
        return self.kind == "xlsx" or (self.kind == "sav" and column not in self.textual)

    def written(self, rng: random.Random, code: float, column: str = "mensenhandel") -> Any:
        """Return a number as this file writes it."""
        if self.takes_numbers(column) and (self.kind == "sav" or rng.random() < 0.7):
            return code
        return rng.choice([f"{code}", f" {code} "]) if isinstance(code, int) else f"{code}"

    def date_cell(self, rng: random.Random, day: date) -> Any:
        is_text = self.dates_are_text if self.kind == "sav" else self.kind == "csv" or rng.random() < 0.5
        return day.isoformat() if is_text else day


def draw_row(rng: random.Random, style: Style, key: str, day: date) -> dict[str, Any]:
    """Return one coding without a link."""
    related = style.written(rng, rng.choice([1, 1, 1, 1, 0, 9, 3]))
    if rng.random() < 0.2:
        related = None
    elif style.takes_text("mensenhandel") and rng.random() < 0.2:
        related = rng.choice(["ja", " JA ", "Nee", "onbekend", "misschien"])
    row = {"gesprek_id": key, "gecodeerd_op": style.date_cell(rng, day), "mensenhandel": related, "dubbel_van": None}
    return row | {column: draw_cell(rng, style, entry, day.year) for column, entry in COLUMNS.items()}


def draw_cell(rng: random.Random, style: Style, entry: dict[str, str], year: int) -> Any:
    """Return a random cell of a column of the codebook."""
    column, kind = entry["column"], entry["kind"]
    if kind == "month":
        return draw_month(rng, style, year)
    if rng.random() < 0.2:
        return None
    if kind == "number":
        return draw_age(rng, style)
    entries = [other for other in CODEBOOK if other["column"] == column]
    if style.takes_text(column) and rng.random() < 0.35:
        words = [rng.choice(entries)["label_nl"], "onbekend", "weet niet", "ja", "nee"]
        word = rng.choices(words, weights=[12, 2, 1, 1, 1])[0]
        return rng.choice([str.upper, str.lower, str.title, "  {} ".format, str])(word)
    known = [int(other["code"]) for other in entries]
    codes = [*known, 0] if kind == "multiple" else known
    return style.written(rng, rng.choice(codes * 4 + [*MISSING_CODES, 7, 2]), column)


def draw_age(rng: random.Random, style: Style) -> Any:
    """Return an age, or a value that looks like one."""
    odd: list[float] = [0, 120, 8, 9, 97, 98, 99, 998, 999, -1, 121, 17.0, 17.5]
    age = rng.choice(odd) if rng.random() < 0.3 else rng.randrange(9, 32)
    if style.takes_text("leeftijd") and rng.random() < 0.1:
        return rng.choice(["onbekend", "zestien", " 16 ", "17.0"])
    return style.written(rng, age, "leeftijd")


def draw_month(rng: random.Random, style: Style, year: int) -> Any:
    """Return a month before, in or after the window of a visit."""
    if rng.random() < 0.3:
        return None
    day = date(year + rng.randrange(-1, 3), rng.randrange(1, 13), rng.randrange(1, 29))
    if style.kind == "sav" and not style.months_are_text:
        return day
    if style.kind == "xlsx" and rng.random() < 0.4:
        return day
    return rng.choice([day.isoformat()[:7]] * 8 + ["2020-13", "voorjaar", "2020-00", "99", "onbekend"])
