"""Building aside, testing, and one link: readers see the whole old or the whole new."""

import copy
import errno
import json
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from dbt.cli.requires import KNOWN_ENGINE_ENV_VARS
from homes import load, run_folder, take_in_folder

from connectors.codelists.codebook import load_codebook
from connectors.codelists.layouts import load_layouts
from connectors.ingest import receive
from connectors.landing import Landing
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context, Source
from flows.runtime.configuration import DBT_PROJECT, ROOT, Configuration, load_configuration
from flows.runtime.runs import new_run
from flows.warehouse import build, dbt_runner, inputs, versions

CONVERSATION = {
    "conversation_id": "1",
    "nickname": "verzonnen",
    "started_at": "2020-06-01T12:00:00Z",
    "tags": ["mensenhandel"],
    "updated_at": "2020-06-01T12:00:00Z",
}
FLAGGED = "select n from marts.funnel where source = 'all' and period_type = 'year' and step = 'flagged'"


def write_home(folder: Path) -> Path:
    sources = '[sources.fier]\nkind = "chat"\npath = "inbox"\n[sources.coding]\nkind = "coding"\npath = "coding.csv"\n'
    (folder / "zicht.toml").write_text('home = "home"\n' + sources)
    (folder / "coding.csv").write_text("gesprek_id;gecodeerd_op;mensenhandel;dubbel_van\n")
    (folder / "inbox").mkdir()
    (folder / "inbox" / "a.jsonl").write_text(json.dumps(CONVERSATION) + "\n")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZICHT_CONFIG", str(tmp_path / "zicht.toml"))
    return write_home(tmp_path)


@pytest.fixture
def configuration(folder: Path) -> Configuration:
    return load_configuration()


@dataclass(frozen=True)
class BuiltHome:
    """A home of which all models are built and no version is published; what was built is kept aside."""

    configuration: Configuration
    build: dbt_runner.Build
    kept: Path

    @property
    def work_file(self) -> Path:
        return self.configuration.work / inputs.DATABASE

    def restore(self) -> None:
        """What was built lies there again, for a night to test and publish."""
        shutil.copyfile(self.kept, self.work_file)

    def publish(self) -> None:
        build.publish(self.configuration, self.build, new_run().id, "inputs", progress=lambda node: None)


@pytest.fixture(scope="module")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> BuiltHome:
    folder = write_home(tmp_path_factory.mktemp("built"))
    take_in_folder(folder)
    configuration = load(folder)
    built = build.build(configuration, is_new_code=False, progress=lambda node: None)
    kept = shutil.copyfile(configuration.work / inputs.DATABASE, folder / "kept.duckdb")
    return BuiltHome(configuration, built, kept)


@pytest.fixture
def built(built_home: BuiltHome) -> BuiltHome:
    shutil.rmtree(built_home.configuration.versions, ignore_errors=True)
    (built_home.configuration.home / "current").unlink(missing_ok=True)
    built_home.restore()
    return built_home


def count_nothing(built: BuiltHome) -> None:
    with duckdb.connect(str(built.work_file)) as connection:
        connection.execute("delete from marts.volumes")


def test_what_fails_a_test_or_counts_no_platform_leaves_yesterdays_warehouse(built: BuiltHome) -> None:
    built.publish()
    before = (built.configuration.home / "warehouse.duckdb").resolve()
    built.restore()
    with duckdb.connect(str(built.work_file)) as connection:
        row = "select * replace ('a value of a person' as variable) from marts.categories limit 1"
        connection.execute(f"insert into marts.categories from ({row}) union all from ({row})")
    with pytest.raises(dbt_runner.BuildFailed) as failed:
        built.publish()
    assert "test unique_combination_categories_variable__category: fail" in str(failed.value)
    assert "a value of a person" not in str(failed.value)
    built.restore()
    count_nothing(built)
    with pytest.raises(dbt_runner.BuildFailed, match=r"^no conversation of fier is counted, though some were accepted"):
        built.publish()
    assert (built.configuration.home / "warehouse.duckdb").resolve() == before
    assert [path.name for path in built.configuration.versions.iterdir()] == [before.parent.name]


