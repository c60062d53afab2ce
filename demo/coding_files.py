"""Write the researchers' codings as an SPSS file, a workbook or a CSV file. Each has its own ways to write a cell."""

import random
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from demo.vocabulary import seed
from demo.world import Coding

BASE_COLUMNS = ("gesprek_id", "gecodeerd_op", "mensenhandel", "dubbel_van")
USER_MISSING = (9, 99)
MARK = "FICTITIOUS"
FILE_LABEL = f"{MARK} demo: no person in it exists"
# In the header of an SPSS file, the date of creation follows 4 bytes of type, 60 bytes of product, five integers and a
# double. A fixed date gives the same bytes each time.
CREATED_AT = (92, b"01 Jan 2100:00:00")
CREATED = datetime(2021, 1, 1)


def columns() -> list[str]:
    """Return the names of the columns of a coding file: the base columns, then those of the codebook in its order."""
    return [*BASE_COLUMNS, *dict.fromkeys(row["column"] for row in seed("codebook"))]


def _kinds() -> dict[str, str]:
    return {row["column"]: row["kind"] for row in seed("codebook")}


def _labels() -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for row in seed("codebook"):
        if row["code"]:
            labels.setdefault(row["column"], {})[row["code"]] = row["label_nl"]
    return labels


def write_spss(path: Path, codings: Sequence[Coding]) -> None:
    """Write codings as an SPSS file, with codes and value labels.

    A value that is not known is empty or a user-missing code.

    Args:
        path: The path of the .sav file.
        codings: The rows.
    """
    import pandas  # type: ignore[import-untyped]
    import pyreadstat

    rng = random.Random(path.name)
    kinds, labels = _kinds(), _labels()
    numeric = [name for name in columns() if name == "mensenhandel" or kinds.get(name, "month") != "month"]
    table: dict[str, list[object]] = {name: [] for name in columns()}
    for coding in codings:
        for name in columns():
            value = coding.get(name)
            if name in numeric:
                missing = None if name not in labels or rng.random() < 0.5 else rng.choice(USER_MISSING)
                table[name].append(missing if value is None else float(str(value)))
            else:
                table[name].append("" if value is None else value)
    pyreadstat.write_sav(
        pandas.DataFrame(table),
        path,
        file_label=FILE_LABEL,
        variable_value_labels={name: {int(code): text for code, text in of.items()} for name, of in labels.items()},
        missing_ranges={name: list(USER_MISSING) for name in labels},
    )
    place, text = CREATED_AT
    content = bytearray(path.read_bytes())
    content[place : place + len(text)] = text
    path.write_bytes(content)


def write_workbook(path: Path, codings: Sequence[Coding]) -> None:
    """Write codings as a workbook. Codes and labels are mixed, as people type them. Dates are dates.

    Args:
        path: The path of the .xlsx file.
        codings: The rows.
    """
    import xlsxwriter

    rng = random.Random(path.name)
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": CREATED, "comments": FILE_LABEL})
        sheet = workbook.add_worksheet(f"{MARK} codering")
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, columns())
        for row, coding in enumerate(codings, start=1):
            for column, cell in enumerate(_typed(coding, rng)):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), day)
                elif cell.isdigit():
                    sheet.write_number(row, column, int(cell))
                elif cell:
                    sheet.write_string(row, column, cell)


def write_csv(path: Path, codings: Sequence[Coding]) -> None:
    """Write codings as a CSV file. Codes and labels are mixed, as people type them. Dates are text.

    Args:
        path: The path of the .csv file.
        codings: The rows.
    """
    import pandas

    rng = random.Random(path.name)
    frame = pandas.DataFrame([_typed(coding, rng) for coding in codings], columns=columns())
    frame.to_csv(path, sep=";", index=False, lineterminator="\r\n")


def _typed(coding: Coding, rng: random.Random) -> list[str | date]:
    kinds, labels = _kinds(), _labels()
    cells: list[str | date] = []
    for name in columns():
        value = coding.get(name)
        if isinstance(value, date):
            cells.append(value)
        elif value is None:
            empty = ("0", "0", "", "nee") if kinds.get(name) == "multiple" else ("", "", "onbekend")
            cells.append(rng.choice(empty) if name in labels else "")
        elif name not in labels:
            cells.append(str(value))
        else:
            label = labels[name].get(str(value), str(value))  # a mistake has no label
            cells.append(rng.choice((str(value), str(value), label, label.upper(), f" {label} ")))
    return cells
