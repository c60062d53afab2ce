"""The stored mutation scores; `make mutants` measures them."""

from collections.abc import Callable

from rigs.mutation.mutants import GOAL, modules, read_scores


def test_unit_tests_notice_most_mutants(record_property: Callable[[str, object], None]) -> None:
    scores = read_scores()
    mutants, killed = (sum(int(row[column]) for row in scores.values()) for column in ("mutants", "killed"))
    missing = len(set(modules()) - set(scores))
    text = f"{killed} of {mutants} killed in {len(scores)} modules ({killed / mutants:.0%})"
    record_property("mutants-python", f"{text}; {missing} modules not measured" if missing else text)
    assert killed >= GOAL * mutants
    assert set(scores) <= set(modules())
