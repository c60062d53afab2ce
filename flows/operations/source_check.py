"""Report what would be read from files and listings of any kind of source. Nothing is stored."""

import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.catalogue import KINDS, REGISTRIES
from connectors.chat.incremental import Changes, Mark
from connectors.codelists.codebook import load_codebook
from connectors.codelists.layouts import load_layouts
from connectors.codelists.no_names import load_no_names
from connectors.errors import SourceProblem, printable
from connectors.formats.folding import trimmed
from connectors.gate import Judged
from connectors.landing import Landing
from connectors.pseudonym import NO_TOMBSTONES, Pseudonymiser
from connectors.source import NOT_HONOURED, Context, Item, Rejection, Rows, Source, SourceFile
from connectors.transport.document import downloaded
from connectors.transport.folder import check_type, list_files
from flows.operations.report import Report, text_table
from flows.operations.workbook_check import check_workbook
from flows.runtime.configuration import SEEDS, Configuration, SettingsProblem, configuration_file, load_configuration
from flows.runtime.seeds import check_seeds, seeds_folder
from flows.warehouse import retention

FEWEST = 5  # conversations that share a tag before it is shown, because a rare tag may be free text
LONGEST_TAG = 40  # characters; a longer tag is free text
NOBODY = "nobody"
COLUMNS = ("source", "kind", "file", "item", "name", "n", "note")
OVERVIEW = ("source", "kind", "files", "rows", "rejected", "flagged", "first", "last")
OF_ROWS = ["conversation_id", "nickname_pseudonym", "started_at", "tags", "is_deleted"]  # of a conversation
OF_CHATS = ("repeated ids", "deleted", "flagged", "like a flag", "no name", NOBODY, "other tags")


class _Marking(Pseudonymiser):
    """A function from names to pseudonyms that gives all names of nobody the mark NOBODY, so they can be counted."""

    def _pseudonym(self, source: str, field: str, text: str) -> str | None:
        pseudonym = super()._pseudonym(source, field, text)
        return NOBODY if pseudonym is None and field == "nickname" and trimmed(text) else pseudonym


