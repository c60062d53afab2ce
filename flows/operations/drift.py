"""Find what counts in the current warehouse and may not mean what it seems to: it drifts, and somebody must look."""

from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import versions

# Hardly anybody comes so often: a name with such a share is one that a platform gives to many visitors. Below some
# conversations, one visitor who came often can reach the share.
LARGEST_SHARE, FEWEST = 0.05, 20
SHARED = """
select source_id, max(n) filter (nickname_pseudonym is not null) as largest, sum(n)::int as total
from (
    select source_id, nickname_pseudonym, count(*) as n
    from intermediate.int_conversations_current group by all
)
group by source_id
having largest >= ? and largest > ? * total
"""
READINGS = "select source_id, reading, count(*) from intermediate.int_conversations_current group by all order by all"


def note(configuration: Configuration, run: runs.Run) -> None:
    """Write into the record of a run what drifts in each source that it read, as one line by a key that stays the same.

    The lines hold numbers only, never a pseudonym.
    """
    for read in run.sources.values():
        read["drifting"] = {}
    for name, largest, total in versions.query(configuration, SHARED, [FEWEST, LARGEST_SHARE], "persons.duckdb"):
        if name in run.sources:
            run.sources[name]["drifting"]["shared name"] = (
                f"{name}: one name has {largest:,} of {total:,} conversations, which count as one person. Ask the "
                "platform if it gives this name to many visitors; if so, add it to seeds/no_names.csv."
            )
    older: dict[str, int] = {}
    for name, reading, n in versions.query(configuration, READINGS, file="persons.duckdb"):
        if run.sources.get(name, {}).get("reading", reading) not in ("", reading):
            older[name] = older.get(name, 0) + n
    for name, n in older.items():
        run.sources[name]["drifting"]["older reading"] = (
            f"{name}: {n:,} conversations were read with other settings or by an older version, and can no longer be "
            "read again. Put their files back into the inbox, then: zicht run."
        )