def test_a_night_without_tests_publishes_nothing(built: BuiltHome) -> None:
    without_tests = copy.copy(built.build.project)
    without_tests.nodes = {name: node for name, node in without_tests.nodes.items() if node.resource_type != "test"}
    with pytest.raises(dbt_runner.BuildFailed, match="no test"):
        replace(built, build=replace(built.build, project=without_tests)).publish()
    assert list(built.configuration.versions.iterdir()) == []
    assert not (built.configuration.home / "current").exists()


@pytest.mark.full
def test_a_platform_of_which_nothing_live_is_kept_need_not_be_counted(built: BuiltHome) -> None:
    count_nothing(built)
    landing = Landing(built.configuration.landing)
    [delivery] = [receipt.delivery for receipt in landing.receipts("fier")]
    path = landing.root / "fier" / "conversations" / f"{delivery}.parquet"
    kept = path.read_bytes()
    try:
        landing.rewrite("fier", "conversations", delivery, lambda batch: batch.slice(0, 0))
        built.publish()
    finally:
        path.write_bytes(kept)


def deliveries_read(built: BuiltHome) -> int:
    """How many deliveries dbt finds, in a model that it builds for this."""
    dbt_runner.run_dbt(["build", "--select", "int_deliveries_current"], lambda node: None, project=built.build.project)
    with duckdb.connect(str(built.work_file), read_only=True) as connection:
        [(found,)] = connection.execute("select count(*) from intermediate.int_deliveries_current").fetchall()
    return int(found)


def test_no_variable_of_dbt_s_own_changes_what_it_does(built: BuiltHome, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name for variable in KNOWN_ENGINE_ENV_VARS for name in (variable.name, variable.old_name) if name}
    assert len(known) > 80
    for name in (*known, "DBT_ENGINE_RECORDER_MODE", "DBT_RECORDER_MODE", "DBT_ENV_CUSTOM_ENV_X"):
        monkeypatch.setenv(name, "no value of any option")
    assert dbt_runner.parse().nodes.keys() == built.build.project.nodes.keys()
    assert deliveries_read(built) == 2


