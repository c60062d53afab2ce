"""`zicht` as its users call it, in a process of its own, on a small world of files."""

import fcntl
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from loopback import Loopback, Mails, reply

ZICHT = Path(sys.executable).parent / "zicht"
NIGHTLY = (
    "from flows.nightly import nightly as run; ended = run(return_state=True); print(f'{ended.name}: {ended.message}')"
)
TOML = """
home = "home"
pseudonym_key_env = "ZICHT_TEST_KEY"
fictitious = true

[sources.fier]
kind = "chat"
path = "inbox/fier"

[sources.coding]
kind = "coding"
path = "inbox/coding"
"""


def conversation(number: int, **changes: object) -> str:
    record = {
        "conversation_id": f"F-{number}",
        "nickname": f"verzonnen{number}",
        "transcript": f"verzonnen{number} vertelt CANARY-TRANSCRIPT",
        "started_at": f"2020-{number % 12 + 1:02d}-15T12:00:00+01:00",
        "language": "nl",
        "tags": ["mensenhandel"],
        "updated_at": "2021-01-01T00:00:00Z",
        "deleted": False,
    }
    return json.dumps({**record, **changes})


def write_inbox(folder: Path) -> None:
    """20 flagged conversations, 15 of them coded."""
    (folder / "zicht.toml").write_text(TOML)
    (folder / "inbox" / "fier").mkdir(parents=True)
    (folder / "inbox" / "coding").mkdir()
    lines = [conversation(number) for number in range(20)]
    (folder / "inbox" / "fier" / "a.jsonl").write_text("\n".join(lines) + "\n")
    rows = [f"fier:F-{number};2021-01-02;1;;1;17" for number in range(15)]
    header = "gesprek_id;gecodeerd_op;mensenhandel;dubbel_van;rol;leeftijd"
    (folder / "inbox" / "coding" / "c.csv").write_text("\n".join([header, *rows]) + "\n")


def tell_beheer(folder: Path, mails: Mails, more: str = "") -> None:
    """Have alerts mailed."""
    mail = f'[mail]\nsender = "zicht@example.org"\nhost = "127.0.0.1"\nport = {mails.port}\n'
    (folder / "zicht.toml").write_text(f'{TOML}{mail}[alerts]\nmail_to = ["beheer@example.org"]\n{more}')


Call = Callable[..., subprocess.CompletedProcess[str]]


def sample(*cases: tuple[Any, ...]) -> list[Any]:
    """The cases of a test that starts a process for each: the first in every run, the others in `make test-full`."""
    return [pytest.param(*cases[0]), *(pytest.param(*case, marks=pytest.mark.full) for case in cases[1:])]


