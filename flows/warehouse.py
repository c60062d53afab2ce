"""Build, check, export and serve: a private file is built, it is tested while its allowed schemas are copied to a new
version, and one link makes that version current. Readers see the whole old or the whole new one (docs/decisions.md)."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.catalogue import REGISTRIES, TABLES
from connectors.landing import Landing, sync, write_durably
from connectors.removal import has_live
from flows import erasure, rights
from flows.dbt_runner import Build, BuildFailed, parse, run_dbt
from flows.export import export
from flows.reading import Damaged, is_there, manifest, opened, sha256, whole
from flows.runs import Run
from flows.settings import DBT_PROJECT, ROOT, SEEDS, Configuration

KEPT_VERSIONS = 5
SLOWEST = 12  # models and tests that a run's record names
# Only what stands here ever leaves the work file: figures to everyone, person-level models to a group of their own.
EXPORTS = {"warehouse.duckdb": "marts", "persons.duckdb": "intermediate"}

DATABASE = "build.duckdb"  # the private file that dbt builds
DOCS = "docs.html"  # dbt's documentation of all models, in one file

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
    erasure.forget(configuration, run, requested)
    run.seconds["forget"] = round(time.monotonic() - started, 1)
    inputs = input_hash(configuration)
    try:
        current = current_version(configuration, whole)
    except Damaged:
        current, run.mended = None, _current_name(configuration)
    if current and current["inputs"] == inputs and not always:
        run.published = current["run"]
        _link_readers(configuration)
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
    digest.update(json.dumps(erasure.taken_out(configuration)).encode())
    digest.update(json.dumps([configuration.settings.timezone, configuration.countries()]).encode())
    digest.update(code_hash().encode())
    return digest.hexdigest()


def code_hash() -> str:
    """Names the SQL, its statistics, the seeds, the registries, the engine's version and how tables are copied: what
    the bytes of a version depend on besides its deliveries."""
    digest = hashlib.sha256(f"{duckdb.__version__} {REGISTRIES}".encode())
    for module in ("statistics.py", "export.py"):
        digest.update((ROOT / "flows" / module).read_bytes())
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
    _remove(*work.glob(f"{DATABASE}*"), *work.glob(DOCS), *configuration.versions.glob("*.tmp"))
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
        (target / "static_index.html").rename(work / DOCS)
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
    versions = configuration.versions
    versions.mkdir(parents=True, exist_ok=True)
    temporary = versions / f"{run_id}.tmp"
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
        rights.settle(configuration, temporary)
        sync(temporary)
        temporary.rename(versions / run_id)
    finally:
        # However it ended, also by an interrupt: no copy of persons is left that is no version.
        shutil.rmtree(temporary, ignore_errors=True)
    sync(versions)
    make_current(configuration, run_id)
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
    with opened(configuration.work / DATABASE) as connection:
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
        return sha256(folder / file)

    # Each schema is copied by one thread of a process of its own.
    with ThreadPoolExecutor() as pool:
        copies = pool.map(copied, EXPORTS, EXPORTS.values())
        tested = test(configuration, built, progress)
    checksums = dict(zip(EXPORTS, copies, strict=True))
    documents = [path for path in (configuration.work / DOCS, configuration.home / "current" / DOCS) if path.exists()]
    if documents:
        shutil.copyfile(documents[0], folder / DOCS)
        sync(folder / DOCS)
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


def current_version(
    configuration: Configuration, look: Callable[[Path], dict[str, Any]] = manifest
) -> dict[str, Any] | None:
    """The manifest of the version that readers see, None before the first. `look` may look at its files as well.

    Raises:
        Damaged: it cannot be read, or they are not what was published.
    """
    link = configuration.home / "current"
    return look(link) if is_there(link) else None


def _current_name(configuration: Configuration) -> str:
    return (configuration.home / "current").resolve().name


def version_names(configuration: Configuration) -> list[str]:
    """The versions that are kept, oldest first."""
    return sorted(path.parent.name for path in configuration.versions.glob("*/version.json"))


def make_current(configuration: Configuration, run_id: str) -> None:
    """Turn the one link over; readers' names beside it lead through it, so that both files change in one step."""
    _link_readers(configuration)
    _link(Path("versions") / run_id, configuration.home / "current")
    sync(configuration.home)


def _link_readers(configuration: Configuration) -> None:
    for file in EXPORTS:
        link, target = configuration.home / file, Path("current") / file
        if not link.is_symlink() or link.readlink() != target:
            _link(target, link)


def _link(target: Path, link: Path) -> None:
    temporary = link.with_name(f".{link.name}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.rename(link)


def _tidy(configuration: Configuration) -> None:
    """Remove the work file and the page of models, versions beyond those that are kept or from before rows were last
    taken out of the deliveries, and what a run that died left of any."""
    versions = configuration.versions
    current, names = _current_name(configuration), version_names(configuration)
    removed = erasure.last_removal(configuration)
    for name in names:
        if name != current and (name < removed or name not in names[-KEPT_VERSIONS:]):
            # Half a version must not look like one to which one can go back.
            (versions / name).rename(versions / f"{name}.tmp")
    sync(versions)
    work = configuration.work
    _remove(*work.glob(f"{DATABASE}*"), *work.glob(DOCS), *versions.glob("*.tmp"))


def _remove(*leftovers: Path) -> None:
    for path in leftovers:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def query(configuration: Configuration, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of the current warehouse."""
    with opened(configuration.home / "warehouse.duckdb") as connection:
        return connection.execute(sql, list(parameters)).fetchall()
