"""Cases for the macros and casts of models: SQL for dbt, and the value that it must return on each engine."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np

from flows.warehouse import statistics


def day(text: str) -> str:
    return f"\"cast('{text}' as date)\""


def moment(text: str) -> str:
    """Return the SQL of a moment in UTC. Spark's `timestamp` is a timestamp with a time zone."""
    return f"\"cast('{text}+00:00' as \" ~ ('timestamp' if target.type == 'spark' else 'timestamptz') ~ ')'"


def number(text: str) -> str:
    return f"'cast({text} as double)'"


def words(*parts: str) -> str:
    brackets = {"duckdb": "[{}]", "spark": "array({})"}
    chosen = {engine: form.format(", ".join(f"'{part}'" for part in parts)) for engine, form in brackets.items()}
    return f"{chosen}[target.type]"


NO_WORDS = "'cast(null as ' ~ {'duckdb': 'string[]', 'spark': 'array<string>'}[target.type] ~ ')'"
PATH = "/srv/zicht/var/landing/fier/conversations/2f1c-9.parquet"

CASES: dict[str, Any] = {
    "month_start('2020', '2')": date(2020, 2, 1),
    "month_start('2020', 'cast(null as integer)')": None,
    "month_end('2020', '2')": date(2020, 2, 29),
    "month_end('1900', '2')": date(1900, 2, 28),
    "month_end('2019', '12')": date(2019, 12, 31),
    "month_end('cast(null as integer)', '12')": None,
    f"months_earlier({day('2020-03-01')}, '12')": date(2019, 3, 1),
    f"months_earlier({day('2020-03-31')}, '1')": date(2020, 2, 29),
    f"months_earlier({day('2020-01-01')}, 'cast(1 as integer)')": date(2019, 12, 1),
    "months_earlier('cast(null as date)', '1')": None,
    f"day_after({day('2020-02-28')})": date(2020, 2, 29),
    f"day_after({day('2019-12-31')})": date(2020, 1, 1),
    f"day_before({day('2019-03-01')})": date(2019, 2, 28),
    "day_before('cast(null as date)')": None,
    f"days_between({day('2020-02-28')}, {day('2020-03-01')})": 2,
    f"days_between({day('2020-03-01')}, {day('2019-03-01')})": -366,
    f"days_between({day('2020-03-01')}, 'cast(null as date)')": None,
    # In Amsterdam, clocks went from 2 to 3 in March and from 3 to 2 in October, both at 1 UTC.
    # In October, the hour from 2 to 3 came twice.
    f"local_timestamp({moment('2020-03-29 00:59:59.999999')})": datetime(2020, 3, 29, 1, 59, 59, 999999),
    f"local_timestamp({moment('2020-03-29 01:00:00')})": datetime(2020, 3, 29, 3),
    f"local_timestamp({moment('2020-10-25 00:30:00')})": datetime(2020, 10, 25, 2, 30),
    f"local_timestamp({moment('2020-10-25 01:30:00')})": datetime(2020, 10, 25, 2, 30),
    f"local_timestamp({moment('2019-12-31 22:59:59.999999')})": datetime(2019, 12, 31, 23, 59, 59, 999999),
    f"local_timestamp({moment('2019-12-31 23:00:00')})": datetime(2020, 1, 1),
    f"local_timestamp({moment('2020-07-01 22:00:00.000001')})": datetime(2020, 7, 2, 0, 0, 0, 1),
    f"landed_source(\"'{PATH}'\")": "fier",
    f"landed_source(\"'file://{PATH}'\")": "fier",
    "landed_source('cast(null as string)')": None,
    f"landed_delivery(\"'{PATH}'\")": "2f1c-9",
    "landed_delivery('cast(null as string)')": None,
    f"list_holds({words('school', 'mensenhandel')}, 'mensenhandel')": True,
    f"list_holds({words('mensenhandel-achtig', 'geen mensenhandel')}, 'mensenhandel')": False,
    f"list_holds({NO_WORDS}, 'mensenhandel')": False,
    f"list_resembles({words('mensenhandel-achtig', 'x')}, 'mensenhandel')": True,
    f"list_resembles({words('x', '{mensenhandel')}, 'mensenhandel')": True,
    f"list_resembles({words('x', 'loverboy (lg)')}, 'loverboy (lg)')": False,
    f"list_resembles({words('x', 'geen loverboy (lg)')}, 'loverboy (lg)')": True,
    f"list_resembles({words('mensenhandel', 'mensenhandelaar')}, 'mensenhandel')": False,
    f"list_resembles({NO_WORDS}, 'mensenhandel')": False,
    f"half_up({number('83.35')}, '1')": 83.4,
    f"half_up({number('1.005')}, '2')": 1.01,
    f"half_up({number('2.5')}, '0')": 3.0,
    f"half_up({number('0.5')}, '0')": 1.0,
    f"half_up({number('-2.5')}, '0')": -2.0,
    f"half_up({number('null')}, '1')": None,
}
# What models write without a macro, because both engines understand it.
PLAIN: dict[str, Any] = {
    "cast(7 as double) / 2": 3.5,
    "cast(null as double)": None,
    "cast(12 as string)": "12",
    "cast(null as string)": None,
    "round(cast(0.12345678 as double), 6)": 0.123457,
    "round(cast(-0.0000005 as double), 6)": -0.000001,
    "round(cast(1234567.25 as double), 1)": 1234567.3,
}
COUNTS = [(3, 10), (10, 3), (0, 5), (7, 7), (250, 1900)]
NOTHING = "cast(null as bigint)"


