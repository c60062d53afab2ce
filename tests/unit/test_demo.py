"""The demo holds all its targets, printed or chosen, counted anew from the files; its bytes are the same each time."""

import csv
import gzip
import http.client
import json
import os
import random
import stat
import statistics
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import openpyxl
import pyreadstat
import pytest

from demo import allotment
from demo.api import ChatServer
from demo.inbox import FIRST_LINE, fier_records, write_demo
from demo.targets import STATISTICS, TargetFigure, chosen, demands, printed, read_targets

ROOT = Path(__file__).parents[2]
TARGETS = read_targets()
SECRETS = {"demo.key", "demo.token"}
ZONE = ZoneInfo("Europe/Amsterdam")


def seed(name: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("demo")
    write_demo(path, served=False)
    return path


# --- An independent count of the delivered files -------------------------------------------------------------------


def delivered_conversations(inbox: Path) -> dict[str, dict[str, Any]]:
    """Current conversations by gesprek_id: the newest readable version of each that was never erased."""
    records: list[tuple[str, dict[str, Any]]] = []
    for path in sorted((inbox / "fier").iterdir()):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        records += [("fier", json.loads(line)) for line in content.decode().splitlines()]
    for name, encoding in (("2019", "utf-8-sig"), ("2020", "cp1252")):
        text = (inbox / "csg" / f"FICTITIOUS-csg-{name}.csv").read_text(encoding)
        for row in csv.DictReader(text.splitlines(), delimiter=";"):
            records.append(("csg", {**row, "tags": row["tags"].split("|"), "deleted": row["deleted"] == "true"}))
    current: dict[str, dict[str, Any]] = {}
    erased = {f"{source}:{record['conversation_id']}" for source, record in records if record["deleted"]}
    for source, record in records:
        gesprek_id = f"{source}:{record['conversation_id']}"
        if not record["conversation_id"] or gesprek_id in erased or record["started_at"] == "gisteren":
            continue
        updated = datetime.fromisoformat(record["updated_at"])
        if gesprek_id not in current or updated > current[gesprek_id]["updated"]:
            started = datetime.fromisoformat(record["started_at"]).astimezone(ZONE)
            current[gesprek_id] = {**record, "source": source, "updated": updated, "started": started}
    return current


def delivered_codings(inbox: Path, conversations: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The newest coding of each conversation, cells as delivered."""
    data, _ = pyreadstat.read_sav(inbox / "coding" / "FICTITIOUS-deel1.sav", output_format="dict")
    rows = [dict(zip(data, cells, strict=True)) for cells in zip(*data.values(), strict=True)]
    sheet = openpyxl.load_workbook(inbox / "coding" / "FICTITIOUS-deel2.xlsx").worksheets[0]
    header, *cells_of_rows = sheet.iter_rows(values_only=True)
    rows += [dict(zip(header, cells, strict=True)) for cells in cells_of_rows]
    text = (inbox / "coding" / "FICTITIOUS-deel3.csv").read_text("utf-8")
    rows += list(csv.DictReader(text.splitlines(), delimiter=";"))
    newest: dict[str, dict[str, Any]] = {}
    for row in rows:
        coded_on = str(row["gecodeerd_op"])[:10]
        known = row["gesprek_id"] in conversations and coded_on != "voorjaar"
        if known and coded_on >= newest.get(row["gesprek_id"], {"coded_on": ""})["coded_on"]:
            newest[row["gesprek_id"]] = {**row, "coded_on": coded_on}
    return newest


def text_of(cell: Any) -> str:
    if cell is None or cell != cell:
        return ""
    return str(int(cell)) if isinstance(cell, float) else str(cell).strip().casefold()


def said(rows: list[dict[str, Any]]) -> dict[str, set[Any]]:
    """Per variable what the codings of one visit say together."""
    found: dict[str, set[Any]] = defaultdict(set)
    codebook: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in seed("codebook"):
        codebook[line["column"]].append(line)
    for column, lines in codebook.items():
        variable, kind = lines[0]["variable"], lines[0]["kind"]
        yes = {"ja"} if kind == "multiple" else set()
        for row in rows:
            cell = text_of(row[column])
            values: set[Any] = set()
            if kind == "number" and cell.isdigit() and int(cell) <= 120:
                values = {int(cell)}
            elif kind == "month" and cell:
                values = {cell[:7]}
            elif kind in ("single", "multiple"):
                values = {
                    line["category"] for line in lines if cell in {line["code"], line["label_nl"].casefold()} | yes
                }
            if values and (kind == "multiple" or not found[variable]):
                found[variable] |= values
    return found


def with_derived(found: dict[str, set[Any]], first: dict[str, Any]) -> dict[str, set[Any]]:
    """A visitor's variables with those that follow from others."""
    forms = found["form"]
    found["form_imputed"] = {"no" if forms else "yes"}
    found["form"] = forms or {"sexual"}
    name = "_".join(form for form in ("sexual", "criminal", "labour") if form in found["form"])
    found["form_group"] = {name if name in ("sexual", "criminal", "labour", "sexual_criminal") else "other_combination"}
    for row in seed("derivations"):
        for value in found[row["from_variable"]]:
            if row["from_category"] == value or (
                row["from_low"] and int(row["from_low"]) <= value <= int(row["from_high"])
            ):
                found[row["variable"]].add(row["category"])
    if found["perpetrator"]:
        parent = found["parent_perpetrator"] & {"father", "mother", "both"}
        found["perpetrator_is_parent"] = {"yes" if parent else "no"}
    started = first["started"]
    for begin in found["start_month"] if started.month >= 3 else ():
        assert begin <= f"{started.year}-12", "a beginning after the window"
        found["new_situation"] = {"yes" if begin >= f"{started.year}-03" else "no"}
    found["language"] = {first["language"]}
    found["month"] = {started.month}
    return found


def persons(conversations: dict[str, Any], codings: dict[str, Any]) -> dict[str, str]:
    """Per conversation its person: union-find over nicknames and what the researchers joined."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for gesprek_id, record in conversations.items():
        nickname = record["nickname"].strip().casefold()
        assert nickname
        parent[root(gesprek_id)] = root(f"{record['source']} {nickname}")
    for gesprek_id, row in codings.items():
        if row["dubbel_van"] in conversations:
            parent[root(gesprek_id)] = root(row["dubbel_van"])
    return {gesprek_id: root(gesprek_id) for gesprek_id in conversations}


class Count:
    """Funnel, volumes and visitors of both years."""

    def __init__(self, folder: Path) -> None:
        conversations = delivered_conversations(folder / "inbox")
        codings = delivered_codings(folder / "inbox", conversations)
        person = persons(conversations, codings)
        self.numbers: Counter[tuple[int, str, str]] = Counter()
        self.visitors: dict[int, list[dict[str, set[Any]]]] = defaultdict(list)
        visits: dict[tuple[int, str], list[str]] = defaultdict(list)
        present = set()
        for gesprek_id, record in conversations.items():
            year = record["started"].year
            present.add((year, person[gesprek_id]))
            self.numbers[year, "volumes", "conversation"] += 1
            if "mensenhandel" in record["tags"]:
                visits[year, person[gesprek_id]].append(gesprek_id)
                self.numbers[year, "funnel", "flagged"] += 1
                self.numbers[year, "funnel", record["source"]] += 1
        for year, _ in present:
            self.numbers[year, "volumes", "person"] += 1
        for (year, _), members in visits.items():
            members.sort(key=lambda gesprek_id: (conversations[gesprek_id]["started"], gesprek_id))
            rows = [codings[gesprek_id] for gesprek_id in members if gesprek_id in codings]
            decisions = {text_of(row["mensenhandel"]) for row in rows}
            step = "visitor" if decisions & {"1", "ja"} else "not_related" if decisions else "uncoded"
            self.numbers[year, "funnel", step] += 1
            self.numbers[year, "funnel", "duplicate"] += len(members) - 1
            if step == "visitor":
                self.visitors[year].append(with_derived(said(rows), conversations[members[0]]))
        self.conditions: dict[str, list[tuple[str, str]]] = defaultdict(list, visitors=[])
        for row in seed("population_conditions"):
            self.conditions[row["population"]].append((row["variable"], row["category"]))

    def value(self, target: TargetFigure) -> Decimal:
        if target.population in ("funnel", "volumes"):
            return Decimal(self.numbers[target.year, target.population, target.category])
        name, *more = target.population.split(" & ")
        conditions = self.conditions[name] + [tuple(part.split("=")) for part in more]
        months = {"year": range(1, 13), "mar_dec": range(3, 13)}.get(target.period) or [int(target.period)]

        def belongs(visitor: dict[str, set[Any]]) -> bool:
            return visitor["month"] <= set(months) and all(
                category in visitor[variable] or (category == "known" and visitor[variable])
                for variable, category in conditions
            )

        known = [visitor[target.variable] for visitor in self.visitors[target.year] if belongs(visitor)]
        known = [values for values in known if values]
        if target.statistic == "n_known":
            return Decimal(len(known))
        if target.statistic == "n":
            return Decimal(sum(target.category in categories for categories in known))
        ages = [age for values in known for age in values]
        measures = {"mean": statistics.fmean, "median": statistics.median, "min": min, "max": max}
        exact = Decimal(measures[target.statistic](ages))
        # A published figure holds as far as it is printed.
        return exact.quantize(Decimal((0, (1,), int(target.value.as_tuple().exponent))), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def count(folder: Path) -> Count:
    return Count(folder)


def test_every_target_holds_in_the_delivered_files(count: Count) -> None:
    missed = {str(target): str(count.value(target)) for target in TARGETS if count.value(target) != target.value}
    assert missed == {}
    assert len(TARGETS) > 300


def test_every_count_and_age_that_is_printed_by_itself_is_a_target() -> None:
    queries = seed("published_queries")
    terms = Counter(query["id"] for query in queries)
    alone = {query["id"] for query in queries if query["statistic"] in STATISTICS and terms[query["id"]] == 1}
    met_as_printed = {
        row["id"]
        for row in seed("published_figures")
        if (row["operation"], row["comparator"], row["expected_instead"]) == ("value", "equal", "")
    }
    assert {target.note for target in printed()} == alone & met_as_printed
    assert {"F024", "F053", "F164", "F197"} <= alone & met_as_printed


def fixed_figures(targets: list[TargetFigure]) -> dict[Any, str]:
    """What the targets fix: in their words, and as the condition on the visitors whose number is given."""
    words: dict[Any, str] = {replace(target, value=Decimal(0)): str(target) for target in targets}
    for year in (2019, 2020):
        for demand in demands(TARGETS, year):
            if demand.target in targets and demand.low == demand.high and not demand.is_sum:
                words[year, frozenset(demand.condition.items())] = str(demand.target)
    return words


def test_no_choice_repeats_a_printed_figure() -> None:
    """Neither in the same words nor in others for the same visitors."""
    repeated = fixed_figures(chosen())
    assert [repeated[figure] for figure in fixed_figures(printed()) if figure in repeated] == []


def test_mentions_and_headlines_of_2020(count: Count) -> None:
    visitors = count.visitors[2020]
    assert sum(len(visitor["means"]) for visitor in visitors) == 247
    assert Counter(form for visitor in visitors for form in visitor["form_group"]) == {
        "sexual": 259,
        "sexual_criminal": 12,
        "criminal": 11,
        "labour": 1,
    }


def test_duplicates_are_joined_in_every_way(folder: Path) -> None:
    conversations = delivered_conversations(folder / "inbox")
    codings = delivered_codings(folder / "inbox", conversations)
    joined = [(key, row["dubbel_van"]) for key, row in codings.items() if row["dubbel_van"] in conversations]
    assert any(one.split(":")[0] != other.split(":")[0] for one, other in joined), "across platforms"
    assert any((other, one) in joined for one, other in joined), "in a circle"
    nicknames: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in conversations.values():
        nicknames[record["source"], record["nickname"].strip().casefold()].add(record["nickname"])
    assert any(len(spellings) > 1 for spellings in nicknames.values()), "another case or blanks"


# --- The generator -------------------------------------------------------------------------------------------------


def test_a_changed_target_changes_the_visitors() -> None:
    changed = [
        replace(target, value=target.value + 1)
        if (target.year, target.variable, target.category) == (2019, "meeting", "online")
        else target
        for target in TARGETS
    ]
    visitors = allotment.allot_all(demands(changed, 2019), 295, "any seed")
    assert sum(visitor["meeting"] == "online" for visitor in visitors) == 27


def test_contradicting_targets_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allotment, "MOST_STEPS", 200)
    rows = [target for target in TARGETS if target.year == 2020 and target.variable == "form_group"]
    rows.append(replace(rows[0], period="mar_dec", category="sexual", statistic="n", value=Decimal(300)))
    with pytest.raises(ValueError, match="2020 visitors mar_dec form_group sexual n = 300"):
        allotment.allot_all(demands(rows, 2020), 283, "any seed")


# --- The files -----------------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in SECRETS
    }


def test_the_same_bytes_each_time(folder: Path, tmp_path: Path) -> None:
    program = "from pathlib import Path; from demo.inbox import write_demo; write_demo(Path('.'), served=False)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(random.randrange(1, 1000))}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)
    assert contents(tmp_path) == contents(folder)


def test_everything_says_that_it_is_fictitious(folder: Path) -> None:
    for name, content in contents(folder / "inbox").items():
        assert Path(name).name.startswith("FICTITIOUS-")
        assert b"@" not in content or not name.endswith((".csv", ".jsonl"))
    assert (folder / "zicht.toml").read_text().startswith("# FICTITIOUS")
    for path in (folder / "inbox").rglob("*.xlsx"):
        for sheet in openpyxl.load_workbook(path).worksheets:
            texts = [sheet.title, *(str(cell) for row in sheet.iter_rows(max_row=4, values_only=True) for cell in row)]
            assert any("FICTITIOUS" in text for text in texts)
    _, meta = pyreadstat.read_sav(folder / "inbox" / "coding" / "FICTITIOUS-deel1.sav", user_missing=True)
    assert meta.file_label.startswith("FICTITIOUS")
    assert meta.variable_value_labels["rol"][1] == "Slachtoffer"
    assert meta.missing_ranges["rol"]


def test_serving_keeps_secrets_and_leaves_no_files_of_the_served_platform(tmp_path: Path) -> None:
    files = write_demo(tmp_path, served=False)
    key = (tmp_path / "demo.key").read_text()
    assert write_demo(tmp_path, served=True, port=8899) == files
    assert 'url = "http://127.0.0.1:8899"' in (tmp_path / "zicht.toml").read_text()
    assert not list((tmp_path / "inbox" / "fier").iterdir())
    assert (tmp_path / "demo.key").read_text() == key
    assert len(key.strip()) == 64
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in SECRETS} == {0o600}


def test_a_configuration_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "zicht.toml").write_text('home = "var"\n')
    with pytest.raises(FileExistsError, match="another folder"):
        write_demo(tmp_path, served=False)
    assert [path.name for path in tmp_path.iterdir()] == ["zicht.toml"]
    assert FIRST_LINE not in (tmp_path / "zicht.toml").read_text()


# --- The API -------------------------------------------------------------------------------------------------------


class Client:
    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def get(self, path: str, token: str = "secret") -> tuple[int, Any]:
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        response = self.connection.getresponse()
        body = response.read()
        assert response.headers["Content-Length"] == str(len(body))
        return response.status, json.loads(body)

    def everything(self, parameters: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            status, page = self.get(f"/conversations?{parameters}{cursor}")
            assert status == 200
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={quote(page['next_cursor'])}"


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return fier_records()


@pytest.fixture(scope="module")
def client(records: list[dict[str, Any]]) -> Iterator[Client]:
    with ChatServer(records, "secret") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield Client(server.server_address[1])
        server.shutdown()
        thread.join()


def moment(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["updated_at"])


def test_pages_give_each_record_once_and_in_order(client: Client, records: list[dict[str, Any]]) -> None:
    items = client.everything("limit=1000")
    assert Counter(map(json.dumps, items)) == Counter(map(json.dumps, records))
    moments = [moment(record) for record in items]
    assert moments == sorted(moments)


def test_updated_since_is_inclusive_and_holds_on_every_page(client: Client, records: list[dict[str, Any]]) -> None:
    moments = sorted(map(moment, records))
    items = client.everything(f"limit=7&updated_since={quote(moments[-50].isoformat())}")
    assert [moment(record) for record in items] == moments[-50:]


def test_a_page_has_500_records_and_never_more_than_1000(client: Client) -> None:
    assert len(client.get("/conversations")[1]["items"]) == 500
    assert len(client.get("/conversations?limit=5000")[1]["items"]) == 1000


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/conversations", "wrong", 401),
        ("/conversations", "", 401),
        ("/elsewhere", "secret", 404),
        ("/conversations?limit=none", "secret", 400),
        ("/conversations?cursor=none", "secret", 400),
        ("/conversations?updated_since=gisteren", "secret", 400),
    ],
)
def test_wrong_requests_are_refused(client: Client, path: str, token: str, status: int) -> None:
    found, body = client.get(path, token)
    assert found == status
    assert "items" not in body
