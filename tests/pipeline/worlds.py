"""Draw small worlds full of edge cases from a seed: everything in the contract happens much more often than in reality.

A world contains only what the contract defines. Its calendar is dense: every platform has one plain visitor in every
month from December of the first year to the end of the third. It is then clear which periods exist.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from deliveries import Broken, ChatFile, Deliveries
from world_codings import draw_codings

Record = dict[str, Any]

FILES = {
    "fier": ["a.jsonl", "later/b.ndjson", "c.jsonl.gz", "d.ndjson.gz", "e.json"],
    "csg": ["puntkomma.csv", "komma.csv"],
    "derde": ["cp1252.csv", "nogmaals.csv"],
}
ZONES = ["Europe/Amsterdam", "Europe/Amsterdam", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"]
OFFSETS = [0, 0, 60, 60, 120, -300, 330, 765, 840, -660]
# Each row has spellings of one name. Names in different rows are different people.
LATIN = [["Zoë", "ZOË", " zoë ", "\tzOË"], ["Zoe", "ZOE "], ["Weiß", "WEISS", " weiss", "weiß "], ["Weis"]]
OTHER = [
    ["Rene\u0301e", "Renée", "RENÉE", " rene\u0301e "],
    ["ΣΟΦΟΣ", "σοφος", "σοφοσ"],
    ["ﬁen", "Fien", "FIEN"],
    ["İpek", "i\u0307pek"],
    ["\u01f0an", "J\u030cAN", "j\u030can "],
]
TAGS = [
    ["mensenhandel"],
    ["mensenhandel"],
    ["mensenhandel", "seksueel geweld"],
    ["afspraak", "mensenhandel", "school"],
    [],
    ["geen mensenhandel", "mensenhandel-achtig"],
    ["MENSENHANDEL", "school"],
    ["Mensenhandel "],
    ["school"],
]
BAD_TEXTS = [
    "2020-05-01T10:00:00",
    "2020-02-30T10:00:00Z",
    "2020-05-01T24:00:00Z",
    "2020-05-01T10:00:00+25:00",
    "2020-05-01T10:00Z",
    "2020-W18-5T10:00:00Z",
    "20200501T100000Z",
    "2020-05-01",
    "gisteren",
]
BAD_MOMENTS = [*BAD_TEXTS, "", None, 1588327200, "1970-01-01T00:00:00Z", "2202-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]


@dataclass
class Draw:
    """The dice of one world, its time zone and its first year."""

    rng: random.Random
    zone: ZoneInfo
    first_year: int

    @property
    def months(self) -> list[tuple[int, int]]:
        """Return every month of the world as (year, month)."""
        years = range(self.first_year + 1, self.first_year + 3)
        return [(self.first_year, 12), *((year, month) for year in years for month in range(1, 13))]

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def local(self, day: date, **later: float) -> datetime:
        """Return a moment in UTC, counted from a local midnight."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC) + timedelta(**later)

    def moment(self) -> datetime:
        """Return a moment within the world, often one for which calendars disagree."""
        while True:
            moment = self._any_moment()
            local = moment.astimezone(self.zone)
            if (local.year, local.month) in self.months:
                return moment

    def _any_moment(self) -> datetime:
        day = date(self.first_year, 12, 1) + timedelta(days=self.rng.randrange(760))
        seconds = self.rng.choice([-3600, -1, -0.000001, 0, 0.000001, 1, 1799.5, 5400])
        kind = self.rng.random()
        if kind < 0.2:
            return self.local(day, seconds=seconds)
        if kind < 0.35:
            return self.local(day.replace(day=1), seconds=seconds)
        if kind < 0.45:
            year = self.first_year + self.rng.choice([1, 2, 3])
            return self.local(date(year, 1, 1), hours=self.rng.randrange(-14, 15), seconds=seconds)
        if kind < 0.55:
            # Clocks change on the last Sundays of March and October.
            change = date(day.year, self.rng.choice([3, 10]), 31)
            sunday = change - timedelta(days=(change.weekday() + 1) % 7)
            return self.local(sunday, minutes=self.rng.randrange(-120, 60 * 26))
        return self.local(day, seconds=self.rng.randrange(86400), microseconds=self.rng.choice([0, 500000, 123456]))

    def spell(self, moment: datetime) -> str:
        """Return a moment as RFC 3339 text with a random offset."""
        local = moment.astimezone(timezone(timedelta(minutes=self.rng.choice(OFFSETS))))
        text = local.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
        return text.replace("+00:00", "Z") if self.chance(0.5) else text

    def id(self, number: int) -> Any:
        """Return an id. Only a whole number of JSON is no text."""
        return self.rng.choice([f"{number:05}"] * 8 + [f"x:{number:05}", 100000 + number])