class Summary:
    """What would be read from one file or listing. It holds no rows.

    Attributes:
        counts: The counts, by item and name.
        days: The first and last day, or year.
        problem: Why it could not be read, or an empty text.
    """

    def __init__(self, source: Source, file: str, context: Context, configuration: Configuration | None) -> None:
        self.source, self.file = source, file
        self._landing = Landing(configuration.landing if configuration else Path())
        self._judged = Judged(source, KINDS[source.kind], None)
        self._flag_word = re.compile("|".join(rf"(?<![^\W_]){re.escape(flag)}(?![^\W_])" for flag in source.flag_tags))
        self.counts: Counter[tuple[str, str]] = Counter()
        self.days: list[str] = []
        self.problem = ""
        self._zone = ZoneInfo(configuration.settings.timezone if configuration else "Europe/Amsterdam")
        self._columns = context.codebook.columns
        self._places: dict[str, str] = {}  # where each rule was broken first
        self._seen: set[int] = set()
        self._repeated: set[int] = set()

    def read(self, items: Iterable[Item | Rows]) -> "Summary":
        """Count all items. A problem ends the reading, and is kept in `problem`."""
        try:
            for item in items:
                self._judged.add(item)
                if isinstance(item, Rejection):
                    rule = f"{item.field} {item.rule}".strip()
                    self._places.setdefault(rule, item.location)
                    self.counts["rejected", rule] += 1
                else:
                    for row in item.values.select(OF_ROWS).to_pylist() if isinstance(item, Rows) else [item.values]:
                        self._row(row)
        except SourceProblem as problem:
            self.problem = str(problem)
        if lost := sum(n for (_, name), n in self.counts.items() if name.endswith(NOT_HONOURED)):
            self.problem = f"{self.source.name}: {self.file}: {lost} records may be deletions that cannot be read."
        counted = self._landing.receipts(self.source.name)
        fault, _ = self._judged.verdict(self._landing, self.file if self.source.path else "", counted)
        if fault and not self.problem:
            self.problem = f"{self.source.name}: {self.file}: it would go to quarantine: {fault}."
        return self

    def _row(self, row: Mapping[str, Any]) -> None:
        if "code" in row:
            self.counts["coded", self._label(row["column_name"], row["code"])] += 1
            return
        self.counts["rows", ""] += 1
        day: date | int | None = row.get("reference_year") or row.get("coded_on")
        if "started_at" in row:
            day = row["started_at"] and row["started_at"].astimezone(self._zone).date()
            self._conversation(row)
        elif "coded_on" in row:
            answer = {True: "ja", False: "nee"}.get(row["is_trafficking"], "onbekend")
            self.counts["coded", f"mensenhandel {answer}"] += 1
            self.counts["coded", "dubbel_van"] += row["duplicate_of"] is not None
        if day:
            self.days = [min([str(day), *self.days]), max([str(day), *self.days])]
        if identity := row.get("conversation_id") or row.get("gesprek_id"):
            (self._repeated if hash(identity) in self._seen else self._seen).add(hash(identity))

    def _conversation(self, row: Mapping[str, Any]) -> None:
        tags = set(row["tags"] or ())
        found = {
            "deleted": row["is_deleted"],
            "flagged": not tags.isdisjoint(self.source.flag_tags),
            "no name": not row["nickname_pseudonym"] and not row["is_deleted"],
            NOBODY: row["nickname_pseudonym"] == NOBODY,
            "like a flag": any(self._flag_word.search(tag) for tag in tags.difference(self.source.flag_tags)),
        }
        self.counts.update((item, "") for item, is_so in found.items() if is_so)
        self.counts.update(("tag", tag) for tag in tags)

    def _label(self, column: str, code: str) -> str:
        """Return a column with the folded label of a code. A number or month has none, and is not shown."""
        labels = self._columns[column].codes.items()
        return " ".join([column, *(label for label, one in labels if one == code and label != code)])

    def facts(self) -> Iterator[tuple[str, str, int | None, str]]:
        """Yield (item, name, count, note). A tag that is no flag is named only if FEWEST conversations share it."""
        counts = +self.counts
        live = counts["rows", ""] - counts["deleted", ""]
        share = (Decimal(100 * counts["flagged", ""]) / max(live, 1)).quantize(Decimal("0.1"), ROUND_HALF_UP)
        is_chat = self.source.kind == "chat"
        counts["repeated ids", ""] = len(self._repeated)
        hidden = [key for key, n in counts.items() if key[0] == "tag" and (n < FEWEST or len(key[1]) > LONGEST_TAG)]
        counts["other tags", ""] = len([counts.pop(key) for key in hidden if key[1] not in self.source.flag_tags])
        counts.update({("tag", flag): 0 for flag in self.source.flag_tags if is_chat})
        yield "rows", "", counts.pop(("rows", ""), 0), " to ".join(self.days)
        notes = {"flagged": f"of {live} ({share} %)", NOBODY: "names in seeds/no_names.csv"}
        for item in OF_CHATS[: {"chat": len(OF_CHATS), "coding": 1}.get(self.source.kind, 0)]:
            yield item, "", counts[item, ""], notes.get(item, "")
        for (item, name), n in sorted(counts.items()):
            if name:
                yield item, printable(name), n, f"first at {self._places[name]}" if item == "rejected" else ""


def check(target: str | None, kind: str | None) -> Report:
    """Report what would be read of a file, of one source, or of all sources.

    Args:
        target: The name of a source, the path of a file, or None for all sources.
        kind: The kind of a file that is in the path of no source.

    Raises:
        SettingsProblem: The settings or the key are wrong, or there is no such file or source.
        SourceProblem: The file is not a readable workbook.
    """
    configuration = load_configuration() if target is None or configuration_file().exists() else None
    if configuration and target is None:
        return _overview(configuration)
    if configuration and target in configuration.settings.sources:
        return _details(list(_summaries(configuration, target)))
    path = Path(target or "")
    if not path.is_file():
        raise SettingsProblem(f"{target}: found neither a file nor a source of zicht.toml; name one of these.")
    source = (configuration and _source_of(configuration, path)) or Source("check", kind or "", path=path)
    if source.kind in KINDS and source.kind not in REGISTRIES:
        context = _context(configuration, source.name)
        return _details([_of_file(source, SourceFile(path, path.name), context, configuration)])
    if not path.name.lower().endswith(".xlsx"):
        raise SettingsProblem(f"{target}: no source of zicht.toml reads it; name its kind, as in --kind chat.")
    return check_workbook(path, load_layouts(_seeds(configuration)), source.kind or None)


