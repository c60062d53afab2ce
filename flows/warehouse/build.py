"""Build the warehouse, test it, export it, and make it current.

dbt builds a private file. While that file is tested, its allowed schemas are copied to a new version. Then one link
makes the version current. So readers see either the whole old version or the whole new one (docs/decisions.md).
"""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from connectors.landing import Landing
from connectors.purge import has_live
from connectors.storage.durable_files import sync, write_json
from flows.runtime import permissions
from flows.runtime.configuration import Configuration
from flows.runtime.runs import Run
from flows.warehouse import retention, versions
from flows.warehouse.dbt_runner import Build, BuildFailed, parse, run_dbt
from flows.warehouse.export import export
from flows.warehouse.inputs import DATABASE, code_hash, deliveries_hash, input_hash, point_dbt_at, prepare, receipts

SLOWEST = 12  # number of models and tests in the record of a run


def renew(
    configuration: Configuration,
    run: Run,
    progress: Callable[[str, str], None],
    *,
    always: bool = False,
    requested: str | None = None,
) -> None:
    """Remove rows that must not be kept; then build and publish a new version if anything changed.

    No version is built if the current one is whole and was built from the same deliveries, code and settings. The
    results are written into `run`.

    Args:
        configuration: The configuration with home.
        run: The record of the run, which is filled in.
        progress: Called with every step, as (what, detail).
        always: Whether to build even if nothing changed.
        requested: A `gesprek_id` to remove as well.

    Raises:
        SettingsProblem: Somebody was erased, and the pseudonym key is missing.
        BuildFailed: A model or a test failed, or a platform was not counted. The current version stays.
        export.ExportFailed: The tables could not be copied. The current version stays.
    """
    progress("forget", "looking")
    started = time.monotonic()
    retention.erase(configuration, run, requested)
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
    # Unit tests also run if no whole version was built from this code.
    is_new_code = not current or current["code"] != code_hash(configuration)
    built = build(configuration, is_new_code=is_new_code, progress=lambda node: progress("build", node))
    run.seconds["build"] = round(time.monotonic() - started, 1)
    started = time.monotonic()
    progress("publish", "copying")
    tested = publish(configuration, built, run.id, inputs, progress=lambda node: progress("test", node))
    run.published, run.changed = run.id, True
    run.seconds["publish"] = round(time.monotonic() - started, 1)
    run.built = dict(sorted((built.nodes | tested.nodes).items()))
    seconds = built.seconds | tested.seconds
    run.slowest = dict(sorted(seconds.items(), key=lambda node: (-node[1], node[0]))[:SLOWEST])


def build(configuration: Configuration, *, is_new_code: bool, progress: Callable[[str], None]) -> Build:
    """Build all models into a new private file.

    New code also runs its unit tests (examples in the project), and its documentation is written.

    Args:
        configuration: The configuration with home.
        is_new_code: Whether the code differs from that of the current version, or there is no whole version.
        progress: Called with the name of each finished node of dbt.

    Returns:
        What dbt did.

    Raises:
        BuildFailed: A model or a unit test failed.
    """
    work = configuration.work
    work.mkdir(parents=True, exist_ok=True)
    # Remove what a dead run left. A copy of personal data must not stay until the next good build.
    _clear(configuration)
    prepare(configuration)
    project = parse()
    without = ["test"] if is_new_code else ["test", "unit_test"]
    excluded = [word for kind in without for word in ("--exclude-resource-type", kind)]
    built = run_dbt(["build", *excluded], progress, project=project)
    if is_new_code:
        progress("docs")
        # The page contains tables and columns, but no rows. dbt makes it from other files, which are removed here.
        run_dbt(["docs", "generate", "--static"], lambda node: None, write_json=True)
        target = work / "dbt"
        (target / "static_index.html").rename(work / versions.DOCS)
        for leftover in (*target.glob("*.json"), *target.glob("*.html"), *target.glob("*.gpickle")):
            leftover.unlink()
    return built


