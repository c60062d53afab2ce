"""A platform whose deliveries are as always is rarely reported as unlike before; one that loses much is, and soon."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from connectors.gate import unlike_before
from connectors.storage.receipts import Receipt

START = datetime(2023, 1, 1, tzinfo=UTC)
YEARS, CHANGE = 3, 800  # the day from which deliveries are made wrong
Fault = Callable[[int, int], int]  # of a day and the conversations that started on it
A_RECEIPT = Receipt(1, "fier", "chat", "a.csv", "a", "a", "", "", {}, 0)


def conversations(rng: np.random.Generator, rate: float) -> Iterator[int]:
    """Yield how many conversations start on each day, with seasons, weekends, holidays, growth and chance."""
    season, phase, growth, weekend = rng.uniform((0, 0, -0.1, 0.4), (0.2, 365, 0.25, 1))
    spread = rng.uniform(0.05, 0.25) ** 2
    for number in range(365 * YEARS):
        day = START + timedelta(days=number)
        expected = rate * (1 + season * np.sin((number + phase) / 365 * 2 * np.pi)) * (1 + growth) ** (number / 365)
        expected *= weekend if day.weekday() > 4 else 1
        if f"{day:%m-%d}" >= "12-22" or f"{day:%m-%d}" <= "01-02":
            expected *= 0.6
        elif f"{day:%m}" in ("07", "08"):
            expected *= 0.85
        yield int(rng.poisson(expected * rng.gamma(1 / spread, spread)))


def receipts(seed: int, rate: float, days: int, fault: Fault = lambda day, n: n) -> Iterator[Receipt]:
    """Yield the receipts of a platform that delivers about every so many days; some nights are missed."""
    rng, chance = np.random.default_rng(seed), random.Random(seed)
    counts = [fault(day, n) for day, n in enumerate(conversations(rng, rate))]
    first = 0
    while first < len(counts):
        end = first + (chance.randint(2, 7) if days == 1 and chance.random() < 0.02 else days)
        if started := [day for day in range(first, min(end, len(counts))) if counts[day]]:
            came = START + timedelta(days=end + (0 if days == 1 else chance.randint(0, 7)))
            newest = START + timedelta(days=started[-1], hours=12)
            newer = sum(counts[day] for day in started)
            yield replace(A_RECEIPT, received_at=came.isoformat(), newest=newest.isoformat(), newer=newer)
        first = end


def warnings(source: list[Receipt]) -> list[datetime]:
    """Return when a warning began. While it lasts, nobody is alerted again."""
    lasts, found = False, []
    for number, receipt in enumerate(source, start=1):
        is_unlike = bool(unlike_before(source[max(0, number - 120) : number]))
        if is_unlike and not lasts:
            found.append(datetime.fromisoformat(receipt.received_at))
        lasts = is_unlike
    return found


@pytest.mark.parametrize(
    ("rate", "days"), [(0.3, 1), (8, 1), (60, 1), (1000, 1), (8, 7), (1000, 7), (8, 30), (150, 30)]
)
def test_a_platform_as_always_gets_at_most_two_warnings_a_year(rate: float, days: int) -> None:
    drawn = [len(warnings(list(receipts(seed, rate, days)))) for seed in range(4)]
    assert sum(drawn) <= 2 * YEARS * len(drawn), drawn


@pytest.mark.parametrize(
    ("days", "fault"),
    [
        (1, lambda day, n: n // 3 if day >= CHANGE else n),
        (1, lambda day, n: 3 * n if day >= CHANGE else n),
        (1, lambda day, n: 0 if CHANGE <= day < CHANGE + 7 else n),
        (7, lambda day, n: n // 3 if day >= CHANGE else n),
        (30, lambda day, n: n // 3 if day >= CHANGE else n),
        (30, lambda day, n: 0 if day >= CHANGE and day % 30 >= 8 else n),
    ],
    ids=["a third", "three times", "a week without", "a third, weekly", "a third, monthly", "one week of the month"],
)
def test_a_platform_that_loses_or_repeats_much_is_reported(days: int, fault: Fault) -> None:
    soon = range(CHANGE, CHANGE + max(21, 3 * days))
    for seed in range(4):
        began = [(moment - START).days for moment in warnings(list(receipts(seed, 60, days, fault)))]
        assert any(day in soon for day in began), (seed, began)
