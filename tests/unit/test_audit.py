"""The adversary finds what enumeration finds, and finds nothing in what is protected."""

from collections.abc import Callable
from itertools import product

import pytest
from promises import cases
from release_worlds import CODES, POLICY, random_year
from test_protect import check_world

from flows.release.disclosure.audit import Contradiction, attack
from flows.release.disclosure.constraints import EVERYONE, Fact, Printed, read
from flows.release.disclosure.protect import Count, Figure, protect, round_half_up

YEAR = range(1, 13)
ONLINE: Fact = frozenset({("meeting", "online")})
OFFLINE: Fact = frozenset({("meeting", "offline")})
KNOWN: Fact = frozenset({("meeting", "known")})


def printed(fact: Fact, n: int, base: int = 5, months: range = YEAR) -> Printed:
    """A count as plain rounding prints it, without more protection."""
    shown = round_half_up(n, base)
    return Printed(fact, 2020, months, max(0, shown - base // 2), shown + (base - 1) // 2, f"{sorted(fact)}")


def enumerated(cells: dict[Fact, Printed]) -> dict[Fact, tuple[int, int]]:
    """The interval of each count, by trying all whole numbers."""

    def fitting(fact: Fact) -> range:
        one = cells[fact]
        assert one.high is not None
        return range(one.low, one.high + 1)

    possible = [
        {ONLINE: online, OFFLINE: offline, KNOWN: online + offline, EVERYONE: everyone}
        for online, offline, everyone in product(*map(fitting, (ONLINE, OFFLINE, EVERYONE)))
        if online + offline in fitting(KNOWN) and everyone >= online + offline
    ]
    return {fact: (min(one[fact] for one in possible), max(one[fact] for one in possible)) for fact in cells}


@pytest.mark.parametrize("base", [1, 3, 5, 10])
def test_intervals_are_those_of_enumeration(base: int) -> None:
    finds = 0
    for online, offline, silent in product((0, 1, 2, 3, 4, 7, 12), (0, 2, 4, 8, 13), (0, 3)):
        known = online + offline
        counts = {ONLINE: online, OFFLINE: offline, KNOWN: known, EVERYONE: known + silent}
        cells = {fact: printed(fact, n, base) for fact, n in counts.items()}
        expected = {fact: ends for fact, ends in enumerated(cells).items() if ends[0] >= 1 and ends[1] <= 4}
        found = {find.fact: (find.low, find.high) for find in attack(CODES, cells.values())}
        assert found == expected, (base, counts)
        finds += len(found)
    assert finds > 0


def test_a_count_between_two_periods_is_found() -> None:
    cells = [printed(ONLINE, 12, 1, range(1, 10)), printed(ONLINE, 15, 1)]
    [find] = attack(CODES, cells)
    assert (find.months, find.low, find.high) == (range(10, 13), 3, 3)
    assert find.meets == ("[('meeting', 'online')]",)


def test_what_is_part_of_a_population_is_used() -> None:
    sexual: Fact = frozenset({("form_group", "sexual")})
    both = sexual | ONLINE
    cells = [printed(both, 3, 5), printed(ONLINE, 4, 1)]
    assert {find.fact: (find.low, find.high) for find in attack(CODES, cells)} == {both: (3, 4), ONLINE: (4, 4)}


def test_counts_that_contradict_each_other_are_no_safe_ones() -> None:
    with pytest.raises(Contradiction):
        attack(CODES, [printed(ONLINE, 30), printed(KNOWN, 10)])


def finds_in(counts: list[Count]) -> int:
    figures = protect(counts, POLICY, "2020-12", {}, fact_of=CODES.fact)
    return len(attack(CODES, read(CODES, POLICY, figures, is_small=True)))


def test_nothing_is_found_in_protected_small_worlds() -> None:
    assert [seed for seed in range(30) if finds_in(random_year(seed))] == []


@pytest.mark.full
def test_nothing_is_found_in_many_worlds_and_all_are_protected_alike(
    record_property: Callable[[str, object], None],
) -> None:
    years = cases(60, 2_100)
    for seed in range(60, 60 + years):
        check_world(seed)
        assert finds_in(random_year(seed)) == 0, seed
    record_property("attack", f"nothing found in {years:,} random years of visitors")


def test_plain_rounding_would_give_small_counts_away() -> None:
    def plain(one: Count) -> Figure:
        base = POLICY[one.key.period_type].base
        known = None if one.n_known is None else round_half_up(one.n_known, base)
        return Figure(one.key, round_half_up(one.n, base), known, None, "rounded", "2020-12")

    worlds = [[plain(count) for count in random_year(seed, size=20)] for seed in range(4)]
    assert sum(bool(attack(CODES, read(CODES, POLICY, world, is_small=True))) for world in worlds) >= 2
