"""Check that the value labels of an SPSS file agree with the codebook.

SPSS keeps numbers and what they mean apart. A file in which 1 means `Nee` would be read by its numbers, so that every
answer meant its opposite. Such a file is refused.
"""

import re
from collections.abc import Mapping
from typing import Any

from connectors.codelists.codebook import YES_OR_NO, Codebook, Column, text_of
from connectors.codelists.layouts import fold
from connectors.errors import SourceProblem, printable

NO_MARK = re.compile(r"(nee|no|niet|geen|not)\b.*")  # the labels of 0 in a column of several answers


def check_labels(
    where: str, labels: Mapping[str, Mapping[Any, str]], names: Mapping[str, str], codebook: Codebook
) -> None:
    """Raise a problem if a label contradicts the codebook.

    Args:
        where: The name of the file in an error message.
        labels: The labels of each variable, by value.
        names: The names of the codebook's columns, by their folded names in the file.
        codebook: The researchers' codebook. A label agrees if it is the Dutch or English label of that code.

    Raises:
        SourceProblem: If the label of a code is not the codebook's, or a number of years has a label.
    """
    columns = {**codebook.columns, "mensenhandel": YES_OR_NO}
    for variable, of_values in labels.items():
        column = columns.get(names.get(fold(variable), ""))
        if column is None:
            continue
        for value, label in of_values.items():
            problem = _problem(column, fold(text_of(value)), fold(str(label)))
            if problem:
                code = "of text" if isinstance(value, str) else text_of(value)
                raise SourceProblem(
                    f"{where}, variable {printable(variable, limit=40)}",
                    found=f"code {code} with {problem[0]}",
                    expected=problem[1],
                    do="Recode the variable in SPSS, or correct its value labels.",
                )


def _problem(column: Column, value: str, label: str) -> tuple[str, str] | None:
    """Return what is wrong with a folded label of a folded value, and what was expected, or None."""
    if not label or (column.is_missing(value) and column.kind == "number"):
        return None
    if column.kind == "number":
        return "a label, as if it were not a number of years", "labels of missing codes alone"
    meanings = _meanings(column)
    code = next((code for code, texts in meanings.items() if value == code or value in texts), None)
    given = [other for other, texts in meanings.items() if label in texts or label == other]
    if column.kind == "multiple" and NO_MARK.fullmatch(label):
        given.append("0")
    if given and code not in given:
        return f"the label that the codebook gives to code {given[0]}", "the codebook's codes"
    if given or code is None:
        return None
    return "a label that is not the codebook's", " or ".join(dict.fromkeys(meanings[code]))


def _meanings(column: Column) -> dict[str, list[str]]:
    """Return the folded labels of each code."""
    found: dict[str, list[str]] = {}
    for label, code in (*column.codes.items(), *column.english.items()):
        found.setdefault(code, []).extend([label] if label != code else [])
    if column.kind == "multiple":
        found.setdefault("0", []).extend(("nee", "no"))
        found.setdefault("1", []).extend(("ja", "yes"))
    return found
