"""Seeded defects: what a change can break is stopped before it is published, by what runs in production itself."""

import random
from collections.abc import Callable

import pytest
from promises import cases

from flows.runtime.configuration import ROOT
from rigs.defects.defects import DEFECTS
from rigs.defects.mutants_sql import sql_mutants
from rigs.defects.rig import Rig

LEAST_STOPPED = 0.95
Note = Callable[[str, object], None]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    return Rig(tmp_path_factory.mktemp("rig"))


@pytest.mark.full
def test_seeded_defects_are_not_published(rig: Rig, record_property: Note) -> None:
    chosen = DEFECTS if cases(6, len(DEFECTS)) == len(DEFECTS) else random.Random(8).sample(DEFECTS, cases(6, 0))
    stopped = {defect.name: rig.stopped_by(defect) for defect in chosen}
    missed = [name for name, what in stopped.items() if what is None]
    text = f"{len(chosen) - len(missed)} of {len(chosen)} stopped"
    record_property("seeded-defects", f"{text}; published all the same: {', '.join(missed)}" if missed else text)
    assert len(missed) <= (1 - LEAST_STOPPED) * len(chosen), missed


@pytest.mark.full
def test_mutants_of_the_counting_rules_are_noticed(rig: Rig, record_property: Note) -> None:
    mutants = sql_mutants()
    chosen = random.Random(7).sample(mutants, 100)[: cases(5, 100)]
    survivors: dict[str, list[str]] = {}
    for mutant in chosen:
        if rig.noticed_by(mutant) is None:
            survivors[mutant.name] = rig.changed_tables()
    killed, alike = len(chosen) - len(survivors), [name for name, changed in survivors.items() if not changed]
    text = f"{killed} of {len(chosen)} killed, drawn from {len(mutants)}"
    if survivors:
        text += (
            f"; {len(survivors)} live, {len(alike)} of them with the same tables in the demo: {', '.join(survivors)}"
        )
    record_property("mutants-sql", text)
    # What held when this was drawn, and no table differed where one lived: a change must not make it worse.
    assert len(survivors) <= cases(2, 15), survivors


def test_each_defect_changes_something_that_is_there() -> None:
    for defect in DEFECTS:
        assert defect.old in (ROOT / defect.file).read_text(encoding="utf-8"), defect.name
        assert defect.old != defect.new
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 60
