"""Return the world as the platforms and the researchers deliver it, with the faults of real deliveries.

No fault changes a figure. The faults show what is rejected, replaced and erased on the way.
"""

from datetime import UTC, timedelta
from typing import Any

from demo.world import FLAG, TIMEZONE, Coding, Conversation, make_world

Record = dict[str, Any]

# Real platforms send transcripts. The pipeline must drop them as soon as it reads a record.
TRANSCRIPT = "FICTITIOUS: dit gesprek is verzonnen, er was geen cliënt."
UNKNOWN_CONVERSATION = "csg:C-9999999"


def chat_records(platform: str) -> list[Record]:
    """Return one record for each conversation of a platform, in the order of their start.

    Args:
        platform: The name of the platform, `fier` or `csg`.

    Returns:
        The records, as the platform's API lists them.
    """
    return [_record(talk) for talk in make_world() if talk.platform == platform]


def _record(talk: Conversation) -> Record:
    started = talk.started.replace(tzinfo=TIMEZONE)
    ended = started.astimezone(UTC) + timedelta(minutes=talk.minutes)
    updated = ended + timedelta(minutes=3 * talk.minutes)
    # One platform sends local times, the other sends UTC.
    zone = TIMEZONE if talk.platform == "fier" else UTC
    return {
        "conversation_id": talk.conversation_id,
        "nickname": talk.nickname,
        "connection_group": talk.connection_group,
        "channel": "web",
        "started_at": started.astimezone(zone).isoformat(),
        "ended_at": ended.astimezone(zone).isoformat(),
        "language": talk.language,
        "tags": [tag for tag in talk.tags.split("|") if tag],
        "updated_at": f"{updated:%Y-%m-%dT%H:%M:%SZ}",
        "deleted": False,
        "transcript": TRANSCRIPT,
    }


def chat_trouble(records: list[Record]) -> list[Record]:
    """Return extra records of one platform: a repeat, an old version, broken records and an erased conversation.

    Args:
        records: All records of the platform. They do not change.

    Returns:
        The extra records.
    """
    flagged = [record for record in records if FLAG in record["tags"]]
    repeated, stale, nameless, undated, deleted = flagged[-5:]
    erased = f"{deleted['conversation_id'][0]}-9000001"
    return [
        repeated,
        {**stale, "tags": [], "updated_at": stale["started_at"]},
        {**nameless, "conversation_id": None},
        {**undated, "started_at": "gisteren", "updated_at": "2021-01-04T09:00:00Z"},
        {**deleted, "conversation_id": erased, "nickname": f"verzonnen{erased[2:]}"},
        {"conversation_id": erased, "updated_at": "2021-01-05T09:00:00Z", "deleted": True},
    ]


def stale_codings(codings: list[Coding]) -> list[Coding]:
    """Return earlier codings of some conversations. The later coding replaces each of them as a whole.

    Args:
        codings: The later codings. They do not change.

    Returns:
        The earlier codings.
    """
    related = [coding for coding in codings if coding["mensenhandel"] == "1"][:3]
    earlier = timedelta(days=5)
    return [
        {**coding, "gecodeerd_op": coding["gecodeerd_op"] - earlier, "rol": "6", "acuut": "0"} for coding in related
    ]


def coding_trouble(codings: list[Coding]) -> list[Coding]:
    """Return the codings with faults in visits that were not about trafficking, and with some extra rows.

    Args:
        codings: The codings without faults. They do not change.

    Returns:
        The codings with the faults, then the extra rows.
    """
    unrelated = iter(coding for coding in codings if coding["mensenhandel"] == "0" and not coding["dubbel_van"])
    neighbour, old, doubled, undated = (next(unrelated) for _ in range(4))
    mistakes = {
        neighbour["gesprek_id"]: {"pleger": "buurman"},
        old["gesprek_id"]: {"leeftijd": "170"},
        doubled["gesprek_id"]: {"dubbel_van": UNKNOWN_CONVERSATION},
    }
    return [
        *({**coding, **mistakes.get(coding["gesprek_id"], {})} for coding in codings),
        {**undated, "gecodeerd_op": "voorjaar"},
        {**undated, "gesprek_id": UNKNOWN_CONVERSATION},
        {**undated, "gesprek_id": "fier:F-9000001"},  # the platform erased it: ignored
    ]
