"""Maintain a home by hand: erase one conversation, or build from the deliveries alone."""

from collections.abc import Callable
from importlib.util import find_spec

from connectors.coding.tables import GESPREK_ID
from connectors.errors import UserFacingError
from flows.runtime import runs
from flows.runtime.configuration import Configuration, SettingsProblem
from flows.runtime.redaction import safe_message
from flows.runtime.source_schema import ChatSource
from flows.warehouse import build, versions
from flows.warehouse.dbt_runner import Build


class Held(UserFacingError):
    """A legal hold forbids the erasure."""


class NoVersion(UserFacingError):
    """There is no such version of the warehouse."""


class NotInstalled(UserFacingError):
    """Spark is not installed."""


def erase(
    configuration: Configuration, gesprek_id: str, progress: Callable[[str, str], None]
) -> dict[str, dict[str, int]]:
    """Remove a conversation from everything except published releases, and build a new version without it.

    The conversation is kept out of later deliveries, even if nothing is known of it now.

    Args:
        configuration: The configuration with home.
        gesprek_id: The conversation, as `<source>:<conversation_id>`.
        progress: Called with every step, as (what, detail).

    Returns:
        The number of removed rows, by source and table. It is empty if nothing was known of the conversation.

    Raises:
        Held: A legal hold forbids the erasure.
        SettingsProblem: The id names no chat source, or the pseudonym key cannot be used.
        runs.Busy: Another run is under way.
        dbt_runner.BuildFailed: The build failed. The conversation is removed from the deliveries, but the current
            version still counts it.

    Example:
        `{"fier": {"conversations": 1}}`
    """
    source = gesprek_id.partition(":")[0]
    section = configuration.settings.sources.get(source)
    if not GESPREK_ID.fullmatch(gesprek_id) or not isinstance(section, ChatSource):
        names = [name for name, one in configuration.settings.sources.items() if isinstance(one, ChatSource)]
        raise SettingsProblem(
            f"no gesprek_id of a source in {configuration.file}; write <source>:<conversation_id>, "
            f"with one of {', '.join(names) or 'no source of kind chat'}."
        )
    if section.legal_hold:
        raise Held(
            f"[sources.{source}] has a legal_hold; nothing of it is erased on request until that line is taken out."
        )
    configuration.pseudonym_key()  # marks need the key: raise before anything is removed
    with runs.only_run(configuration):
        run = runs.next_run(configuration, "erase")
        runs.record(configuration, run)
        try:
            build.renew(configuration, run, progress, requested=gesprek_id)
            run.outcome = "completed"
        except Exception as error:
            run.outcome = "failed"
            run.problems.append(f"erase: {safe_message(error)}")
            raise
        finally:
            runs.record(configuration, run)
        return run.removed


def rebuild(configuration: Configuration, progress: Callable[[str, str], None]) -> tuple[bool | None, list[str]]:
    """Build and publish a version from the deliveries that are there, without reading any source.

    Args:
        configuration: The configuration with home.
        progress: Called with every step, as (what, detail).

    Returns:
        Whether the bytes are those of the version before, and lines for the user. The first item is None if the version
        before was built from other deliveries, code or settings, or if there is none.

    Raises:
        runs.Busy: Another run is under way.
        dbt_runner.BuildFailed: A model or a test failed. The current version stays.

    Example:
        `(True, ["<checksum>  <file>", "The same bytes as version 20201231T043000000000Z."])`
    """
    with runs.only_run(configuration):
        try:
            before = versions.current_version(configuration)
        except versions.Damaged:  # damage is a reason to rebuild, so it must not stop this
            before = None
        run = runs.next_run(configuration, "rebuild")
        build.renew(configuration, run, progress, always=True)
        run.outcome = "completed"
        runs.record(configuration, run)
        after = versions.current_version(configuration)
    assert after is not None  # it has just been made current
    lines = [f"{digest}  {configuration.versions / run.id / file}" for file, digest in after["sha256"].items()]
    if before is None or before["inputs"] != after["inputs"]:
        return None, [*lines, "There was no version of the same deliveries, code and settings to compare with."]
    is_same = before["sha256"] == after["sha256"]
    return is_same, [*lines, f"The same bytes as version {before['run']}."] if is_same else lines


def rollback(configuration: Configuration, version: str | None) -> str:
    """Make an earlier version of the warehouse current.

    Args:
        configuration: The configuration with home.
        version: The name of the version. None is the one before the current one.

    Returns:
        The name of the version that is current now.

    Raises:
        NoVersion: There is no such version.
        versions.Damaged: The version is damaged.
        runs.Busy: Another run is under way.
    """
    with runs.only_run(configuration):
        names = versions.version_names(configuration)
        current = versions.current_name(configuration)
        target = version or max((name for name in names if name < current), default=None)
        if target is None or target not in names:
            raise NoVersion(f"no such version; there are: {', '.join(names) or 'none'}.")
        versions.whole(configuration.versions / target)
        versions.make_current(configuration, target)
    return target


def rebuild_on_spark(configuration: Configuration) -> Build:
    """Build the models on Spark from the deliveries that are there. The warehouse of this home stays as it is.

    Args:
        configuration: The configuration with home.

    Returns:
        What dbt did.

    Raises:
        NotInstalled: The extra `spark` is not installed.
        spark.NotStarted: Java is missing, or Spark refuses its settings.
        runs.Busy: Another run is under way.
        dbt_runner.BuildFailed: A model or a test failed.
    """
    if not all(map(find_spec, ("pyspark", "dbt.adapters.spark"))):
        raise NotInstalled(
            "Spark is not installed; go to the folder of zicht's code, install it by "
            "`pip install --no-deps --require-hashes -r requirements-full.lock`, and rebuild again (docs/engines.md)."
        )
    from flows.warehouse import spark

    with runs.only_run(configuration), spark.session(configuration) as session:
        return spark.build(session, configuration)
