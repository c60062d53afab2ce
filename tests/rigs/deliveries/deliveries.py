"""Draw deliveries as they should be, and the same made wrong in one way."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from samples import CODING_HEADER, a_coding, a_record, coding_bytes, ndjson, registry_bytes, table_bytes

File = tuple[str, bytes]  # name, content
Records = list[dict[str, Any]]
FIRST = datetime(2019, 1, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One source, what it delivered before, and one more delivery.

    Attributes:
        name: What was drawn, for a message.
        kind: The kind of the source.
        earlier: The files of the nights before.
        right: The file as it should be.
        delivered: The file that comes. In a right case it is `right`.
    """

    name: str
    kind: str
    earlier: tuple[File, ...]
    right: File
    delivered: File


# --- Chats


def some_records(chance: Random, first: int, count: int, day: int, share: float) -> Records:
    """Return `count` conversations of a night, some of them flagged. The first of them is, so that all have a flag."""
    records = []
    for number in range(first, first + count):
        moment = (FIRST + timedelta(days=day, minutes=chance.randrange(600))).isoformat()
        flagged = number == first or chance.random() < share
        records.append(
            a_record(
                number,
                nickname=f"verzonnen{chance.randrange(5_000)}",
                started_at=moment,
                ended_at=None,
                updated_at=moment,
                tags=["mensenhandel", "sexting"] if flagged else ["sexting"],
            )
        )
    return records


def changed(**fields: Any) -> Callable[[Random, Records], bytes]:
    """Every record has these values in place of its own. A value can be a function of the old one."""

    def change(_: Random, records: Records) -> bytes:
        made = [
            {**record, **{name: value(record[name]) if callable(value) else value for name, value in fields.items()}}
            for record in records
        ]
        return ndjson(*({name: value for name, value in record.items() if value is not ...} for record in made))

    return change


def of_some(way: Callable[[Random, Records], bytes]) -> Callable[[Random, Records], bytes]:
    """Only one record in four is made wrong."""

    def change(chance: Random, records: Records) -> bytes:
        wrong = way(chance, records).splitlines(keepends=True)
        right = ndjson(*records).splitlines(keepends=True)
        return b"".join(
            bad if number % 4 == 0 else good for number, (bad, good) in enumerate(zip(wrong, right, strict=True))
        )

    return change


def renamed(field: str, name: str) -> Callable[[Random, Records], bytes]:
    def change(_: Random, records: Records) -> bytes:
        return ndjson(*({name if key == field else key: value for key, value in one.items()} for one in records))

    return change


def as_csv(tags: str, **names: str) -> Callable[[Random, Records], bytes]:
    """A CSV whose tags are joined by `tags`, with some columns under other names."""

    def change(_: Random, records: Records) -> bytes:
        header = ["conversation_id", "nickname", "started_at", "tags", "updated_at", "deleted"]
        rows = [[{**one, "tags": tags.join(one["tags"])}[name] for name in header] for one in records]
        return table_bytes([names.get(name, name) for name in header], *rows, delimiter="\t" if tags == ";" else ";")

    return change


def repeated_key(_: Random, records: Records) -> bytes:
    return ndjson(*records).replace(b'"tags":', b'"tags": [], "tags":')


WRONG_CHATS: dict[str, Callable[[Random, Records], bytes]] = {
    "moments without offset": changed(started_at=lambda text: text[:19], updated_at=lambda text: text[:19]),
    "moments of a spreadsheet": changed(started_at="01-03-20 9:00"),
    "moments as numbers": changed(updated_at=1_583_053_200),
    "updates far ahead": changed(updated_at="9999-12-31T00:00:00Z"),
    "starts in 1970": changed(started_at="1970-01-01T00:00:00Z"),
    "ids of a spreadsheet": changed(conversation_id="2,00964E+14"),
    "ids too wide for their column": changed(conversation_id="########"),
    "no ids": changed(conversation_id=None),
    "deleted in other words": changed(deleted="niet"),
    "deleted all": changed(deleted=True),
    "flags in another language": changed(tags=["human trafficking"]),
    "flags as codes": changed(tags=["7"]),
    "tags as text": changed(tags=lambda tags: ", ".join(tags)),
    "tags as objects": changed(tags=lambda tags: [{"title": tag} for tag in tags]),
    "no tags": changed(tags=...),
    "tags under another name": renamed("tags", "labels"),
    "ids under another name": renamed("conversation_id", "id"),
    "moments under another name": renamed("started_at", "created_at"),
    "keys twice": repeated_key,
    "a file that is cut off": lambda chance, records: ndjson(*records)[: -chance.randrange(5, 60)],
    "a wrapping object": lambda _, records: json.dumps({"items": records}).encode(),
    "a web page": lambda _, records: b"<!DOCTYPE html><html><body>Log in</body></html>\n",
    "another alphabet": lambda _, records: ndjson(*records).decode().encode("utf-16"),
    "objects without breaks": lambda _, records: ndjson(*records).replace(b"\n", b""),
}
SOME_WRONG = (
    *("moments without offset", "updates far ahead", "starts in 1970", "ids of a spreadsheet", "no ids"),
    *("deleted in other words", "tags as text", "no tags", "keys twice", "moments as numbers"),
)


