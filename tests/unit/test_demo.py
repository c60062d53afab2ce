"""The demo holds all its targets, printed or chosen, once it is counted; its bytes are the same each time."""

import csv
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

import openpyxl
import pyreadstat
import pytest
import requests
from homes import Warehouse

from demo import allotment
from demo.api import ChatServer
from demo.inbox import FIRST_LINE, fier_records, write_demo
from demo.targets import STATISTICS, TargetFigure, chosen, demands, printed, read_targets

ROOT = Path(__file__).parents[2]
TARGETS = read_targets()
SECRETS = {"demo.key", "demo.token"}


def seed(name: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("demo")
    write_demo(path, served=False)
    return path


VISITORS = "select visit_id, visit_year, visit_month from intermediate.int_visits where step = 'visitor'"
CATEGORIES = "select visit_id, variable, category from intermediate.int_visit_categories"
VALUES = (
    "select visit_id, variable, coalesce(number_value::varchar, strftime(month_value, '%Y-%m')) "
    "from intermediate.int_visit_values where variable in ('age', 'start_month')"
)
NUMBERS = (
    "select year(period_start), 'funnel', if(source = 'all', step, source), n from marts.funnel "
    "where period_type = 'year' and (source = 'all' or step = 'flagged') "
    "union all select year(period_start), 'volumes', unit, n from marts.volumes "
    "where period_type = 'year' and source = 'chat'"
)


class Count:
    """Funnel, volumes and visitors of both years. The oracle and the worked example test how they are counted."""

    def __init__(self, demo: Warehouse) -> None:
        self.numbers = {key: n for *keys, n in demo.rows(NUMBERS) for key in [tuple(keys)]}
        self.visitors: dict[int, list[dict[str, set[Any]]]] = defaultdict(list)
        found: dict[int, dict[str, set[Any]]] = {}
        for visit, year, month in demo.persons(VISITORS):
            found[visit] = defaultdict(set, month={month.month})
            self.visitors[year].append(found[visit])
        for visit, variable, value in demo.persons(f"{CATEGORIES} union all {VALUES}"):
            if visit in found:
                found[visit][variable].add(int(value) if variable == "age" else value)
        for year, visitors in self.visitors.items():
            for visitor in visitors:
                for begin in visitor["start_month"] if min(visitor["month"]) >= 3 else ():
                    assert begin <= f"{year}-12", "a beginning after the window"
                    visitor["new_situation"] = {"yes" if begin >= f"{year}-03" else "no"}
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
def count(demo_warehouse: Warehouse) -> Count:
    return Count(demo_warehouse)


def test_every_target_holds_in_the_warehouse(count: Count) -> None:
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
    """Return what targets fix: in their words, and as the condition on the visitors whose number is given."""
    words: dict[Any, str] = {replace(target, value=Decimal(0)): str(target) for target in targets}
    for year in (2019, 2020):
        for demand in demands(TARGETS, year):
            if demand.target in targets and demand.low == demand.high and not demand.is_sum:
                words[year, frozenset(demand.condition.items())] = str(demand.target)
    return words


def test_no_choice_repeats_a_printed_figure() -> None:
    repeated = fixed_figures(chosen())
    assert [repeated[figure] for figure in fixed_figures(printed()) if figure in repeated] == []


def test_mentions_and_headlines_of_2020(count: Count) -> None:
    visitors = count.visitors[2020]
    assert sum(len(visitor["means"]) for visitor in visitors) == 247
    forms = Counter(form for visitor in visitors for form in visitor["form_group"])
    assert forms == {"sexual": 259, "sexual_criminal": 12, "criminal": 11, "labour": 1}


def test_duplicates_are_joined_in_every_way(demo_warehouse: Warehouse, records: list[dict[str, Any]]) -> None:
    joined = demo_warehouse.persons(
        "select codings.gesprek_id, duplicate_of from intermediate.int_codings_current as codings "
        "inner join intermediate.int_conversations_current as others on duplicate_of = others.gesprek_id"
    )
    assert any(one.split(":")[0] != other.split(":")[0] for one, other in joined), "across platforms"
    assert any((other, one) in joined for one, other in joined), "in a circle"
    nicknames: dict[str, set[str]] = defaultdict(set)
    for record in records:
        nickname = str(record.get("nickname"))
        nicknames[nickname.strip().casefold()].add(nickname)
    assert any(len(spellings) > 1 for spellings in nicknames.values()), "another case or blanks"


def test_a_changed_target_changes_the_visitors() -> None:
    of = (2019, "meeting", "online")
    changed = [replace(one, value=one.value + ((one.year, one.variable, one.category) == of)) for one in TARGETS]
    visitors = allotment.allot_all(demands(changed, 2019), 295, "any seed")
    assert sum(visitor["meeting"] == "online" for visitor in visitors) == 27


def test_contradicting_targets_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allotment, "MOST_STEPS", 200)
    rows = [target for target in TARGETS if target.year == 2020 and target.variable == "form_group"]
    rows.append(replace(rows[0], period="mar_dec", category="sexual", statistic="n", value=Decimal(300)))
    with pytest.raises(ValueError, match="2020 visitors mar_dec form_group sexual n = 300"):
        allotment.allot_all(demands(rows, 2020), 283, "any seed")


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


class Client:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str, token: str = "secret") -> tuple[int, Any]:
        response = requests.get(self.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        assert response.headers["Content-Length"] == str(len(response.content))
        return response.status_code, response.json()

    def everything(self, parameters: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next_cursor": ""}
        while (cursor := page["next_cursor"]) is not None:
            status, page = self.get(f"/conversations?{parameters}" + f"&cursor={quote(cursor)}" * bool(cursor))
            assert status == 200
            items += page["items"]
        return items


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


def test_pages_give_each_record_once_in_order_and_from_the_moment_that_is_asked(
    client: Client, records: list[dict[str, Any]]
) -> None:
    items = client.everything("limit=1000")
    assert Counter(map(json.dumps, items)) == Counter(map(json.dumps, records))
    moments = sorted(map(moment, records))
    assert [moment(record) for record in items] == moments
    later = client.everything(f"limit=7&updated_since={quote(moments[-50].isoformat())}")
    assert [moment(record) for record in later] == moments[-50:]


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
