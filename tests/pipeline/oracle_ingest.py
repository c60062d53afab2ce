"""Choose the conversations and codings that count from delivered records, after sections 2 and 3 of the contract.

It shares nothing with the pipeline: plain Python, no SQL, no data frames. Speed does not matter.
"""

import csv
import fnmatch
import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from deliveries import ChatFile, CodingFile, Finding

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
DESTROYED = re.compile(r"\d+([.,]\d+)?[eE][+-]\d+|#+", re.ASCII)
WORDS = re.compile(r"\w+")
FLAG = "mensenhandel"
MISSING_CODES = {"8", "9", "98", "99", "998", "999"}
Found = set[Finding]


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of one seed."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


CODEBOOK = seed("codebook")


@dataclass(frozen=True)
class Conversation:
    """The version of a conversation that counts."""

    gesprek_id: str
    source: str
    person: str | None
    started_at: datetime
    language: str | None
    is_flagged: bool


@dataclass
class Coding:
    """One row of a coding file.

    `values` holds the known single answers, numbers and months. `marks` holds the marked categories of multiple
    answers.
    """

    gesprek_id: str
    rank: tuple[date, str, int]
    is_related: bool | None
    duplicate_of: str | None
    values: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


# A moment of change, the JSON that decides between records of one moment, the version, its place, and the number of the
# content that holds it.
Delivered = tuple[datetime, str, Conversation, Finding, int]


def instant(value: Any) -> datetime | None:
    """Return a moment in UTC, or None for anything except RFC 3339 with an offset."""
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        return None
    leap = value[17:19] == "60"
    try:
        moment = datetime.fromisoformat(value[:17] + "59" + value[19:] if leap else value).astimezone(UTC)
    except ValueError:
        return None
    return moment.replace(microsecond=0) + timedelta(seconds=1) if leap else moment


def plausible(value: Any) -> datetime | None:
    """Return a moment between the year 2000 and the day after tomorrow."""
    moment = instant(value)
    is_plausible = moment and datetime(2000, 1, 1, tzinfo=UTC) <= moment <= datetime.now(UTC) + timedelta(days=2)
    return moment if is_plausible else None