def a_wrong_chat(chance: Random, number: int) -> Case:
    ways = [*WRONG_CHATS, *(f"some: {name}" for name in SOME_WRONG)]
    name = ways[number % len(ways)]
    way = of_some(WRONG_CHATS[name.removeprefix("some: ")]) if name.startswith("some: ") else WRONG_CHATS[name]
    share, volume = chance.choice([(0.4, 80), (0.25, 150), (0.6, 60)])
    earlier, first = [], 1
    for night in range(chance.randrange(1, 4)):
        earlier.append((f"{night}.jsonl", ndjson(*some_records(chance, first, volume, night, share))))
        first += volume
    records = some_records(chance, first, volume, 5, share)
    if name == "deleted all":  # of conversations that were received before
        records = some_records(chance, 1, volume, 0, share)
    file = chance.choice(["new.jsonl", "new.ndjson"])
    right = (file, ndjson(*records)) if name != "deleted all" else earlier[0]
    return Case(f"chat {number}: {name}", "chat", tuple(earlier), right, (file, way(chance, records)))


# --- Codings


Rows = list[list[Any]]


def some_codings(chance: Random, count: int) -> Rows:
    return [
        a_coding(
            number, rol=chance.choice("123"), vorm_seks=chance.choice(["1", ""]), leeftijd=chance.randrange(12, 40)
        )
        for number in range(1, count + 1)
    ]


def cells(column: str, value: Any) -> Callable[[Rows], bytes]:
    """Every row has this value in a column. It can be a function of the old one."""
    place = CODING_HEADER.index(column)

    def change(rows: Rows) -> bytes:
        made = [[*row[:place], value(row[place]) if callable(value) else value, *row[place + 1 :]] for row in rows]
        return coding_bytes(*made)

    return change


def header(old: str, new: str) -> Callable[[Rows], bytes]:
    return lambda rows: table_bytes([new if name == old else name for name in CODING_HEADER], *rows)


