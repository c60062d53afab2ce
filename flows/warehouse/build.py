"""Build, check, export and serve: a private file is built, it is tested while its allowed schemas are copied to a new
version, and one link makes that version current. Readers see the whole old or the whole new one (docs/decisions.md)."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.catalogue import REGISTRIES, TABLES
from connectors.landing import Landing, sync, write_durably
from connectors.purge import has_live
from flows.runtime import permissions
from flows.runtime.configuration import DBT_PROJECT, SEEDS, Configuration
from flows.runtime.runs import Run
from flows.warehouse import retention, versions
from flows.warehouse.dbt_runner import Build, BuildFailed, parse, run_dbt
from flows.warehouse.export import export

SLOWEST = 12  # models and tests that a run's record names

DATABASE = "build.duckdb"  # the private file that dbt builds

RECEIPTS = pa.schema(
    [
        ("source", pa.string()),
        ("kind", pa.string()),
        ("file", pa.string()),
        ("delivery", pa.string()),
        ("content", pa.string()),
        ("sequence", pa.int64()),
    ]
)


def renew(
    configuration: Configuration,
    run: Run,
    tell: Callable[[str, str], None],
    *,
    always: bool = False,
    requested: str | None = None,
) -> None:
    """Forget whom must be forgotten, also the `gesprek_id` that is `requested`; then build and publish, unless the
    current version is whole and was made of the same deliveries, code and settings. `tell` hears of every step as
    (what, detail).

    Raises:
        SettingsProblem: somebody was erased, and the pseudonym key is missing.
        BuildFailed: a model or test failed, or a platform was not counted; the current version stays.
        export.ExportFailed: the tables could not be copied; likewise.
    """
    tell("forget", "looking")
    started = time.monotonic()
    retention.forget(configuration, run, requested)
    run.seconds["forget"] = round(time.monotonic() - started, 1)
    inputs = input_hash(configuration)
    try:
        current = versions.current_version(configuration, versions.whole)
    except versions.Damaged:
        current, run.mended = None, versions.current_name(configuration)
    if current and current["inputs"] == inputs and not always:
        run.published = current["run"]
        versions.link_readers(configuration)
        _tidy(configuration)
        return
    started = time.monotonic()
    # SQL that is new to this home is tested on its own examples as well.
    is_new_code = not current or current["code"] != code_hash()
    built = build(configuration, is_new_code=is_new_code, progress=lambda node: tell("build", node))
    run.seconds["build"] = round(time.monotonic() - started, 1)
    started = time.monotonic()
    tell("publish", "copying")
    tested = publish(configuration, built, run.id, inputs, progress=lambda node: tell("test", node))
    run.published, run.changed = run.id, True
    run.seconds["publish"] = round(time.monotonic() - started, 1)
    run.built = dict(sorted((built.nodes | tested.nodes).items()))
    seconds = built.seconds | tested.seconds
    run.slowest = dict(sorted(seconds.items(), key=lambda node: (-node[1], node[0]))[:SLOWEST])


def input_hash(configuration: Configuration) -> str:
    """Names everything a warehouse is made of: the deliveries that count and what was taken out of them,
    the code, the seeds and the settings."""
    digest = hashlib.sha256()
    digest.update(json.dumps(_receipts(configuration), sort_keys=True).encode())
    digest.update(json.dumps(retention.taken_out(configuration)).encode())
    digest.update(json.dumps([configuration.settings.timezone, configuration.countries()]).encode())
    digest.update(code_hash().encode())
    return digest.hexdigest()


def code_hash() -> str:
    """Names the SQL, its statistics, the seeds, the registries, the engine's version and how tables are copied: what
    the bytes of a version depend on besides its deliveries."""
    digest = hashlib.sha256(f"{duckdb.__version__} {REGISTRIES}".encode())
    for module in ("statistics.py", "export.py"):
        digest.update(Path(__file__).with_name(module).read_bytes())
    for folder in (DBT_PROJECT, SEEDS):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".sql", ".yml", ".csv") and "target" not in path.parts:
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _receipts(configuration: Configuration) -> list[dict[str, Any]]:
    landing = Landing(configuration.landing)
    return [
        {name: getattr(receipt, name) for name in RECEIPTS.names}
        for source in sorted(configuration.settings.sources)
        for receipt in landing.receipts(source)
        if receipt.kind == configuration.settings.sources[source].kind
    ]


def build(configuration: Configuration, *, is_new_code: bool, progress: Callable[[str], None]) -> Build:
    """Build all models into a new private file; new code is tested on its own examples first, and its documentation
    written.

    Raises:
        BuildFailed: a model failed, or the test of one on examples.
    """
    work = configuration.work
    work.mkdir(parents=True, exist_ok=True)
    # What a run that died left of its work and of a version; a copy of persons does not wait for the next good build.
    _remove(*work.glob(f"{DATABASE}*"), *work.glob(versions.DOCS), *configuration.versions.glob("*.tmp"))
    prepare(configuration)
    project = parse()
    without = ["test"] if is_new_code else ["test", "unit_test"]
    excluded = [word for kind in without for word in ("--exclude-resource-type", kind)]
    built = run_dbt(["build", *excluded], progress, project=project)
    if is_new_code:
        progress("docs")
        # Its catalogue tells tables and columns, no rows. dbt makes the page out of files beside it.
        run_dbt(["docs", "generate", "--static"], lambda node: None, write_json=True)
        target = work / "dbt"
        (target / "static_index.html").rename(work / versions.DOCS)
        for leftover in (*target.glob("*.json"), *target.glob("*.html"), *target.glob("*.gpickle")):
            leftover.unlink()
    return built


def prepare(configuration: Configuration) -> None:
    """Complete the landing with what models read beside deliveries, and tell dbt where everything is."""
    work = configuration.work
    work.mkdir(parents=True, exist_ok=True)
    Landing(configuration.landing).prepare(TABLES)
    pq.write_table(pa.Table.from_pylist(_receipts(configuration), schema=RECEIPTS), receipts_file(configuration))
    _point_dbt_at(configuration)


def _point_dbt_at(configuration: Configuration) -> None:
    """dbt reads what it is to work on from the environment."""
    os.environ.update(
        ZICHT_DBT_DATABASE=str(configuration.work / DATABASE),
        ZICHT_DBT_LANDING=str(configuration.landing),
        ZICHT_DBT_RECEIPTS=str(receipts_file(configuration)),
        ZICHT_DBT_REGISTRIES=",".join(REGISTRIES),
        ZICHT_DBT_TIMEZONE=configuration.settings.timezone,
        ZICHT_DBT_COUNTRIES=",".join(configuration.countries()),
        ZICHT_DBT_TARGET=str(configuration.work / "dbt"),
    )


def receipts_file(configuration: Configuration) -> Path:
    """The receipts that count, as a table for dbt."""
    return configuration.work / "receipts.parquet"


def publish(
    configuration: Configuration, built: Build, run_id: str, inputs: str, progress: Callable[[str], None]
) -> Build:
    """Export the allowed schemas of the work file to a new version, run every test of the project meanwhile, and make
    the version the current one. What dbt did of the tests.

    Raises:
        BuildFailed: a test failed, or a platform was not counted; the current version stays.
        export.ExportFailed: the schemas could not be copied; likewise.
    """
    _check_counted(configuration)
    home_of_versions = configuration.versions
    home_of_versions.mkdir(parents=True, exist_ok=True)
    temporary = home_of_versions / f"{run_id}.tmp"
    temporary.mkdir()
    try:
        tested, checksums = _fill(configuration, temporary, built, progress)
        said = {
            "run": run_id,
            "inputs": inputs,
            "code": code_hash(),
            "deliveries": _deliveries_hash(configuration.work / DATABASE),
            "timezone": configuration.settings.timezone,
            "sha256": checksums,
        }
        write_durably(temporary / "version.json", json.dumps(said, indent=1, sort_keys=True) + "\n")
        permissions.settle(configuration, temporary)
        sync(temporary)
        temporary.rename(home_of_versions / run_id)
    finally:
        # However it ended, also by an interrupt: no copy of persons is left that is no version.
        shutil.rmtree(temporary, ignore_errors=True)
    sync(home_of_versions)
    versions.make_current(configuration, run_id)
    _tidy(configuration)
    return tested


def _check_counted(configuration: Configuration) -> None:
    """See that every platform is counted of which the landing holds a conversation that nobody erased.

    `volumes` counts each of them, whatever its date and tags. What is past its term or erased is no longer in the
    landing, and a platform of which nothing is left there may be missing. The landing is read without dbt: where dbt
    reads nothing, its tests read nothing either.

    Raises:
        BuildFailed: one is not counted at all.
    """
    with versions.opened(configuration.work / DATABASE) as connection:
        counted = {source for (source,) in connection.execute("select source from marts.volumes").fetchall()}
    deliveries: dict[str, dict[str, str]] = {}
    for receipt in _receipts(configuration):
        if receipt["kind"] == "chat" and receipt["source"] not in counted:
            # Of one content that was read more than once, the last reading counts.
            deliveries.setdefault(receipt["source"], {})[receipt["content"]] = receipt["delivery"]
    landing = Landing(configuration.landing)
    lost = [source for source, of_source in deliveries.items() if has_live(landing, source, [*of_source.values()])]
    if lost:
        raise BuildFailed(
            f"no conversation of {', '.join(lost)} is counted, though some were accepted; nothing was published. "
            "Report it as a defect."
        )


def _fill(
    configuration: Configuration, folder: Path, built: Build, progress: Callable[[str], None]
) -> tuple[Build, dict[str, str]]:
    """Copy the allowed schemas and the page of models into a folder, and run every test meanwhile; what dbt did of the
    tests, and the checksums of the copies."""

    def copied(file: str, schema: str) -> str:
        export(configuration.work / DATABASE, folder / file, schema)
        sync(folder / file)
        return versions.sha256(folder / file)

    # Each schema is copied by one thread of a process of its own.
    with ThreadPoolExecutor() as pool:
        copies = pool.map(copied, versions.EXPORTS, versions.EXPORTS.values())
        tested = test(configuration, built, progress)
    checksums = dict(zip(versions.EXPORTS, copies, strict=True))
    documents = [
        path
        for path in (configuration.work / versions.DOCS, configuration.home / "current" / versions.DOCS)
        if path.exists()
    ]
    if documents:
        shutil.copyfile(documents[0], folder / versions.DOCS)
        sync(folder / versions.DOCS)
    return tested, checksums


def test(configuration: Configuration, built: Build, progress: Callable[[str], None]) -> Build:
    """Run the tests of the project on the work file, which others may read meanwhile: all of them where its code is
    new, else those that hang on more than its seeds, which are a part of the code.

    Raises:
        BuildFailed: a test failed, or there was none.
    """
    _point_dbt_at(configuration)
    words = ["test", "--target", "read_only", "--exclude-resource-type", "unit_test"]
    if "unit_test" not in built.nodes:
        # Excludes, in dbt's words, the tests of which all that they read is excluded.
        words += ["--exclude", "resource_type:seed", "--indirect-selection", "cautious"]
    tested = run_dbt(words, progress, project=built.project)
    if not tested.nodes.get("test"):
        # dbt calls it a success.
        raise BuildFailed("dbt ran no test of the models; nothing was published. Report it as a defect.")
    return tested


def _deliveries_hash(work_file: Path) -> str:
    """Names the set of deliveries that count, whatever the order in which they came."""
    with duckdb.connect(str(work_file), read_only=True) as connection:
        rows = connection.execute("from intermediate.int_deliveries_current order by all").fetchall()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _tidy(configuration: Configuration) -> None:
    """Remove the work file and the page of models, versions beyond those that are kept or from before rows were last
    taken out of the deliveries, and what a run that died left of any."""
    home_of_versions = configuration.versions
    current, names = versions.current_name(configuration), versions.version_names(configuration)
    removed = retention.last_removal(configuration)
    for name in names:
        if name != current and (name < removed or name not in names[-versions.KEPT_VERSIONS :]):
            # Half a version must not look like one to which one can go back.
            (home_of_versions / name).rename(home_of_versions / f"{name}.tmp")
    sync(home_of_versions)
    work = configuration.work
    _remove(*work.glob(f"{DATABASE}*"), *work.glob(versions.DOCS), *home_of_versions.glob("*.tmp"))


def _remove(*leftovers: Path) -> None:
    for path in leftovers:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
