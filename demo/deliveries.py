"""The world as the platforms and the researchers deliver it, with the trouble that real deliveries have.

None of the trouble changes a figure: it shows what is rejected, replaced and forgotten on the way.
"""

from datetime import UTC, timedelta
from functools import cache
from typing import Any

from demo.targets import read_targets
from demo.world import FLAG, TIMEZONE, Coding, Conversation, World, make_world

Record = dict[str, Any]

# Real platforms send transcripts. These must never be seen behind the pipeline's front door.
TRANSCRIPT = "FICTITIOUS: dit gesprek is verzonnen, er was geen cliënt."
UNKNOWN_CONVERSATION = "csg:C-9999999"


@cache
def demo_world() -> World:
    """The world of all targets; made once a process."""
    return make_world(read_targets())


def chat_records(platform: str) -> list[Record]:
    """One record of each of a platform's conversations, in the order of their start."""
    return [_record(talk) for talk in demo_world().conversations if talk.platform == platform]


def _record(talk: Conversation) -> Record:
    started = talk.started.replace(tzinfo=TIMEZONE)
    ended = started.astimezone(UTC) + timedelta(minutes=talk.minutes)
    updated = ended + timedelta(minutes=3 * talk.minutes)
    # One platform tells local time, the other UTC.
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
    """More deliveries of one platform: a repeat, a stale version, broken records and an erased conversation."""
    flagged = [record for record in records if FLAG in record["tags"]]
    repeated, stale, nameless, undated, gone = flagged[-5:]
    erased = f"{gone['conversation_id'][0]}-9000001"
    return [
        repeated,
        {**stale, "tags": [], "updated_at": stale["started_at"]},
        {**nameless, "conversation_id": None},
        {**undated, "started_at": "gisteren", "updated_at": "2021-01-04T09:00:00Z"},
        {**gone, "conversation_id": erased, "nickname": f"verzonnen{erased[2:]}"},
        {"conversation_id": erased, "updated_at": "2021-01-05T09:00:00Z", "deleted": True},
    ]


def stale_codings(codings: list[Coding]) -> list[Coding]:
    """Earlier codings of some conversations, which a later coding replaces whole."""
    related = [coding for coding in codings if coding["mensenhandel"] == "1"][:3]
    earlier = timedelta(days=5)
    return [
        {**coding, "gecodeerd_op": coding["gecodeerd_op"] - earlier, "rol": "6", "acuut": "0"} for coding in related
    ]


def coding_trouble(codings: list[Coding]) -> list[Coding]:
    """The codings with mistakes in visits that turned out not to be related, and some rows more."""
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