WRONG_CODINGS: dict[str, Callable[[Rows], bytes]] = {
    "most rows lost": lambda rows: coding_bytes(*rows[: len(rows) // 3]),
    "no rows": lambda rows: coding_bytes(),
    "ids without their platform": cells("gesprek_id", lambda text: text.removeprefix("fier:")),
    "no ids": cells("gesprek_id", ""),
    "dates far ahead": cells("gecodeerd_op", "2201-02-01"),
    "dates in another order": cells("gecodeerd_op", "02/13/2021"),
    "unknown labels": cells("rol", "iets anders"),
    "codes that the codebook lacks": cells("rol", "77"),
    "ages that nobody has": cells("leeftijd", "170"),
    "an answer that is none": cells("mensenhandel", "misschien"),
    "a column under another name": header("rol", "rolle"),
    "ids under another name": header("gesprek_id", "id"),
    "cells shifted by one": lambda rows: coding_bytes(*(["", *row[:-1]] for row in rows)),
    "another delimiter within": lambda rows: coding_bytes(*rows).replace(b";", b"|", 20),
}


def a_wrong_coding(chance: Random, number: int) -> Case:
    name = [*WRONG_CODINGS][number % len(WRONG_CODINGS)]
    rows = some_codings(chance, chance.randrange(20, 80))
    before = coding_bytes(*rows[:-4])
    delivered = WRONG_CODINGS[name](rows)
    file = "coderingen.csv"
    return Case(f"coding {number}: {name}", "coding", ((file, before),), (file, coding_bytes(*rows)), (file, delivered))


# --- Registries

FORMS = ("Seksuele uitbuiting", "Totaal")


def a_wrong_registry(chance: Random, number: int) -> Case:
    counts = [[form, chance.randrange(100, 900), chance.randrange(100, 900)] for form in FORMS]
    before, right = registry_bytes(*counts), registry_bytes(counts[0], ["Totaal", 950, 960])
    ways: dict[str, bytes] = {
        "a row of units": registry_bytes(["", "x 1.000", "x 1.000"], *counts),
        "a title of units": registry_bytes(*counts, header=("Vorm (aantallen x 1.000)", 2019, 2020)),
        "an unknown label": registry_bytes(["Anders", 5, 6], *counts),
        "another title": registry_bytes(*counts, title="Uitgave 2031"),
        "most figures lost": registry_bytes([FORMS[0], 950, ""]),
        "decimals": registry_bytes(*([form, f"{one},5", f"{other},5"] for form, one, other in counts)),
        "an unknown column": registry_bytes(*([*row, 7] for row in counts), header=("Vorm", 2019, 2020, "Groei")),
    }
    name = [*ways][number % len(ways)]
    return Case(
        f"registry {number}: {name}", "comensha", (("r.xlsx", before),), ("r.xlsx", right), ("r.xlsx", ways[name])
    )


def wrong_case(number: int) -> Case:
    """Return the wrong delivery with a number: two chats in three, of the rest two codings in three."""
    chance = Random(number)
    if number % 3:
        return a_wrong_chat(chance, number // 3 * 2 + number % 3 - 1)
    return a_wrong_registry(chance, number // 9) if number % 9 == 0 else a_wrong_coding(chance, number // 3)


# --- Right deliveries


def right_case(number: int) -> Case:
    """Return the right delivery with a number."""
    chance = Random(f"right {number}")
    draw = [a_night, a_holiday, a_first_delivery, a_backfill, late_versions, some_deletions, codings_go_on][number % 7]
    case = draw(chance)
    return replace(case, name=f"right {number}: {draw.__name__}")


def _chat(earlier: list[Records], records: Records, name: str = "new.jsonl") -> Case:
    files = tuple((f"{night}.jsonl", ndjson(*one)) for night, one in enumerate(earlier))
    return Case("", "chat", files, (name, ndjson(*records)), (name, ndjson(*records)))


def _nights(chance: Random) -> tuple[list[Records], int, float]:
    volume, share = chance.choice([(4, 0.3), (15, 0.2), (60, 0.1), (200, 0.05)])
    nights, first = [], 1
    for night in range(chance.randrange(2, 7)):
        count = max(1, round(chance.gauss(volume, volume**0.5)))
        nights.append(some_records(chance, first, count, night, share))
        first += count
    return nights, volume, share


def a_night(chance: Random) -> Case:
    nights, volume, share = _nights(chance)
    return _chat(nights, some_records(chance, 9_000, max(1, round(chance.gauss(volume, volume**0.5))), 9, share))


def a_holiday(chance: Random) -> Case:
    """Hardly anybody writes, and nobody of them is flagged."""
    nights, volume, _ = _nights(chance)
    few = some_records(chance, 9_000, chance.randrange(1, 2 + volume // 8), 9, 0)
    return _chat(nights, [{**one, "tags": ["sexting"]} for one in few] if len(few) < 5 else few)


def a_first_delivery(chance: Random) -> Case:
    return _chat([], some_records(chance, 1, chance.randrange(1, 400), 0, chance.uniform(0.03, 0.5)))


def a_backfill(chance: Random) -> Case:
    """Years of conversations come at once, after some nights."""
    nights, volume, share = _nights(chance)
    old = [
        one for day in range(-365, 0, 9) for one in some_records(chance, 20_000 - day * 50, 1 + volume // 4, day, share)
    ]
    return _chat(nights, old)


def late_versions(chance: Random) -> Case:
    """An export of all conversations so far is written again under its name; a few have changed, one cannot be read."""
    nights, _, _ = _nights(chance)
    later = (FIRST + timedelta(days=20)).isoformat()
    first = [{**one, "updated_at": later} if chance.random() < 0.2 else one for one in nights[0]]
    return _chat(nights, [*first, a_record(99_999, started_at="onbekend")], "0.jsonl")


def some_deletions(chance: Random) -> Case:
    """A few visitors asked to be forgotten."""
    nights, volume, share = _nights(chance)
    known = [one for night in nights for one in night]
    gone = chance.sample(known, k=min(len(known) // 8, 9))
    return _chat(nights, [{**one, "deleted": True} for one in gone] + some_records(chance, 9_000, volume, 9, share))


def codings_go_on(chance: Random) -> Case:
    """Coders add rows, correct some, and take a double one out."""
    rows = some_codings(chance, chance.randrange(5, 90))
    now = coding_bytes(*rows[1:], *(a_coding(500 + number, rol="1") for number in range(chance.randrange(0, 30))))
    return Case("", "coding", (("c.csv", coding_bytes(*rows)),), ("c.csv", now), ("c.csv", now))
