"""The report's figures recomputed on the demo, and the totals of the registries side by side."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from homes import run_folder

from flows.runtime.configuration import SEEDS, Configuration

VERDICTS = "select id, verdict from marts.reconciliation"
GENDER_OF_VISITORS_IN_2020 = {"F049", "F050", "F088", "F142", "F143"}


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_printed_figure_has_a_verdict_and_none_differs(demo_warehouse: Any) -> None:
    verdicts = dict(demo_warehouse.rows(VERDICTS))
    assert sorted(verdicts) == [f"F{number:03}" for number in range(1, 227)]
    found = Counter(verdicts.values())
    assert (found["different"], found["equal"] >= 200, found["explained"] > 0) == (0, True, True)
    # Where the report contradicts itself the reason names both figures.
    rows = demo_warehouse.rows(
        "select published, expected_instead, reason, reason_nl from marts.reconciliation "
        "where verdict = 'explained' or expected_instead is not null"
    )
    assert len(rows) >= 4
    for published, instead, english, dutch in rows:
        for figure in (f"{published:g}", f"{instead:g}"):
            assert figure in english and figure.replace(".", ",") in dutch
    # On the demo only what no source tells is not computable.
    rows = demo_warehouse.rows("select id, reason, reason_nl from marts.reconciliation where computed is null")
    assert {row[0] for row in rows} == {row["id"] for row in seed("published_figures") if not row["operation"]}
    assert all(english and dutch for _, english, dutch in rows)


def correct_one_gender(path: Path) -> None:
    """The researchers save a coding file again in which one woman of 2020 has become a man."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    woman = next(row for row in reversed(rows) if (row["mensenhandel"], row["geslacht"]) == ("1", "1"))
    woman["geslacht"] = "2"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(woman), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.full
def test_one_changed_coding_changes_the_verdicts_that_ask_for_it_and_no_others(
    demo_warehouse: Any, demo_copy: Configuration
) -> None:
    folder = demo_copy.file.parent
    correct_one_gender(folder / "inbox" / "coding" / "FICTITIOUS-deel3.csv")
    before = dict(demo_warehouse.rows(VERDICTS))
    after = dict(run_folder(folder).rows(VERDICTS))
    different = {id for id, verdict in after.items() if verdict == "different"}
    asked = {
        row["id"] for row in seed("published_queries") if row["variable"] == "gender" and "2020" in row["period_end"]
    }
    assert GENDER_OF_VISITORS_IN_2020 <= different <= asked
    assert {**after, **dict.fromkeys(different, "equal")} == before


# --- Totals of the registries --------------------------------------------------------------------------------------

TOTALS = "select reference_year, publisher, other_publisher, value, other_value from marts.totals_compared"


def test_totals_of_one_year_stand_side_by_side_and_their_differences_have_reasons(demo_warehouse: Any) -> None:
    for year, comensha, others in ((2019, 1372, 1334), (2020, 1013, 984)):
        assert set(demo_warehouse.rows(f"{TOTALS} where reference_year = {year}")) == {
            (year, "comensha", "rapporteur", comensha, others),
            (year, "UNODC", "rapporteur", others, others),
            (year, "UNODC", "comensha", others, comensha),
        }
    rows = demo_warehouse.rows("select difference, reason_nl, reason_en from marts.totals_compared")
    assert any(difference for difference, _, _ in rows) and not all(difference for difference, _, _ in rows)
    for difference, dutch, english in rows:
        assert (bool(dutch), bool(english)) == (difference != 0, difference != 0)
        assert english != "Not explained by the publishers."
    # A revision between editions is a reason.
    [(edition, reason)] = demo_warehouse.rows(
        "select other_edition, reason_en from marts.totals_compared where reference_year = 2014"
    )
    assert edition == "slachtoffermonitor 2014-2018"
    assert "Slachtoffermonitor 2013-2017" in reason and "2014-2018 revised it" in reason


def test_only_totals_of_victims_are_compared_and_parts_fewer_than_5_stand_beside_them(demo_warehouse: Any) -> None:
    notified = demo_warehouse.rows("select distinct reference_year from marts.figures where unit = 'notification'")
    compared = demo_warehouse.rows("select reference_year from marts.totals_compared")
    assert notified and not set(notified) & set(compared)
    of_2020 = "publisher = 'UNODC' and reference_year = 2020"
    parts = "select distinct value_low, value_high, value from marts.figures where population = 'detected_victims'"
    assert demo_warehouse.rows(f"{parts} and variable = 'form' and {of_2020}") == [(0, 4, None)]
    assert set(demo_warehouse.rows(f"select value from marts.totals_compared where {of_2020}")) == {(984,)}
