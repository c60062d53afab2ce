"""Find what counts in the current warehouse and may not mean what it seems to: it drifts, and somebody must look."""

from connectors.gate import unlike_before
from connectors.landing import Landing
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import versions

# Hardly anybody comes so often: a name with such a share is one that a platform gives to many visitors. Below some
# conversations, one visitor who came often can reach the share.
LARGEST_SHARE, FEWEST = 0.05, 20
FOUND = """
select sum(n)::int, coalesce(max(n) filter (nickname_pseudonym is not null), 0), sum(n_older)::int
from (
    select nickname_pseudonym, count(*) as n, count(*) filter (reading <> ?) as n_older
    from intermediate.int_conversations_current where source_id = ? group by all
)
"""


def note(configuration: Configuration, run: runs.Run) -> None:
    """Write into the record of a run what drifts in each source that it read, as one line by a key that stays the same.

    The lines hold numbers only, never a pseudonym.
    """
    for name, read in run.sources.items():
        lines = read["drifting"] = {}
        [(total, largest, older)] = versions.query(configuration, FOUND, [read["reading"], name], "persons.duckdb")
        if largest >= FEWEST and largest > LARGEST_SHARE * total:
            lines["shared name"] = (
                f"{name}: one name has {largest:,} of {total:,} conversations, which count as one person. Ask the "
                "platform if it gives this name to many visitors; if so, add it to no_names.csv (docs/your-data.md)."
            )
        if unlike := unlike_before(Landing(configuration.landing).receipts(name)):
            lines["unlike before"] = (
                f"{name}: {unlike}. Everything counts. Ask the platform whether its last deliveries are complete; if "
                "one is not, deliver it again."
            )
        if older and read["reading"]:
            lines["older reading"] = (
                f"{name}: {older:,} conversations were read with other settings or by an older version, and can no "
                "longer be read again. Put their files back into the inbox, then: zicht run."
            )
