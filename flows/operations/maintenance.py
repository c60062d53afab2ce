"""What is done to a home by hand: forget one conversation, or build the warehouse from the deliveries alone."""

from collections.abc import Callable

from connectors.coding.codings import GESPREK_ID
from connectors.errors import Foreseen
from flows.runtime import runs
from flows.runtime.configuration import Configuration, SettingsProblem
from flows.runtime.redaction import told
from flows.runtime.schema import ChatSource
from flows.warehouse import build, versions


class Held(Foreseen):
    """A legal hold forbids the removal."""


def erase(configuration: Configuration, gesprek_id: str, tell: Callable[[str, str], None]) -> dict[str, dict[str, int]]:
    """Forget a conversation everywhere that is not yet released, and build anew without it. Gives how many rows of it
    went, by source and table: none where nothing was known of it, which is kept out all the same.

    Raises:
        Held: a legal hold forbids it.
        SettingsProblem: it names no chat source, or the pseudonym key cannot be used.
        runs.Busy: a run is under way.
        dbt_runner.BuildFailed: it is gone from the deliveries; the current version still counts it.
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
    configuration.pseudonym_key()  # marks who is erased
    with runs.only_run(configuration):
        run = runs.next_run(configuration, "erase")
        runs.record(configuration, run)
        try:
            build.renew(configuration, run, tell, requested=gesprek_id)
            run.outcome = "completed"
        except Exception as error:
            run.outcome = "failed"
            run.problems.append(f"erase: {told(error)}")
            raise
        finally:
            runs.record(configuration, run)
        return run.removed


def rebuild(configuration: Configuration, tell: Callable[[str, str], None]) -> tuple[bool | None, list[str]]:
    """Build and publish without pulling anything. Gives whether the bytes are those of the version before (None where
    that was made of other deliveries, code or settings), and what to tell.

    Raises:
        runs.Busy: a run is under way.
        dbt_runner.BuildFailed: a model or test failed; the current version stays.
    """
    with runs.only_run(configuration):
        try:
            before = versions.current_version(configuration)
        except versions.Damaged:  # which is why it is built anew
            before = None
        run = runs.next_run(configuration, "rebuild")
        build.renew(configuration, run, tell, always=True)
        run.outcome = "completed"
        runs.record(configuration, run)
        after = versions.current_version(configuration)
    assert after is not None  # it has just been made current
    lines = [f"{digest}  {configuration.versions / run.id / file}" for file, digest in after["sha256"].items()]
    if before is None or before["inputs"] != after["inputs"]:
        return None, [*lines, "There was no version of the same deliveries, code and settings to compare with."]
    is_same = before["sha256"] == after["sha256"]
    return is_same, [*lines, f"The same bytes as version {before['run']}."] if is_same else lines