def is_visible(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cf", "Zs") and letter not in "\u2800\u3164"


def person_key(nickname: Any) -> str | None:
    """Return the key that spellings of one nickname share, or None for a nickname that names nobody."""
    letters = list(unicodedata.normalize("NFC", nickname or ""))
    while letters and not is_visible(letters[0]):
        letters.pop(0)
    while letters and not is_visible(letters[-1]):
        letters.pop()
    name = "".join(letters).casefold()
    plain = unicodedata.normalize("NFKC", name)
    nobody = any(fnmatch.fnmatchcase(plain, row["name"].casefold()) for row in seed("no_names"))
    return None if nobody else name or None


def folded(tag: str) -> str:
    plain = unicodedata.normalize("NFKC", tag).casefold()
    return "".join(letter for letter in plain if letter == " " or is_visible(letter)).strip()


def read_chat(files: list[ChatFile]) -> tuple[dict[str, Conversation], set[str], Found]:
    """Return the current conversations by gesprek_id, the gesprek_ids of deleted ones, and what was rejected.

    Files of one name are contents of one path, oldest first.
    """
    deleted: set[str] = set()
    versions: dict[str, list[Delivered]] = defaultdict(list)
    findings: Found = set()
    resembling: dict[Finding, str] = {}
    newest = {(file.source, file.name): number for number, file in enumerate(files)}
    for number, file in enumerate(files):
        for place, record in enumerate(file.records, start=1):
            name, version = _version(record, file.source)
            if isinstance(version, Conversation):
                here = Finding(file.source, file.name, place, "conversation_id")
                moment = instant(record["updated_at"])
                versions[version.gesprek_id].append((moment, _canonical(record), version, here, number))
                name = _bad_detail(record)
                if any(FLAG in WORDS.findall(tag) and tag != FLAG for tag in map(folded, record.get("tags") or [])):
                    resembling[Finding(file.source, file.name, place, "tags")] = version.gesprek_id
            elif version:
                deleted.add(version)
            if name is not None and number == newest[file.source, file.name]:
                findings.add(Finding(file.source, file.name, place, name))
    findings |= {finding for finding, gesprek_id in resembling.items() if gesprek_id not in deleted}
    current = {}
    for key, known in versions.items():
        if key not in deleted:
            last = current[key] = _counting(known)
            findings |= {
                here for _, _, one, here, _ in known if one.started_at != last.started_at and one.person != last.person
            }
    return current, deleted, findings


def _counting(known: list[Delivered]) -> Conversation:
    """Return the latest version; of several, that of a path's newer content; of several, the last one in JSON."""
    latest = [one for one in known if one[0] == max(other[0] for other in known)]
    newest = {one[3].file: one[4] for one in sorted(latest, key=lambda one: one[4])}
    return max((one for one in latest if one[4] == newest[one[3].file]), key=lambda one: one[1])[2]


def _version(record: Any, source: str) -> tuple[str | None, Conversation | str | None]:
    """Read one record.

    Returns:
        (field, version): the field that makes the whole record invalid ("" if it is not a record), or None; and the
        conversation, the gesprek_id of a deletion, or None.
    """
    if not isinstance(record, dict):
        return "", None
    conversation_id = record.get("conversation_id")
    if (
        not isinstance(conversation_id, str | int)
        or not str(conversation_id)
        or DESTROYED.fullmatch(str(conversation_id))
    ):
        return "conversation_id", None
    gesprek_id = f"{source}:{conversation_id}"
    if record.get("deleted") is True:
        return None, gesprek_id
    if not plausible(record.get("updated_at")):
        return "updated_at", None
    started_at = plausible(record.get("started_at"))
    if not started_at:
        return "started_at", None
    nickname = person_key(record.get("nickname"))
    person = f"{source} {nickname}" if nickname else None
    is_flagged = FLAG in map(folded, record.get("tags") or [])
    return None, Conversation(gesprek_id, source, person, started_at, _language(record), is_flagged)


def _language(record: dict[str, Any]) -> str | None:
    language = record.get("language")
    return language if isinstance(language, str) and re.fullmatch("[a-z]{2}", language) else None


def _bad_detail(record: dict[str, Any]) -> str | None:
    """Return a field that is rejected while the rest of the record is kept."""
    if "tags" not in record:
        return "tags"
    if record.get("language") not in (None, "") and not _language(record):
        return "language"
    if record.get("ended_at") not in (None, "") and not instant(record["ended_at"]):
        return "ended_at"
    return None


def _canonical(record: dict[str, Any]) -> str:
    """Return RFC 8785 text of the kept fields except the pseudonymised ones. It orders records of the same moment."""
    kept = {name: record.get(name) for name in ("language", "deleted")}
    kept["conversation_id"] = str(record["conversation_id"])
    kept["tags"] = [tag.strip() for tag in record.get("tags") or []]
    for name in ("started_at", "ended_at", "updated_at"):
        moment = instant(record.get(name))
        kept[name] = moment.isoformat(timespec="microseconds") if moment else None
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_codings(files: list[CodingFile], known: set[str], deleted: set[str]) -> tuple[dict[str, Coding], Found]:
    """Return the current coding of every conversation that is known and not deleted, and what was rejected."""
    current: dict[str, Coding] = {}
    findings: Found = set()
    for file in files:
        path = min(file.names)
        for place, row in enumerate(file.rows, start=1):
            coding, bad = _read_coding(row, path, place, file.user_missing)
            if coding.gesprek_id not in deleted | known:
                bad.append("gesprek_id")
            if coding.duplicate_of and coding.duplicate_of not in deleted | known:
                bad.append("dubbel_van")
            if coding.gesprek_id not in deleted:
                findings |= {Finding("coding", path, place, name) for name in bad}
            older = current.get(coding.gesprek_id)
            if coding.gesprek_id in known and (older is None or older.rank < coding.rank):
                current[coding.gesprek_id] = coding
    return current, findings


def cell_text(cell: Any, user_missing: set[float], codes: set[str]) -> str | None:
    """Return a cell as case-folded text, or None if it is missing."""
    if cell is None or cell in user_missing:
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip().casefold()
    return None if text in ("", "onbekend") or text in MISSING_CODES - codes else text


def _read_coding(
    row: dict[str, Any], path: str, place: int, user_missing: dict[str, set[float]]
) -> tuple[Coding, list[str]]:
    """Return one coding, and its columns with a value that cannot be read."""
    bad: list[str] = []
    related = cell_text(row["mensenhandel"], user_missing.get("mensenhandel", set()), set())
    if related not in (None, "0", "1", "nee", "ja"):
        bad.append("mensenhandel")
        related = None
    coded_on = row["gecodeerd_op"] if isinstance(row["gecodeerd_op"], date) else date.fromisoformat(row["gecodeerd_op"])
    coding = Coding(
        gesprek_id=row["gesprek_id"],
        rank=(coded_on, path, place),
        is_related=related in ("1", "ja") if related else None,
        duplicate_of=row["dubbel_van"] or None,
    )
    columns = {entry["column"]: entry for entry in CODEBOOK}
    for column, entry in columns.items():
        codes = {str(age) for age in range(100)} if entry["kind"] == "number" else _codes(column)
        text = cell_text(row.get(column), user_missing.get(column, set()), codes)
        if text is not None and not _take(coding, entry, row[column], text):
            bad.append(column)
    return coding, bad


def _codes(column: str) -> set[str]:
    return {entry["code"] for entry in CODEBOOK if entry["column"] == column}


def _take(coding: Coding, entry: dict[str, str], cell: Any, text: str) -> bool:
    """Put one known cell into the coding. Return False if the cell breaks a rule."""
    variable, column = entry["variable"], entry["column"]
    if entry["kind"] == "multiple":
        if text in ("1", "ja", entry["label_nl"].casefold()):
            coding.marks[variable].add(entry["category"])
            return True
        return text in ("0", "nee")
    value: Any = _single(column, text)
    if entry["kind"] == "number":
        is_whole = re.fullmatch(r"\d+(\.0+)?", text)
        value = int(float(text)) if is_whole and float(text) <= 120 else None
    if entry["kind"] == "month":
        value = _month(cell, text)
    if value is not None:
        coding.values[variable] = value
    return value is not None


def _single(column: str, text: str) -> str | None:
    for entry in CODEBOOK:
        if entry["column"] == column and text in (entry["code"], entry["label_nl"].casefold()):
            return entry["category"]
    return None


def _month(cell: Any, text: str) -> tuple[int, int] | None:
    """Return year and month of `JJJJ-MM` or of a date cell."""
    if isinstance(cell, date):
        return cell.year, cell.month
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    return (int(match[1]), int(match[2])) if match else None