def draw_world(seed: int) -> Deliveries:
    """Return the world of a seed."""
    rng = random.Random(seed)
    draw = Draw(rng, ZoneInfo(rng.choice(ZONES)), rng.choice([2018, 2019, 2020]))
    sources = list(FILES)[: rng.choice([2, 3, 3])]
    size = rng.randrange(300, 800) // len(sources)
    chat: list[ChatFile] = []
    plain: list[str] = []
    others: list[str] = []
    for source in sources:
        steady = [plain_record(draw, f"{source}-vast-{year}-{month:02}", (year, month)) for year, month in draw.months]
        records = draw_conversations(draw, source, size - len(steady))
        plain += [f"{source}:{record['conversation_id']}" for record in steady]
        others += sorted({f"{source}:{record['conversation_id']}" for record in records})
        records += [version for record in records for version in more_versions(draw, record)] + steady
        chat += into_files(draw, source, records + bad_records(draw, source))
    coding = draw_codings(rng, plain, others, draw.first_year)
    return Deliveries(draw.zone.key, chat, coding)


def make_record(
    draw: Draw, conversation_id: Any, nickname: str | None, started_at: datetime, tags: list[str]
) -> Record:
    ended_at = draw.spell(started_at + timedelta(minutes=draw.rng.randrange(5, 90)))
    return {
        "conversation_id": conversation_id,
        "nickname": nickname,
        "connection_group": draw.rng.choice([None, "", "groep 1", "groep 2"]),
        "started_at": draw.spell(started_at),
        "ended_at": ended_at if draw.chance(0.9) else None,
        "language": draw.rng.choice(["nl", "nl", "nl", "en", "de", "tr", None]),
        "tags": tags,
        "updated_at": draw.spell(started_at + timedelta(hours=draw.rng.randrange(1, 200))),
        "deleted": False,
    }


def plain_record(draw: Draw, nickname: str, month: tuple[int, int]) -> Record:
    """Return a conversation without any doubt, in the middle of a month."""
    started_at = draw.local(date(*month, 15), minutes=draw.rng.randrange(600, 900))
    return make_record(draw, f"vast-{month[0]}-{month[1]:02}", nickname, started_at, ["mensenhandel"])