def _overview(configuration: Configuration) -> Report:
    """Report on the settings, the seeds and each source."""
    check_seeds(configuration)
    configuration.chosen_sources(None)  # raises a SettingsProblem if the pseudonym key cannot be used
    rows, problems = [], []
    for name, section in configuration.settings.sources.items():
        found = list(_summaries(configuration, name))
        problems += [one.problem for one in found if one.problem]
        counts = Counter(item for one in found for item, _ in one.counts.elements())
        days = sorted(day for one in found for day in one.days) or [""]
        flagged = counts["flagged"] if section.kind == "chat" else None
        rows.append((name, section.kind, len(found), counts["rows"], counts["rejected"], flagged, days[0], days[-1]))
    lines = [f"{configuration.file}: the settings, the key and the seeds can be used.", "", *text_table(OVERVIEW, rows)]
    return Report(OVERVIEW, rows, lines, problems)


def _details(summaries: list[Summary]) -> Report:
    rows, lines = [], []
    for one in summaries:
        facts = list(one.facts())
        rows += [(one.source.name, one.source.kind, one.file, *fact) for fact in facts]
        lines += [printable(f"{one.source.name}: {one.file} ({one.source.kind})"), *text_table(COLUMNS[3:], facts), ""]
    lines += ["Nothing was stored. For other names of fields, see zicht sources describe."]
    return Report(COLUMNS, rows, lines, [one.problem for one in summaries if one.problem])


def _summaries(configuration: Configuration, name: str) -> Iterator[Summary]:
    """Yield a summary of each file of a source, or of its listing."""
    source = Source(name, configuration.settings.sources[name].kind)
    context = _context(configuration, name)
    try:
        source = configuration.source(name)
        if source.url and source.kind == "chat":
            changes = Changes(source, context, Mark(), set())
            summary = Summary(source, "conversations", context, configuration).read(changes.items())
            summary.problem = summary.problem or str(changes.problem or "")
            yield summary
        elif source.url:
            with downloaded(source) as file:
                yield _of_file(source, file, context, configuration)
        elif source.path:
            for file in list_files(name, source.path):
                yield _of_file(source, file, context, configuration)
    except (SourceProblem, SettingsProblem) as problem:
        summary = Summary(source, "", context, configuration)
        summary.problem = str(problem)
        yield summary


def _of_file(source: Source, file: SourceFile, context: Context, configuration: Configuration | None) -> Summary:
    def items() -> Iterator[Item | Rows]:
        check_type(source.name, file, KINDS[source.kind].suffixes)
        yield from KINDS[source.kind].read_file(source, file, context)

    return Summary(source, file.name, context, configuration).read(items())


def _source_of(configuration: Configuration, path: Path) -> Source | None:
    """Return the source whose path holds a file, or None."""
    for name, section in configuration.settings.sources.items():
        if section.path and path.resolve().is_relative_to(configuration.absolute(section.path).resolve()):
            return configuration.source(name)
    return None


def _context(configuration: Configuration | None, name: str) -> Context:
    """Return what a reader needs. Without a usable key, a random one does, because nothing is stored."""
    key, erased, kept_from = secrets.token_bytes(32), NO_TOMBSTONES, None
    if configuration:
        kept_from = retention.kept_from(configuration, name)
        with suppress(SettingsProblem):
            key, erased = configuration.pseudonym_key(), retention.erased(configuration)
    seeds = _seeds(configuration)
    names = _Marking(key, load_no_names(seeds / "no_names.csv"))
    return Context(load_codebook(seeds / "codebook.csv"), load_layouts(seeds), names, erased, kept_from)


def _seeds(configuration: Configuration | None) -> Path:
    return seeds_folder(configuration) if configuration else SEEDS
