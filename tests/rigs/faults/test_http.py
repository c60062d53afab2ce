"""Platforms and files under fire: nothing half is accepted, nothing is lost or double once they are mended."""

from pathlib import Path

import pytest
from promises import cases

from rigs.faults.verdict import draw, judge

FEW = 20  # cases in every run
CASES = [n if n < FEW else pytest.param(n, marks=pytest.mark.full) for n in range(cases(100, 200))]


@pytest.mark.parametrize("number", CASES)
def test_a_source_under_fire_gives_the_truth_or_nothing(number: int, tmp_path: Path) -> None:
    verdict = judge(draw(number), tmp_path)
    assert verdict.is_good, verdict


def test_faults_of_every_family_are_drawn() -> None:
    """Also by the few cases that run every time."""
    drawn = {fault.name.split()[0] for number in range(FEW) for page in draw(number).faults.values() for fault in page}
    kinds = ["cut", "length", "status", "drip", "silent", "redirect", "no", "cursor", "listing:", "drift:", "clock:"]
    assert drawn >= {*kinds, "too"}
