"""Protection against disclosure: pure functions from true counts to counts that may be shown."""

BASE = 5


def protect_count(n: int, base: int = BASE) -> int:
    """The nearest multiple of `base`, halves up, always from the true count."""
    return (2 * n + base) // (2 * base) * base


def protect_share(n: int, n_known: int) -> float | None:
    """A share from protected counts only, in thousandths, halves up; None where nothing is left to divide by."""
    if n_known == 0:
        return None
    return (2000 * n + n_known) // (2 * n_known) / 1000