def exactly(function: Callable[..., Any], *counts: int) -> float:
    return float(function(*(np.array([count]) for count in counts))[0])


STATISTICS: dict[str, Any] = {
    **{f"counts_p_value({n}, {m})": exactly(statistics.poisson_p, n, m) for n, m in [*COUNTS, (0, 0)]},
    **{f"ratio_low({n}, {m})": exactly(statistics.ratio_low, n, m) for n, m in COUNTS},
    **{f"ratio_high({n}, {m})": exactly(statistics.ratio_high, n, m) for n, m in COUNTS if n},
    **{f"share_low({n}, {m})": exactly(statistics.share_low, n, m) for n, m in COUNTS if n <= m},
    **{f"share_high({n}, {m})": exactly(statistics.share_high, n, m) for n, m in COUNTS if n <= m},
    "shares_p_value(3, 10, 12, 20)": exactly(statistics.fisher_p, 3, 10, 12, 20),
    "shares_p_value(0, 5, 900, 1000)": exactly(statistics.fisher_p, 0, 5, 900, 1000),
    "ratio_low(3, 0)": None,
    "ratio_high(3, 0)": None,
    "share_low(0, 0)": None,
    "share_high(0, 0)": None,
    "shares_p_value(3, 10, 0, 0)": None,
    f"counts_p_value('{NOTHING}', 3)": None,
    f"share_low('{NOTHING}', 10)": None,
}

# All cases are in one row: an engine then needs only one query.
EXPRESSIONS = {**{f"{{{{ {call} }}}}": value for call, value in {**CASES, **STATISTICS}.items()}, **PLAIN}
ALL_CASES = "select " + ", ".join(f"{sql} as case_{place}" for place, sql in enumerate(EXPRESSIONS))

# P-values with ties, in two families.
P_VALUES = """
with tested as (
    select family, label, cast(p_value as double) as p_value
    from (values
        ('a', 1, 0.01), ('a', 2, 0.04), ('a', 3, 0.04), ('a', 4, 0.9), ('b', 5, 0.2), ('b', 6, 0.5)
    ) as tested (family, label, p_value)
),
adjusted as (
    {{ adjusted_p_values('tested', 'p_value', ['family']) }}
)
select tested.label, adjusted.adjusted
from tested
inner join adjusted on tested.family = adjusted.family and tested.p_value = adjusted.p_value
order by tested.label
"""
ADJUSTED = {1: 0.04, 2: 0.16 / 3, 3: 0.16 / 3, 4: 0.9, 5: 0.4, 6: 0.5}

# A chain out of order, a circle, a star, and a node with a link to itself.
LINKS = """
with {{ connected_components(
    "(values ('h', 'g'), ('f', 'g'), ('e', 'f'), ('e', 'd'), ('q', 'r'), ('r', 's'), ('s', 'q'), "
    ~ "('z', 'm'), ('m', 'y'), ('x', 'm'), ('k', 'k')) as links (one, other)", 'one', 'other') }}
select node, component from components order by node
"""
COMPONENTS = {**dict.fromkeys("defgh", "d"), **dict.fromkeys("qrs", "q"), **dict.fromkeys("mxyz", "m")}

# Null is a value of a key too. Two rows that share only a part of the key are not duplicates.
KEYS = """
with keys as (
    select * from (values
        ('a', 1), ('a', 2), ('b', 1), ('b', 1), ('b', 1), ('c', null), ('c', null), ('d', null), (null, 3), (null, 3)
    ) as listed (one, other)
)
{{ test_unique_combination('keys', ['one', 'other']) }}
"""
DOUBLES = {("b", 1), ("c", None), (None, 3)}
