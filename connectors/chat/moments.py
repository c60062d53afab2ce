"""Read the moments of a block of conversations: RFC 3339, or the local time that a platform writes."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from connectors.source import Source

MOMENT = pa.timestamp("us", tz="UTC")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before it there were no chat platforms
AHEAD = timedelta(days=2)  # a platform's clock may be ahead of ours by this much
# Of Arrow's proleptic years, those that Python's dates can hold.
PYTHON_YEARS = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))

LEAP_YEAR = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
DAY = (
    "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{LEAP_YEAR}-02-29)"
)
LOCAL = rf"^{DAY}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{{1,6}})?"
LEAP_SECOND = "(:[0-9]{2}):60([.][0-9]+)?(Z|z|[+-]|$)"
RFC3339 = rf"{LOCAL}(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"


def read_moments(texts: pa.StringArray, source: Source) -> pa.TimestampArray:
    """Return the moments that some texts state, in UTC. A text that states none is null.

    A leap second (`:60`) is the start of the next second. Fractions beyond microseconds are cut off.

    Args:
        texts: Trimmed texts, or nulls.
        source: The configured source. Its `date_format` and `timezone` read texts that are no RFC 3339.
    """
    is_usual = matches(texts, RFC3339)
    if pc.all(pc.or_(is_usual, pc.is_null(texts)), min_count=0).as_py():
        moments = texts.cast(MOMENT)
        return _only(moments, is_within(moments, *PYTHON_YEARS))
    is_leap = matches(texts, LEAP_SECOND)
    texts = pc.if_else(is_leap, pc.replace_substring_regex(texts, LEAP_SECOND, r"\1:59\3"), texts)
    exact = pc.replace_substring_regex(pc.utf8_upper(texts), "([.][0-9]{6})[0-9]+", r"\1")
    moments = _only(exact, matches(exact, RFC3339)).cast(MOMENT)
    if source.date_format == "epoch":
        seconds = _only(texts, matches(texts, "^[0-9]{1,11}$")).cast(pa.int64())
        moments = pc.coalesce(moments, seconds.cast(pa.timestamp("s", tz="UTC")).cast(MOMENT))
    elif source.timezone:
        moments = pc.coalesce(moments, _local(texts, source.timezone, source.date_format))
    moments = pc.if_else(is_leap, pc.add(moments, pa.scalar(timedelta(seconds=1))), moments)
    return _only(moments, is_within(moments, *PYTHON_YEARS))


def is_within(moments: pa.TimestampArray, first: datetime, last: datetime) -> pa.BooleanArray:
    """Return whether each moment lies between two moments, both included. A null does not."""
    is_in = pc.and_(
        pc.greater_equal(moments, pa.scalar(first, MOMENT)), pc.less_equal(moments, pa.scalar(last, MOMENT))
    )
    return pc.fill_null(is_in, False)


def matches(texts: pa.StringArray, pattern: str) -> pa.BooleanArray:
    """Return whether each text matches a pattern. A null does not."""
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False)


def _local(texts: pa.StringArray, timezone: str, date_format: str | None) -> pa.TimestampArray:
    """Return the moments of wall-clock times. A time that the clock shows twice is the first of the two."""
    if date_format:
        local = pc.strptime(texts, format=date_format, unit="s", error_is_null=True)
        # strptime takes 31 April for 1 May.
        again, given = (
            pc.replace_substring_regex(pc.utf8_lower(written), r"\b0+([0-9])", r"\1")
            for written in (pc.strftime(local, format=date_format), texts)
        )
        local = _only(local, pc.fill_null(pc.equal(again, given), False))
    else:
        local = _only(texts, matches(texts, f"{LOCAL}$"))
    local = local.cast(pa.timestamp("us"))
    return pc.assume_timezone(local, timezone, ambiguous="earliest", nonexistent="earliest").cast(MOMENT)


def _only(values: pa.Array, keep: pa.BooleanArray) -> pa.Array:
    return pc.if_else(keep, values, pa.scalar(None, values.type))
