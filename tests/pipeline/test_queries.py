"""Every query of docs/queries.md answers its question on the demo."""

import re
from typing import Any

import pytest

from flows.runtime.configuration import ROOT
from flows.warehouse import query

PAGE = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^\*\*(\d+)\. .*?^```sql\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("number", "sql"), QUERIES, ids=[number for number, _ in QUERIES])
def test_a_query_answers(demo_warehouse: Any, number: str, sql: str) -> None:
    assert query.answer(demo_warehouse.folder / "var" / "warehouse.duckdb", sql).rows


def test_the_answers_are_those_of_the_report(demo_warehouse: Any) -> None:
    assert [int(number) for number, _ in QUERIES] == list(range(1, len(QUERIES) + 1))
    answers = {number: demo_warehouse.rows(sql.strip().rstrip(";")) for number, sql in QUERIES}
    assert answers["1"] == [(2019, 295), (2020, 283)]
    assert dict(answers["2"]) == {"flagged": 364, "duplicate": 42, "not_related": 39, "uncoded": 0, "visitor": 283}
    assert answers["3"][-1][1:3] == (129, 217)
    assert (sum(row[2] for row in answers["11"]), {row[3] for row in answers["11"]}) == (116, {116})
