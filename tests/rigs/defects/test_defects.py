"""Seeded defects: what a change can break is stopped before it is published, by what runs in production itself."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from promises import cases

from rigs.defects.defects import DEFECTS
from rigs.defects.rig import Rig

LEAST_STOPPED = 0.95


@pytest.mark.full
def test_seeded_defects_are_not_published(
    tmp_path: Path, take_in: Callable[[Path], object], record_property: Callable[[str, object], None]
) -> None:
    rig = Rig(tmp_path, take_in)
    chosen = DEFECTS if cases(6, len(DEFECTS)) == len(DEFECTS) else random.Random(8).sample(DEFECTS, cases(6, 0))
    stopped = {defect.name: rig.stopped_by(defect) for defect in chosen}
    missed = [name for name, what in stopped.items() if what is None]
    text = f"{len(chosen) - len(missed)} of {len(chosen)} stopped"
    record_property("seeded-defects", f"{text}; published all the same: {', '.join(missed)}" if missed else text)
    assert len(missed) <= (1 - LEAST_STOPPED) * len(chosen), missed


def test_each_defect_changes_something_that_is_there() -> None:
    from flows.runtime.configuration import ROOT

    for defect in DEFECTS:
        assert defect.old in (ROOT / defect.file).read_text(encoding="utf-8"), defect.name
        assert defect.old != defect.new
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 60