def publish(
    configuration: Configuration, built: Build, run_id: str, inputs: str, progress: Callable[[str], None]
) -> Build:
    """Export the allowed schemas of the work file to a new version, and make that version current.

    The tests of the project run while the schemas are copied.

    Args:
        configuration: The configuration with home.
        built: What dbt did in the build.
        run_id: The id of the run, which becomes the name of the version.
        inputs: The result of `input_hash` for the build.
        progress: Called with the name of each finished test.

    Returns:
        dbt's results of the tests.

    Raises:
        BuildFailed: A test failed, or a platform was not counted. The current version stays.
        export.ExportFailed: The schemas could not be copied. The current version stays.
    """
    configuration.versions.mkdir(parents=True, exist_ok=True)
    temporary = configuration.versions / f"{run_id}.tmp"
    temporary.mkdir()
    try:
        tested, checksums = _fill(configuration, temporary, built, progress)
        _check_counted(configuration)
        content = {
            "run": run_id,
            "inputs": inputs,
            "code": code_hash(configuration),
            "deliveries": deliveries_hash(configuration.work / DATABASE),
            "timezone": configuration.settings.timezone,
            "sha256": checksums,
        }
        write_json(temporary / "version.json", content)
        permissions.set_rights(configuration, temporary)
        sync(temporary)
        temporary.rename(configuration.versions / run_id)
    finally:
        # Also after an error or an interrupt, no copy of personal data may remain outside a version.
        shutil.rmtree(temporary, ignore_errors=True)
    sync(configuration.versions)
    versions.make_current(configuration, run_id)
    _tidy(configuration)
    return tested


def _check_counted(configuration: Configuration) -> None:
    """Check that every platform with at least one remaining conversation is counted.

    A conversation remains if the landing holds it and nobody erased it. The mart `volumes` counts each conversation,
    whatever its date and tags. Conversations past their term and erased ones are no longer in the landing, so a
    platform without any others may be missing. This check reads the landing without dbt: if dbt reads nothing, its
    tests read nothing either.

    Raises:
        BuildFailed: A platform is not counted at all.
    """
    with versions.opened(configuration.work / DATABASE) as connection:
        counted = {source for (source,) in connection.execute("select source from marts.volumes").fetchall()}
    deliveries: dict[str, dict[str, str]] = {}
    for receipt in receipts(configuration):
        if receipt["kind"] == "chat" and receipt["source"] not in counted:
            # If the same content was read more than once, the last reading counts.
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
    """Copy the allowed schemas and the page of models into a folder, and run the tests at the same time.

    Returns:
        What dbt did in the tests, and the checksum of each copy by its file name.
    """

    def copied(file: str, schema: str) -> str:
        export(configuration.work / DATABASE, folder / file, schema)
        sync(folder / file)
        return versions.sha256(folder / file)

    # Each schema is copied in a separate process, which uses one thread.
    with ThreadPoolExecutor() as pool:
        copies = pool.map(copied, versions.EXPORTS, versions.EXPORTS.values())
        tested = test(configuration, built, progress)
    checksums = dict(zip(versions.EXPORTS, copies, strict=True))
    places = (configuration.work / versions.DOCS, configuration.home / "current" / versions.DOCS)
    if document := next(filter(Path.exists, places), None):
        shutil.copyfile(document, folder / versions.DOCS)
        sync(folder / versions.DOCS)
    return tested, checksums


def test(configuration: Configuration, built: Build, progress: Callable[[str], None]) -> Build:
    """Run dbt's data tests on the database file that this run has just built.

    The tests only read the file, so other processes can copy it meanwhile. If the code changed since the current
    version was built, all tests run. If it did not, tests that read nothing but seeds are skipped: seeds are part of
    the code, so these tests would give the same result again.

    Args:
        configuration: The configuration with home.
        built: dbt's results of the build. If they contain unit tests, the code has changed.
        progress: Called with the name of each finished test.

    Returns:
        What dbt did in the tests.

    Raises:
        BuildFailed: A test failed, or no test ran.
    """
    point_dbt_at(configuration)
    words = ["test", "--target", "read_only", "--exclude-resource-type", "unit_test"]
    if "unit_test" not in built.nodes:
        # With `cautious`, dbt excludes only those tests that read nothing but seeds.
        words += ["--exclude", "resource_type:seed", "--indirect-selection", "cautious"]
    tested = run_dbt(words, progress, project=built.project)
    if not tested.nodes.get("test"):
        # dbt reports success even if no test ran.
        raise BuildFailed("dbt ran no test of the models; nothing was published. Report it as a defect.")
    return tested


def _tidy(configuration: Configuration) -> None:
    """Remove the work file, the page of models, old versions, and what dead runs left of any of these.

    A version is old if there are enough newer ones, or if it was made before rows were last removed from the
    deliveries.
    """
    current, names = versions.current_name(configuration), versions.version_names(configuration)
    last_erasure = retention.last_erasure(configuration)
    for name in names:
        if name != current and (name < last_erasure or name not in names[-versions.KEPT_VERSIONS :]):
            # Rename first: a half-removed version must not be offered for a rollback.
            (configuration.versions / name).rename(configuration.versions / f"{name}.tmp")
    sync(configuration.versions)
    _clear(configuration)


def _clear(configuration: Configuration) -> None:
    """Remove the work file, the page of models, and unfinished versions."""
    work, unfinished = configuration.work, configuration.versions.glob("*.tmp")
    for path in (*work.glob(f"{DATABASE}*"), *work.glob(versions.DOCS), *unfinished):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
