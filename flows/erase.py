"""Forgetting one conversation on request."""

from collections.abc import Callable

from connectors.coding import GESPREK_ID
from connectors.errors import Foreseen
from flows import runs, warehouse
from flows.scrubber import told
from flows.sections import ChatSource
from flows.settings import Configuration, SettingsProblem


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
            warehouse.renew(configuration, run, tell, requested=gesprek_id)
            run.outcome = "completed"
        except Exception as error:
            run.outcome = "failed"
            run.problems.append(f"erase: {told(error)}")
            raise
        finally:
            runs.record(configuration, run)
        return run.removed
