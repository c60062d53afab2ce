"""Mutate the counting rules: small changes of the SQL that counts. The models' own tests should notice each of them.

sqlglot finds the words of the SQL. Only the text of one change is replaced, and Jinja stays as it is.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from sqlglot import TokenType, tokenize
from sqlglot.tokens import Token

from flows.runtime.configuration import ROOT
from rigs.defects.defects import Defect

FOLDERS = ("dbt_project/models/intermediate", "dbt_project/models/marts")
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
PAIRS = [("<", "<="), (">", ">="), ("inner", "left"), ("and", "or"), ("min", "max"), ("desc", "asc")]
SWAPPED = {word: swapped for one, other in PAIRS for word, swapped in ((one, other), (other, one))}
ENDS = {"where", "group", "having", "order", "qualify", "window", "limit", "union", "except", "intersect"}
ENDS |= {"left", "inner", "cross", "full", "join"}

Change = tuple[str, int, int, str]  # name, start and end of the replaced text, new text


def sql_mutants() -> list[Defect]:
    """Return all mutants of all counting rules, in order of file and place."""
    files = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.sql"))
    texts = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}
    return [mutant for file, text in texts.items() for mutant in mutants_of(file, text)]


def mutants_of(file: str, text: str) -> Iterator[Defect]:
    """Yield the mutants of one model, named after the place of the change. Each replaces the whole text."""
    for kind, start, end, new in sorted(set(_changes(_words(text))), key=lambda change: (change[1:3], change)):
        mutated = text[:start] + new + text[end:]
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        yield Defect(f"{file.rpartition('/')[2]}:{line}:{column} {kind}", file, text, mutated)


def _words(text: str) -> list[Token]:
    # A Jinja value becomes a name of the same length, a Jinja statement becomes blanks.
    masked = JINJA.sub(lambda found: ("j" if found[0][1] == "{" else " ") * len(found[0]), text)
    return tokenize(masked, read="duckdb")


def _changes(words: list[Token]) -> Iterator[Change]:
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else word
        kind, end = word.text.lower(), word.end + 1
        if word.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
            continue
        is_bound = kind == "and" and _closes_between(words, place)
        if kind in SWAPPED and not is_bound and not (kind in ("min", "max") and following.text != "("):
            yield f"{SWAPPED[kind]} for {kind}", word.start, end, SWAPPED[kind]
        elif kind == "=" and following.token_type is TokenType.NUMBER:
            yield "at least for equal", word.start, end, ">="
        elif kind == "distinct" and following.text.lower() != "from":
            yield "no distinct", word.start, following.start, ""
        # The other direction is not tried: rows have keys, and nearly everywhere no duplicates exist.
        elif kind == "union" and following.text.lower() != "all" and not _meets_a_later_union(words, place):
            yield "union all for union", word.start, end, "union all"
        if kind in ("where", "on", "having"):
            yield from _conditions(words, place)


def _meets_a_later_union(words: list[Token], place: int) -> bool:
    # The last union removes all duplicates: a change of an earlier one has no effect.
    depth = 0
    for word, following in pairwise(words[place + 1 :]):
        depth += (word.text == "(") - (word.text == ")")
        if depth < 0:
            return False
        if depth == 0 and word.text.lower() == "union" and following.text.lower() != "all":
            return True
    return False


def _closes_between(words: list[Token], place: int) -> bool:
    for word in reversed(words[:place]):
        if word.text.lower() == "between":
            return True
        if word.text.lower() in ("and", "or", "where", "on", "when"):
            return False
    return False


def _conditions(words: list[Token], place: int) -> Iterator[Change]:
    """Yield changes that replace a condition by true: each condition joined by `and`, or the whole clause if it has an
    `or`.
    """
    clause = list(_clause(words, place))
    depth, starts, any_may = 0, [0], False
    for number, word in enumerate(clause):
        kind = word.text.lower()
        depth += (kind in ("(", "case")) - (kind in (")", "end"))
        if depth == 0 and kind == "and" and not _closes_between(clause, number):
            starts.append(number + 1)
        any_may = any_may or (depth == 0 and kind == "or")
    starts = [0] if any_may else starts
    for start, end in zip(starts, [*(start - 1 for start in starts[1:]), len(clause)], strict=True):
        yield f"no {words[place].text.lower()}", clause[start].start, clause[end - 1].end + 1, "true"


def _clause(words: list[Token], place: int) -> Iterator[Token]:
    depth = 0
    for word in words[place + 1 :]:
        kind = word.text.lower()
        depth += (kind in ("(", "case")) - (kind in (")", "end"))
        if depth < 0 or (depth == 0 and kind.split()[0] in ENDS):
            return
        yield word
