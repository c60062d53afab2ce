"""Read SPSS files as rows of cells, with dates as moments."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import SourceProblem
from connectors.source import SourceFile

CHUNK_ROWS = 5_000
DATE_FORMAT = re.compile(r"([AEJS]?DATE|DATETIME|YMDHMS)[\d.]*")  # the formats of days, with or without a time
MONTH_FORMAT = re.compile(r"MOYR[\d.]*")  # the format of months; quarters (QYR) and weeks (WKYR) are neither
FIRST_MOMENT = datetime(1582, 10, 14)


@dataclass(frozen=True)
class SpssFile:
    """One .sav file.

    Attributes:
        columns: The names of the variables.
        labels: The value labels of each variable that has some, by its name: a label by each value that is not
            user-missing.
        rows: The cells of each row. System-missing and user-missing values are both None. A day is a moment, and a
            month is a text such as `2020-03`.
    """

    columns: list[str]
    labels: Mapping[str, Mapping[Any, str]]
    rows: Iterator[list[Any]]


def read_spss(source: str, file: SourceFile) -> SpssFile:
    """Read the names and labels of an SPSS file. Its rows are read in chunks, when they are asked for.

    Raises:
        SourceProblem: If the file is not a whole SPSS file. The rows can raise it too.
    """
    _, meta = _read(source, file, metadataonly=True, user_missing=True)  # names the missing values
    formats = [meta.original_variable_types[name] for name in meta.column_names]
    read = {place: _moment for place, one in enumerate(formats) if DATE_FORMAT.fullmatch(one)}
    read |= {place: _month for place, one in enumerate(formats) if MONTH_FORMAT.fullmatch(one)}
    labels = {
        name: {value: label for value, label in of_values.items() if not _is_missing(value, meta, name)}
        for name, of_values in meta.variable_value_labels.items()
    }
    return SpssFile(list(meta.column_names), labels, _rows(source, file, read))


def _is_missing(value: Any, meta: Any, name: str) -> bool:
    ranges = meta.missing_ranges.get(name, ())
    return any(
        isinstance(one["lo"], str) == isinstance(value, str) and one["lo"] <= value <= one["hi"] for one in ranges
    )


def _rows(source: str, file: SourceFile, dates: Mapping[int, Callable[[Any], Any]]) -> Iterator[list[Any]]:
    offset = 0
    while True:  # a file may lack the number of its rows
        columns, _ = _read(
            source,
            file,
            row_offset=offset,
            row_limit=CHUNK_ROWS,
            output_format="dict",
            user_missing=False,
            disable_datetime_conversion=True,  # some numbers in date columns are not dates
        )
        chunk = [list(row) for row in zip(*columns.values(), strict=True)]
        for cells in chunk:
            for place, read in dates.items():
                cells[place] = read(cells[place])
            yield cells
        offset += len(chunk)
        if len(chunk) < CHUNK_ROWS:
            return


def _read(source: str, file: SourceFile, **options: Any) -> Any:
    # Imported only when a file needs it, like `ftfy`. Every command loads this module, but few read such files.
    import pyreadstat

    try:
        return pyreadstat.read_sav(file.path, **options)
    except (pyreadstat.ReadstatError, ValueError):
        raise SourceProblem(
            f"{source}: {file.name}",
            found="no readable SPSS file",
            expected="a whole .sav file",
            do="Save it again from SPSS and deliver it again.",
        ) from None


def _moment(seconds: Any) -> Any:
    """Return the moment that SPSS counts in seconds. Return any other value unchanged: it is rejected later."""
    try:
        return FIRST_MOMENT + timedelta(seconds=seconds)
    except (OverflowError, TypeError, ValueError):
        return seconds


def _month(seconds: Any) -> Any:
    moment = _moment(seconds)
    return f"{moment:%Y-%m}" if isinstance(moment, datetime) else moment
