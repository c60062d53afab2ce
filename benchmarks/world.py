"""Make worlds of any size after the contract.

A world has chat exports of two platforms (NDJSON, one file a month) and codings (CSV, one file a year). DuckDB draws
them from hashes of a seed: equal arguments give equal bytes. The figures are not calibrated to reality.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from connectors.codelists.codebook import Column, load_codebook

ROOT = Path(__file__).resolve().parent.parent
FIRST_DAY = date(2019, 1, 1)
LAST_DAY = date(2024, 12, 31)  # changed nights deliver the days after it
SETTINGS = """\
home = "var"
pseudonym_key_file = "key"
[sources.fier]
kind = "chat"
path = "inbox/fier"
[sources.csg]
kind = "chat"
path = "inbox/csg"
[sources.coding]
kind = "coding"
path = "inbox/coding"
"""


@dataclass(frozen=True)
class World:
    """The size of a world and its seed.

    Attributes:
        conversations: The number of conversations in six years. One in ten is coded.
        seed: The seed of all draws.
    """

    conversations: int
    seed: int


def write_world(world: World, folder: Path) -> None:
    """Write `zicht.toml`, a key and the inbox of the six years."""
    for source in ("fier", "csg", "coding"):
        (folder / "inbox" / source).mkdir(parents=True)
    (folder / "zicht.toml").write_text(SETTINGS)
    (folder / "key").write_text(f"the key of a world without persons {world.seed}")
    (folder / "key").chmod(0o600)
    with _drawn(world) as connection:
        for first in _firsts_of_months():
            after = (first + timedelta(days=31)).replace(day=1)
            _write_chats(connection, world, folder, first, after, f"{first:%Y-%m}")
        for year in range(FIRST_DAY.year, LAST_DAY.year + 1):
            _write_codings(connection, world, folder, date(year, 1, 1), date(year + 1, 1, 1), str(year))


def write_day(world: World, folder: Path, number: int) -> None:
    """Add the delivery of one night: the conversations and codings of one more day.

    Args:
        world: The world to continue.
        folder: The folder of the world.
        number: Which day after the six years; the first is 1.
    """
    first = LAST_DAY + timedelta(days=number)
    after = first + timedelta(days=1)
    with _drawn(world) as connection:
        _write_chats(connection, world, folder, first, after, f"{first}")
        _write_codings(connection, world, folder, first, after, f"{first}")


def _firsts_of_months() -> list[date]:
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    return [date(year, month, 1) for year in years for month in range(1, 13)]


def _drawn(world: World) -> duckdb.DuckDBPyConnection:
    """Return a connection with macros for all draws; `u(i, what)` is uniform between 0 and 1.

    A name has three conversations on average. One conversation in eight is flagged, and four in five of these are
    coded.
    """
    connection = duckdb.connect()
    connection.execute("set threads = 1; set preserve_insertion_order = true; set TimeZone = 'UTC'")
    connection.execute(f"create macro u(i, what) as hash(i, what, {world.seed}) / 18446744073709551616.0")
    connection.execute(
        f"create macro name_of(i) as cast(floor(u(i, 'name') * {max(world.conversations // 3, 1)}) as bigint)"
    )
    connection.execute(
        "create macro source_of(i) as case when u(name_of(i), 'source') < 0.7 then 'fier' else 'csg' end"
    )
    connection.execute("create macro is_flagged(i) as u(i, 'flag') < 0.125")
    connection.execute("create macro is_coded(i) as is_flagged(i) and u(i, 'coded') < 0.8")
    seconds = ((LAST_DAY - FIRST_DAY).days + 1) * 86_400 / world.conversations
    connection.execute(
        f"create macro start_of(i) as timestamp '{FIRST_DAY}' + to_microseconds(cast(i * {seconds!r} * 1e6 as bigint))"
    )
    return connection


def _places(world: World, first: date, after: date) -> tuple[int, int]:
    """Return the first number and the end of the conversations of these days. They are numbered by start time."""
    a_day = world.conversations / ((LAST_DAY - FIRST_DAY).days + 1)
    return round((first - FIRST_DAY).days * a_day), round((after - FIRST_DAY).days * a_day)


def _write_chats(
    connection: duckdb.DuckDBPyConnection, world: World, folder: Path, first: date, after: date, name: str
) -> None:
    begin, end = _places(world, first, after)
    for source in ("fier", "csg"):
        # One in fifty is changed later and one in ten thousand is erased: their records come a second time.
        connection.execute(f"""
            copy (
                select
                    'C-' || i as conversation_id,
                    case when not is_deleted then
                        case when u(i, 'case') < 0.1 then ' Passant ' else 'passant ' end || name_of(i)
                    end as nickname,
                    case when not is_deleted and u(i, 'network') < 0.9 then
                        'network ' || cast(floor(u(i, 'of network') * {world.conversations // 5 + 1}) as bigint)
                    end as connection_group,
                    case when not is_deleted then {_moment("start_of(i)")} end as started_at,
                    case when not is_deleted then {_moment("start_of(i) + interval 40 minute")} end as ended_at,
                    case when not is_deleted then
                        case when u(i, 'language') < 0.85 then 'nl' when u(i, 'language') < 0.93 then 'en' else 'ar' end
                    end as language,
                    case
                        when is_deleted then null
                        when is_flagged(i) then ['mensenhandel', 'thuis']
                        when u(i, 'tag') < 0.3 then ['thuis']
                        else []::text[]
                    end as tags,
                    {_moment("start_of(i) + version * interval 1 hour")} as updated_at,
                    is_deleted as deleted,
                    'what was said is no field that is kept; ' || repeat('x', 200) as transcript
                from (
                    select i, version, version = 3 as is_deleted
                    from range({begin}, {end}) as conversations (i), (values (1), (2), (3)) as versions (version)
                    where
                        source_of(i) = '{source}'
                        and (
                            version = 1
                            or (version = 2 and u(i, 'changed') < 0.02)
                            or (version = 3 and u(i, 'deleted') < 0.0001)
                        )
                    order by i, version
                ) as records
            ) to '{folder}/inbox/{source}/{name}.ndjson' (format json)
        """)


def _moment(timestamp: str) -> str:
    return f"strftime({timestamp}, '%Y-%m-%dT%H:%M:%S') || '+00:00'"


def _write_codings(
    connection: duckdb.DuckDBPyConnection, world: World, folder: Path, first: date, after: date, name: str
) -> None:
    begin, end = _places(world, first, after)
    codebook = load_codebook(ROOT / "seeds" / "codebook.csv")
    columns = ", ".join(f"{_code(name, column)} as {name}" for name, column in codebook.columns.items())
    # One coding in twelve is of the same visitor as an earlier one under another name.
    connection.execute(f"""
        copy (
            select
                source_of(i) || ':C-' || i as gesprek_id,
                strftime(start_of(i) + interval 7 day, '%Y-%m-%d') as gecodeerd_op,
                case when u(i, 'trafficking') < 0.85 then 1 else 0 end as mensenhandel,
                case when u(i, 'duplicate') < 0.08 and earlier >= 0 then source_of(earlier) || ':C-' || earlier end
                    as dubbel_van,
                {columns}
            from (
                select i, i - 1 - cast(floor(u(i, 'earlier') * 1000) as bigint) as earlier
                from range({begin}, {end}) as conversations (i)
                where is_coded(i)
                order by i
            ) as codings
        ) to '{folder}/inbox/coding/{name}.csv' (format csv, header, delimiter ';')
    """)


def _code(name: str, column: Column) -> str:
    """Return the SQL of one column of a coding: known in three of four rows, for a mark in one of five."""
    if column.kind == "number":
        value = f"cast(8 + floor(u(i, '{name}') * 30) as integer)"
    elif column.kind == "month":
        value = f"strftime(start_of(i) - to_months(cast(floor(u(i, '{name}') * 30) as integer)), '%Y-%m')"
    else:
        codes = sorted(set(column.codes.values()))
        value = f"{codes}[1 + cast(floor(u(i, '{name}') * {len(codes)}) as integer)]"
    return f"case when u(i, '{name} known') < {0.2 if column.kind == 'multiple' else 0.75} then {value} end"