@pytest.mark.parametrize(
    "place",
    ["the environment", *(pytest.param(one, marks=pytest.mark.full) for one in ("a file .env", "the user's settings"))],
)
def test_dbt_cannot_be_set_to_read_nothing(
    built: BuiltHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    if place == "the environment":
        monkeypatch.setenv("DBT_EMPTY", "true")
    elif place == "a file .env":
        (tmp_path / ".env").write_text("DBT_EMPTY=true\n")
        monkeypatch.chdir(tmp_path)
    else:
        (tmp_path / ".dbt").mkdir()
        (tmp_path / ".dbt" / "user_settings.yml").write_text("flags: {empty: true}\n")
        monkeypatch.setenv("HOME", str(tmp_path))
    assert deliveries_read(built) == 2


@pytest.mark.full
def test_tests_of_seeds_alone_run_with_new_code_only(built: BuiltHome) -> None:
    of_new_code = replace(built.build, nodes={**built.build.nodes, "unit_test": 1})
    every_night, at_first = (
        set(build.test(built.configuration, one, progress=lambda node: None).seconds)
        for one in (built.build, of_new_code)
    )
    assert {"assert_crosswalk_rows_do_not_overlap", "not_null_crosswalk_relation"} <= at_first - every_night
    # It reads a seed beside a model.
    assert "assert_crosswalk_knows_the_chat" in every_night
    assert every_night < at_first


def test_of_a_version_that_is_not_complete_nothing_is_left(built: BuiltHome, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(build, "test", lambda configuration, build, progress: build)
    monkeypatch.setattr(build, "write_json", full)
    with pytest.raises(OSError, match="No space"):
        built.publish()
    assert list(built.configuration.versions.iterdir()) == []


@pytest.mark.full
def test_a_variable_a_category_a_population_and_a_window_are_rows_only(
    folder: Path, configuration: Configuration, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = tmp_path / "more" / "dbt_project"
    seeds = project.parent / "seeds"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target"))
    shutil.copytree(ROOT / "seeds", seeds)
    for seed, row in {
        "codebook": "pet,single,huisdier,1,Kat,Cat,cat\npet,single,huisdier,2,Hond,Dog,dog",
        "populations": "cat_owners,Met kat,With a cat",
        "population_conditions": "cat_owners,pet,cat",
        "windows": "may_june,5,6,Mei en juni,May and June",
    }.items():
        path = seeds / f"{seed}.csv"
        path.write_text(path.read_text() + row + "\n")
    monkeypatch.setattr(dbt_runner, "DBT_PROJECT", project)
    coding = tmp_path / "coding.csv"
    coding.write_text("gesprek_id;gecodeerd_op;mensenhandel;dubbel_van;huisdier\nfier:1;2021-01-01;1;;KAT\n")
    landing = Landing(configuration.landing)
    context = Context(load_codebook(seeds / "codebook.csv"), load_layouts(seeds), Pseudonymiser(b"k" * 32))
    receive(Source("fier", "chat", path=folder / "inbox"), landing, context)
    assert receive(Source("coding", "coding", path=coding), landing, context).problems == []
    built = build.build(load_configuration(), is_new_code=False, progress=lambda node: None)
    build.publish(configuration, built, new_run().id, "inputs", progress=lambda node: None)
    figures = versions.query(
        configuration,
        "select period_start, category, n from marts.indicators where population = 'cat_owners' and variable = 'pet' "
        "and period_type = 'window' order by 1, 2",
    )
    march, may = date(2020, 3, 1), date(2020, 5, 1)
    assert figures == [(march, "cat", 1), (march, "dog", 0), (may, "cat", 1), (may, "dog", 0)]


def test_run_names_sort_as_runs_follow_each_other() -> None:
    names = [new_run().id for _ in range(50)]
    assert names == sorted(names)


@pytest.mark.full
def test_nights_clear_away_what_is_left_and_keep_what_is_read(folder: Path, configuration: Configuration) -> None:
    """Two nights after one that was killed, and one night that takes in the same deliveries together."""
    leftovers = [configuration.work / "build.duckdb.wal", configuration.landing / "fier" / ".incoming" / "x"]
    for leftover in leftovers:
        leftover.parent.mkdir(parents=True, exist_ok=True)
        leftover.write_text("half")
    (configuration.versions / "20200101T000000000000Z.tmp").mkdir(parents=True)
    first = run_folder(folder)
    assert first.rows(FLAGGED) == [(1,)]
    assert not list(configuration.home.rglob("*.tmp")) and not list(configuration.home.rglob(".incoming"))
    # A source that was never received has empty typed tables.
    assert first.rows("select count(*) from marts.registry_counts") == [(0,)]

    current = versions.current_version(configuration)
    for place in range(versions.KEPT_VERSIONS + 2):
        old = configuration.versions / f"2019010{place}T000000000000Z"
        old.mkdir()
        (old / "version.json").write_text("{}")
    with duckdb.connect(str((configuration.home / "warehouse.duckdb").resolve()), read_only=True) as reader:
        (folder / "inbox" / "b.jsonl").write_text(json.dumps({**CONVERSATION, "conversation_id": "2"}))
        assert run_folder(folder).rows(FLAGGED) == [(2,)]
        assert reader.execute(FLAGGED).fetchall() == [(1,)]
    names = versions.version_names(configuration)
    assert current and current["run"] in names and len(names) == versions.KEPT_VERSIONS
    one_by_one = versions.current_version(configuration)

    # The set of deliveries has one name whatever their order.
    shutil.rmtree(configuration.home)
    run_folder(folder)
    together = versions.current_version(configuration)
    assert one_by_one and together and one_by_one["deliveries"] == together["deliveries"]