def alone(folder: Path, *arguments: str, program: str | Path = ZICHT, **more: str) -> subprocess.CompletedProcess[str]:
    """Call `zicht` in a folder, with no other Prefect server than the one that it may start."""
    foreign = {"ZICHT_CONFIG", "PREFECT_API_URL", "PREFECT_HOME", "PREFECT_LOGGING_LEVEL"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    surroundings = {**kept, "ZICHT_TEST_KEY": "k" * 32, "COLUMNS": "200", **more}
    return subprocess.run([str(program), *arguments], cwd=folder, env=surroundings, capture_output=True, text=True)


@pytest.fixture(scope="module")
def zicht(prefect_server: str) -> Call:
    """Call `zicht` in a folder."""

    return functools.partial(alone, PREFECT_API_URL=prefect_server)


@dataclass(frozen=True)
class Night:
    """What a run said, and a copy of its folder as it was then. A copy is put back where the run was: elsewhere dbt
    would read its project anew."""

    place: Path
    kept: Path
    ended: subprocess.CompletedProcess[str]

    def put_back(self) -> Path:
        shutil.rmtree(self.place)
        return shutil.copytree(self.kept, self.place, symlinks=True)


def run(zicht: Call, place: Path, name: str) -> Night:
    ended = zicht(place, "run")
    return Night(place, shutil.copytree(place, place.with_name(name), symlinks=True), ended)


@pytest.fixture(scope="module")
def first_night(zicht: Call, tmp_path_factory: pytest.TempPathFactory) -> Night:
    place = tmp_path_factory.mktemp("first") / "place"
    place.mkdir()
    write_inbox(place)
    return run(zicht, place, "first")


@pytest.fixture
def folder(first_night: Night) -> Path:
    """A folder after its first run."""
    return first_night.put_back()


@pytest.fixture(scope="module")
def bad_night(zicht: Call, first_night: Night) -> Night:
    """A second run, on a good file and three bad ones, under settings of dbt that would leave everything out."""
    inbox = first_night.put_back() / "inbox"
    broken = conversation(30, started_at="CANARY-START", updated_at=["CANARY-UPDATED"])
    (inbox / "fier" / "b.jsonl").write_text(
        f'{broken}\n{{"nickname": "CANARY-HALF\n{conversation(31, tags=["sexting"])}\n'
    )
    (inbox / "fier" / "c.jsonl.gz").write_bytes(b"no gzip at all")
    (inbox / "fier" / "d.jsonl").write_text(conversation(20))
    header, row = "gesprek_id;gecodeerd_op;mensenhandel;dubbel_van;rol", "fier:F-1;2021-01-03;1;CANARY;CANARY-ROL"
    (inbox / "coding" / "d.csv").write_text(f"{header}\n{row}\n")
    (first_night.place / ".env").write_text("DBT_EMPTY=true\nDBT_EXCLUDE_RESOURCE_TYPES=test\n")
    settings = {"DBT_EMPTY": "true", "DBT_TARGET": "prod", "DBT_PROFILES_DIR": str(first_night.place)}
    return run(functools.partial(zicht, **settings), first_night.place, "bad")


def figures(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(os.path.realpath(folder / "home" / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def last_record(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(max((folder / "home" / "runs").glob("*.json")).read_text())
    return record


FLAGGED = "select n from marts.funnel where source = 'all' and period_type = 'year' and step = 'flagged'"
VISITORS = "select n from marts.funnel where source = 'all' and period_type = 'year' and step = 'visitor'"


def test_a_run_builds_and_marks_what_is_fictitious(first_night: Night) -> None:
    folder, ended = first_night.kept, first_night.ended
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "FICTITIOUS" in ended.stdout and "Built and tested" in ended.stdout
    assert figures(folder, VISITORS) == [(15,)]
    # SQL that is new to a home is tested on its own examples as well.
    built = last_record(folder)["built"]
    assert built["test"] >= 100 and built["unit_test"] >= 100


def test_a_second_run_changes_no_byte_and_says_so(zicht: Call, folder: Path) -> None:
    warehouse = (folder / "home" / "warehouse.duckdb").resolve()
    before = (warehouse, warehouse.read_bytes())
    second = zicht(folder, "run")
    assert second.returncode == 0
    assert "Nothing new" in second.stdout
    warehouse = (folder / "home" / "warehouse.duckdb").resolve()
    assert (warehouse, warehouse.read_bytes()) == before


def test_marts_describe_themselves_and_persons_have_a_file_of_their_own_under_any_name(folder: Path) -> None:
    undescribed = "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
    assert figures(folder, undescribed) == []
    schemas = "select distinct table_schema from information_schema.tables order by 1"
    assert figures(folder, schemas) == [("marts",)]
    persons = os.path.realpath(folder / "home" / "persons.duckdb")
    with duckdb.connect(persons, read_only=True) as connection:
        assert connection.execute(schemas).fetchall() == [("intermediate",)]
    assert not (folder / "home" / "work" / "build.duckdb").exists()
    assert Path(persons).stat().st_mode & 0o777 == 0o400
    with duckdb.connect() as connection:
        connection.execute(f"attach '{persons}' as elsewhere (read_only)")
        views = connection.execute("select view_name, comment from duckdb_views() where database_name = 'elsewhere'")
        assert [(name, bool(comment)) for name, comment in views.fetchall()] == [
            *(("int_codings_current", True), ("int_persons", True), ("int_visit_categories", True))
        ]
        [(persons_known, conversations, groups_of_forms, forms, codings)] = connection.execute(
            "select (select count(person_id) from elsewhere.intermediate.int_persons), "
            "(select count(*) from elsewhere.intermediate.int_conversations_current), "
            "(select count(*) from elsewhere.intermediate.int_visit_categories where variable = 'form_group'), "
            "(select count(*) from elsewhere.intermediate.int_visit_forms), "
            "(select count(*) from elsewhere.intermediate.int_codings_current)"
        ).fetchall()
    assert persons_known == conversations > 0
    assert codings > 0
    assert groups_of_forms == forms > 0


def test_a_query_is_answered_as_a_table_or_csv_and_nothing_else(zicht: Call, folder: Path) -> None:
    assert zicht(folder, "query", VISITORS).stdout == "n\n--\n15\n"
    assert zicht(folder, "query", VISITORS, "--csv").stdout == "n\n15\n"
    persons = zicht(folder, "query", "select count(*) as visits from intermediate.int_visits", "--persons")
    assert persons.stdout.split() == ["visits", "------", "20"]
    refused = zicht(folder, "query", "copy marts.funnel to 'out.csv'")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("zicht: found something else than one query")
    assert not (folder / "out.csv").exists()


@pytest.mark.full
def test_nothing_of_a_visitor_is_anywhere_after_a_run(
    zicht: Call, bad_night: Night, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, ended = bad_night.put_back(), bad_night.ended
    assert last_record(folder)["rejected"]
    assert zicht(folder, "release", "2020-12").returncode == 0
    prefect = next(tmp_path_factory.getbasetemp().glob("prefect*"))
    files = [path for place in (folder / "home", prefect) for path in place.rglob("*") if path.is_file()]
    said = [ended.stdout.encode(), ended.stderr.encode()]
    books = [zipfile.ZipFile(path) for path in files if path.suffix == ".xlsx"]
    parts = [book.read(name) for book in books for name in book.namelist()]
    assert len(parts) > 40
    seen = said + [path.read_bytes() for path in files] + parts
    assert len(seen) > 20
    assert [part[:80] for part in seen if re.search(rb"CANARY|verzonnen[0-9]", part)] == []


@pytest.mark.full
def test_a_bad_file_is_one_line_and_the_rest_goes_on_whatever_settings_of_dbt_lie_about(bad_night: Night) -> None:
    folder, ended = bad_night.put_back(), bad_night.ended
    assert ended.returncode == 1
    [line] = [line for line in ended.stdout.splitlines() if line.startswith("Problem:")]
    assert "fier: c.jsonl.gz: found gzip data that is cut off or damaged, expected a whole .gz file." in line
    assert figures(folder, FLAGGED) == [(21,)]
    assert last_record(folder)["outcome"] == "completed with problems"
    assert "DBT_EMPTY" in (folder / ".env").read_text() and ended.stderr == ""
    assert last_record(folder)["built"]["test"] >= 60  # without those of seeds alone


def test_a_source_that_vanishes_keeps_what_it_delivered(zicht: Call, folder: Path) -> None:
    shutil.rmtree(folder / "inbox" / "coding")
    ended = zicht(folder, "run")
    assert ended.returncode == 1
    assert "coding: " in ended.stdout and "found nothing there, expected a folder or a file." in ended.stdout
    assert figures(folder, VISITORS) == [(15,)]
    shown = zicht(folder, "status", "--json")
    status = json.loads(shown.stdout)
    assert (shown.returncode, status["to_do"][0]["kind"]) == (1, "could not be read")
    assert status["last_run"]["outcome"] == "completed with problems"
    assert status["sources"]["coding"]["problems"] and not status["sources"]["fier"]["problems"]


@pytest.mark.full
def test_rollback_brings_back_the_version_before_but_never_whom_was_erased(zicht: Call, folder: Path) -> None:
    inbox = folder / "inbox" / "fier"
    (inbox / "b.jsonl").write_text(conversation(90) + "\n")
    assert zicht(folder, "run").returncode == 0
    assert figures(folder, FLAGGED) == [(21,)]
    assert zicht(folder, "rollback").returncode == 0
    assert figures(folder, FLAGGED) == [(20,)]
    erased = json.dumps({"conversation_id": "F-0", "updated_at": "2020-01-01T00:00:00Z", "deleted": True})
    again = conversation(0, updated_at="2022-01-01T00:00:00Z")
    (inbox / "c.jsonl").write_text(f"{erased}\n{again}\n")
    assert "1 of codings of coding, 2 of conversations of fier" in zicht(folder, "run").stdout
    assert figures(folder, FLAGGED) == [(20,)]
    assert zicht(folder, "rollback").returncode == 1
    assert figures(folder, FLAGGED) == [(20,)]


@pytest.mark.full
def test_a_conversation_is_erased_on_request(zicht: Call, folder: Path) -> None:
    asked = zicht(folder, "erase", "fier:F-1")
    assert asked.returncode == 0 and "1 of codings of coding, 1 of conversations of fier." in asked.stdout
    assert figures(folder, VISITORS) == [(14,)]
    assert "nothing was known of it" in zicht(folder, "erase", "fier:F-1").stdout
    wrong = zicht(folder, "erase", "fier")
    assert wrong.returncode == 2 and len(wrong.stderr.splitlines()) == 1


def test_a_release_is_rounded_marked_and_can_be_verified(zicht: Call, folder: Path) -> None:
    ended = zicht(folder, "release", "2020-12")
    assert (ended.returncode, ended.stderr) == (0, "")
    extract = folder / "home" / "extracts" / "2020-12"
    assert ended.stdout == f"{extract}: published\n"
    assert ",visitor,15,rounded,2020-12,FICTITIOUS" in (extract / "data" / "funnel.csv").read_text()
    assert zicht(folder, "verify", str(extract)).returncode == 0
    (extract / "index.html").unlink()
    broken = zicht(folder, "verify", str(extract))
    assert broken.returncode == 1 and "index.html: missing" in broken.stderr


@pytest.mark.parametrize(
    ("command", "reason"),
    sample(
        ("release 2021-01", "the data reach from 2020-01-01 to 2020-12-31"),
        ("release 2020-13", "is no month"),
        ("approve 2020-12", "zicht: no preview of 2020-12 waits for approval; build one: zicht release 2020-12.\n"),
    ),
)
def test_a_release_that_cannot_be_is_refused_in_one_line(zicht: Call, folder: Path, command: str, reason: str) -> None:
    refused = zicht(folder, *command.split())
    assert refused.returncode == 1
    assert reason in refused.stderr and len(refused.stderr.splitlines()) == 1


def test_wrong_settings_name_the_line_and_exit_with_2(zicht: Call, folder: Path) -> None:
    (folder / "zicht.toml").write_text(TOML.replace("fictitious", "ficticious"))
    refused = zicht(folder, "run")
    assert refused.returncode == 2
    assert "zicht.toml, line 4: unknown key ficticious" in refused.stderr


@pytest.mark.parametrize(
    ("command", "key"),
    sample(
        *(("run", key) for key in ("", "too short", "another key of enough characters")),
        *((command, "") for command in ("run --source coding", "erase fier:F-1")),
    ),
)
def test_a_pseudonym_key_that_cannot_be_used_exits_with_2_before_anything_is_read(
    zicht: Call, folder: Path, command: str, key: str
) -> None:
    (folder / "inbox" / "fier" / "b.jsonl").write_text(conversation(90))
    before = sorted((folder / "home").rglob("*"))
    refused = zicht(folder, *command.split(), ZICHT_TEST_KEY=key)
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (2, "", 1)
    assert refused.stderr.startswith(f"zicht: {folder / 'zicht.toml'}, line 3: ")
    assert sorted((folder / "home").rglob("*")) == before


def test_a_flow_without_the_key_fails_with_one_line_and_an_alert(zicht: Call, folder: Path, mails: Mails) -> None:
    tell_beheer(folder, mails)
    before = last_record(folder)
    ended = zicht(folder, "-c", NIGHTLY, program=sys.executable, ZICHT_TEST_KEY="")
    line = "line 3: the environment variable ZICHT_TEST_KEY is empty; set it to the secret."
    assert ended.stdout == f"SettingsProblem: {folder / 'zicht.toml'}, {line}\n"
    [text] = mails.texts
    assert line in text.replace("=\r\n", "")
    assert last_record(folder) == before


@pytest.mark.parametrize("command", sample(("run",), ("rebuild",)))
def test_who_was_erased_is_not_recognised_without_the_key_and_nothing_is_built(
    zicht: Call, folder: Path, command: str
) -> None:
    """Also where no platform is left of which names would come."""
    (folder / "zicht.toml").write_text(re.sub(r"\[sources.fier\][^[]*", "", TOML))
    removal = {"run": "20200101T000000000000Z", "at": "2020-01-01", "marks": ["a" * 64], "kept_from": {}}
    (folder / "home" / "removals").mkdir()
    (folder / "home" / "removals" / "20200101T000000000000Z.json").write_text(json.dumps(removal))
    before = last_record(folder)
    refused = zicht(folder, command, ZICHT_TEST_KEY="")
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (2, "", 1)
    assert "ZICHT_TEST_KEY is empty" in refused.stderr
    assert last_record(folder) == before


@pytest.mark.parametrize(
    ("command", "home"),
    sample(
        *(("run", home) for home in ("zicht.toml", "zicht.toml/home")),
        *((command, "/proc/home") for command in ("run", "release 2020-12", "rebuild", "erase fier:F-1", "rollback")),
    ),
)
def test_a_home_that_cannot_be_written_exits_with_2_in_one_line(
    zicht: Call, tmp_path: Path, command: str, home: str
) -> None:
    write_inbox(tmp_path)
    toml = TOML.replace('"home"', f'"{home}"')
    (tmp_path / "zicht.toml").write_text(toml)
    refused = zicht(tmp_path, *command.split())
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (2, "", 1)
    place = f"zicht: {tmp_path / 'zicht.toml'}, line 2: found no folder {tmp_path / home} in which this user can write"
    assert refused.stderr.startswith(place)
    assert (tmp_path / "zicht.toml").read_text() == toml


@pytest.mark.parametrize("command", sample(("run",), ("release 2020-12",)))
def test_a_second_run_at_once_ends_as_busy_before_a_server_is_started(folder: Path, command: str) -> None:
    with (folder / "home" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = alone(folder, *command.split())
    assert refused.returncode == 1
    assert "another run is under way" in refused.stderr
    assert not (folder / "home" / "prefect").exists()


@pytest.mark.full
def test_a_run_asks_no_proxy_for_its_own_server(folder: Path) -> None:
    with Loopback(lambda request: reply(b"", status="502 Bad Gateway")) as proxy:
        named = dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"], proxy.url)
        socks = dict.fromkeys(["ALL_PROXY", "all_proxy"], "socks5://127.0.0.1:9")
        ended = alone(folder, "run", **named, **socks, NO_PROXY="example.org", no_proxy="")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Nothing new" in ended.stdout and proxy.requests == []


def damage(folder: Path) -> None:
    file = (folder / "home" / "warehouse.duckdb").resolve()
    file.chmod(0o600)
    os.truncate(file, file.stat().st_size // 2)


@pytest.mark.parametrize(
    "command",
    sample((["status"],), (["status", "--check"],), (["query", VISITORS],), (["release", "2020-12"],), (["rollback"],)),
    ids=lambda command: command[-1],
)
def test_a_damaged_warehouse_is_one_line_that_says_what_to_do(zicht: Call, folder: Path, command: list[str]) -> None:
    damage(folder)
    if command == ["rollback"]:  # to what is damaged
        (folder / "home" / "current").unlink()
    ended = zicht(folder, *command)
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"zicht: {folder}/home/") and line.endswith("zicht rebuild")


@pytest.mark.full
@pytest.mark.parametrize(
    ("command", "message"), [("run", "was damaged or could not be opened"), ("rebuild", "The same bytes as version")]
)
def test_a_damaged_warehouse_is_built_anew_with_the_same_bytes(
    zicht: Call, folder: Path, command: str, message: str
) -> None:
    before = (folder / "home" / "warehouse.duckdb").resolve()
    content = before.read_bytes()
    damage(folder)
    ended = zicht(folder, command)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert message in ended.stdout
    after = (folder / "home" / "warehouse.duckdb").resolve()
    assert after != before and after.read_bytes() == content
    assert zicht(folder, "status", "--check").returncode == 0


def test_status_counts_the_verdicts_on_every_figure_of_the_report(zicht: Call, folder: Path) -> None:
    verdicts = json.loads(zicht(folder, "status", "--json").stdout)["report_figures"]
    assert verdicts == dict(figures(folder, "select verdict, count(*) from marts.reconciliation group by verdict"))
    assert sum(verdicts.values()) == 226 and {"different", "not_computable"} <= verdicts.keys()
    text = zicht(folder, "status").stdout
    assert all(f"{n} {verdict.replace('_', ' ')}" in text for verdict, n in verdicts.items())


@pytest.mark.full
def test_one_source_can_be_pulled_alone_and_what_the_others_delivered_stays(zicht: Call, folder: Path) -> None:
    (folder / "inbox" / "fier" / "b.jsonl").write_text(conversation(20))
    (folder / "inbox" / "coding" / "d.csv").write_text(
        "gesprek_id;gecodeerd_op;mensenhandel;dubbel_van\nfier:F-16;2021-01-03;1;\n"
    )
    assert zicht(folder, "run", "--source", "coding").returncode == 0
    assert (figures(folder, VISITORS), figures(folder, FLAGGED)) == ([(16,)], [(20,)])
    assert list(last_record(folder)["sources"]) == ["coding"]
    unknown = zicht(folder, "run", "--source", "csg")
    assert (unknown.returncode, "name one of fier, coding" in unknown.stderr) == (2, True)


def test_a_monitor_may_ask_whether_runs_still_end_well(zicht: Call, folder: Path) -> None:
    well = zicht(folder, "status", "--check")
    assert (well.returncode, "the last good run" in well.stdout) == (0, True)
    record = {**last_record(folder), "started_at": "2026-01-01T03:30:00+00:00"}
    (folder / "home" / "runs" / f"{record['id']}.json").write_text(json.dumps(record))
    silent = zicht(folder, "status", "--check")
    assert silent.returncode == 1
    assert "silent_after_hours allows 26" in silent.stderr and len(silent.stderr.splitlines()) == 1


@pytest.mark.full
def test_what_needs_a_person_is_mailed_once_and_a_monitor_hears_of_every_run(
    zicht: Call, folder: Path, mails: Mails
) -> None:
    bad = folder / "inbox" / "fier" / "b.jsonl.gz"
    bad.write_bytes(b"no gzip at all")
    with Loopback(lambda request: reply(b"OK")) as monitor:
        tell_beheer(folder, mails, f'ping_url = "{monitor.url}/zicht"\n')
        assert [zicht(folder, "run").returncode for _ in range(2)] == [1, 1]
        [text] = mails.texts
        assert "zicht sources: fier" in text and "b.jsonl.gz: found gzip data" in text
        bad.unlink()
        assert zicht(folder, "run").returncode == 0
        assert (len(mails.texts), len(monitor.requests)) == (1, 3)


def test_a_run_after_one_that_died_says_so_and_its_json_is_one_object(zicht: Call, folder: Path, mails: Mails) -> None:
    tell_beheer(folder, mails)
    record = {**last_record(folder), "outcome": "running"}
    (folder / "home" / "runs" / f"{record['id']}.json").write_text(json.dumps(record))
    after = json.loads(zicht(folder, "run", "--json").stdout)
    assert after == last_record(folder)
    assert (after["outcome"], after["changed"]) == ("completed", False)
    [text] = mails.texts
    assert f"run {record['id']} died before its end" in text
