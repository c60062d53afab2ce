"""The conditions that the verdicts on the whole corpus must meet."""

from collections import Counter
from collections.abc import Collection, Sequence

from rigs.corpus.verdict import Verdict

LEAST = 1000  # workbooks
UNATTENDED = 0.9  # the least share of the benign workbooks

# (name of the gate, what was found, whether it holds)
Gate = tuple[str, str, bool]


def gates(verdicts: Sequence[Verdict], mutations: Collection[str]) -> list[Gate]:
    """Return the gates with their results.

    A workbook is benign if nobody has to be asked about it: the reader is expected to read it.

    Args:
        verdicts: The verdicts on the whole corpus.
        mutations: The names of all mutations.

    Returns:
        Triples (name of the gate, what was found, whether it holds).
    """
    unmade = set(mutations).difference(*(verdict.mutations for verdict in verdicts))
    silent = sum(bool(verdict.silent) for verdict in verdicts)
    benign = [verdict for verdict in verdicts if verdict.foreseen != "stop"]
    unattended = sum(verdict.got != "stop" and not verdict.silent for verdict in benign)
    unplaced = sum(not verdict.is_placed for verdict in verdicts)
    surprises = sum(bool(verdict.surprise) for verdict in verdicts)
    return [
        (f"at least {LEAST} workbooks", str(len(verdicts)), len(verdicts) >= LEAST),
        ("every mutation was made", f"{len(unmade)} were not", not unmade),
        ("no wrong or lost figure in silence", str(silent), silent == 0),
        (
            f"at least {UNATTENDED:.0%} of the benign read unattended",
            f"{unattended} of {len(benign)}",
            unattended >= UNATTENDED * len(benign),
        ),
        ("every refusal names sheet and cell, or the file", f"{unplaced} do not", unplaced == 0),
        ("every verdict is as foreseen", f"{surprises} are not", surprises == 0),
    ]


def by_group(verdicts: Sequence[Verdict]) -> list[tuple[str, ...]]:
    """Return one row a group: group, workbooks, read, read with findings, stopped, silent."""
    groups = Counter(verdict.group for verdict in verdicts)
    got = Counter((verdict.group, verdict.got) for verdict in verdicts)
    silent = Counter(verdict.group for verdict in verdicts if verdict.silent)
    outcomes = ("read", "read with findings", "stop")
    return [
        (group, str(n), *(str(got[group, outcome]) for outcome in outcomes), str(silent[group]))
        for group, n in groups.items()
    ]