def draw_conversations(draw: Draw, source: str, size: int) -> list[Record]:
    """Return the first versions of a platform's conversations."""
    named = [[f"zon {n}", f" Zon {n}", f"ZON {n}  ", f"\u200bzon {n}\u2060"] for n in range(size // 2)]
    nobody = ["", "  ", None, "Anoniem", "GUEST", f"Bezoeker {size}"] + (
        ["\u200b", "\u3164 "] if source == "fier" else []
    )
    named += (LATIN if source == "derde" else LATIN + OTHER) * 8
    records: list[Record] = []
    for number in range(size):
        nickname = draw.rng.choice(draw.rng.choice(named)) if draw.chance(0.9) else draw.rng.choice(nobody)
        started_at = draw.moment()
        if records and draw.chance(0.1):
            # Start at the same moment as another conversation of the same name: only the id decides which is first.
            twin = draw.rng.choice(records)
            nickname, started_at = twin["nickname"], datetime.fromisoformat(twin["started_at"])
        records.append(make_record(draw, draw.id(number), nickname, started_at, draw.rng.choice(TAGS)))
    return records


def more_versions(draw: Draw, record: Record) -> list[Record]:
    """Return further records of the same conversation: none, or stale, repeated, tied, bad or deleting ones."""
    updated_at = datetime.fromisoformat(record["updated_at"])

    def at(**later: float) -> str:
        return draw.spell(updated_at + timedelta(**later))

    # Records of the same moment keep the nickname: the contract does not say which of two would count.
    changed = {"language": draw.rng.choice(["nl", "en", "fr", None]), "tags": draw.rng.choice(TAGS)}
    moved = moved_by(draw, record, draw.moment() - datetime.fromisoformat(record["started_at"]))
    renamed = {"nickname": draw.rng.choice(["zon 1", "zon 2", ""])}
    deletion = {"conversation_id": record["conversation_id"], "deleted": True}
    possible: list[tuple[float, Record]] = [
        (0.10, record | changed | moved | renamed | {"updated_at": at(hours=-5)}),
        (0.10, record | changed | moved | renamed | {"updated_at": at(microseconds=1)}),
        (0.10, record | {"updated_at": at()}),
        (0.08, record | changed | {"updated_at": at()}),
        (0.05, record | shifted(draw, record) | {"updated_at": at()}),
        (0.06, record | {"started_at": draw.rng.choice(BAD_MOMENTS), "updated_at": at(days=9)}),
        (0.04, record | {"updated_at": draw.rng.choice(BAD_MOMENTS), "tags": []}),
        (0.03, record | {"language": draw.rng.choice(["Nederlands", "nld", "1"]), "updated_at": at(days=8)}),
        (0.03, record | {"ended_at": draw.rng.choice(BAD_TEXTS), "updated_at": at(days=7)}),
        (0.02, deletion | {"updated_at": at(hours=-3)}),
        (0.02, deletion | {"updated_at": at()}),
        (0.02, deletion | {"updated_at": at(days=10)}),
        (0.01, deletion),
        (0.01, deletion | {"updated_at": draw.rng.choice(BAD_MOMENTS)}),
        (0.03, record | {"conversation_id": "2,00964E+14", "updated_at": at(days=6)}),
        (0.02, record | {"deleted": True, "started_at": "2020-02-30T10:00:00Z", "updated_at": at(days=1)}),
    ]
    return [version for share, version in possible if draw.chance(share)]


def moved_by(draw: Draw, record: Record, step: timedelta) -> Record:
    """Return the start and end of a record, moved by some time."""
    times = {name: record[name] for name in ("started_at", "ended_at")}
    return {name: text and draw.spell(datetime.fromisoformat(text) + step) for name, text in times.items()}


def shifted(draw: Draw, record: Record) -> Record:
    """Return the start and end moved by whole hours within the same month. Fractions of a second stay the same."""
    moment, step = datetime.fromisoformat(record["started_at"]), timedelta(hours=draw.rng.choice([-2, 2]))
    here, there = moment.astimezone(draw.zone), (moment + step).astimezone(draw.zone)
    return moved_by(draw, record, step if (here.year, here.month) == (there.year, there.month) else timedelta())


def bad_records(draw: Draw, source: str) -> list[Any]:
    """Return records of conversations that stay unknown. Only JSON can hold the ones that are not records."""
    good = make_record(draw, "", "niemand", draw.moment(), ["mensenhandel"])
    bad: list[Any] = [good, good | {"conversation_id": None}, {"nickname": "niemand"}]
    for number, moment in enumerate(BAD_MOMENTS):
        bad.append(good | {"conversation_id": f"fout-s{number}", "started_at": moment})
        bad.append(good | {"conversation_id": f"fout-u{number}", "updated_at": moment})
    if source == "fier":
        without_tags = make_record(draw, "zonder-tags", "niemand", draw.moment(), [])
        bad.append({name: value for name, value in without_tags.items() if name != "tags"})
        bad += [[1, 2], "tekst", 5, None, True, {}, Broken('{"conversation_id": "fout-0", '), Broken("geen json")]
    return bad


def into_files(draw: Draw, source: str, records: list[Any]) -> list[ChatFile]:
    """Distribute the records over a platform's files at random."""
    files = [ChatFile(source, name, []) for name in FILES[source]]
    draw.rng.shuffle(records)
    for record in records:
        # One broken line would break a whole JSON array: such a line goes only into files of lines.
        lines = [file for file in files if not isinstance(record, Broken) or not file.name.endswith(".json")]
        draw.rng.choice(lines).records.append(record)
    return files
