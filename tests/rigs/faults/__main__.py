"""Draw 200 cases, read each with its faults, and print the figures: `python -m rigs.faults` in the folder tests."""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import track

from rigs.faults.verdict import draw, judge

CASES = 200


def main() -> int:
    started = time.monotonic()
    console = Console(stderr=True)
    verdicts = []
    for number in track(range(CASES), "Reading", console=console, transient=True):
        with tempfile.TemporaryDirectory() as folder:
            verdicts.append(judge(draw(number), Path(folder)))
    for verdict in verdicts:
        if not verdict.is_good:
            print(verdict)
    print(
        f"{len(verdicts)} cases with {sum(v.faults for v in verdicts)} faults in {time.monotonic() - started:.0f} s: "
        f"{sum(v.is_accepted for v in verdicts)} read at once, {sum(v.truncations for v in verdicts)} accepted "
        f"truncations, {sum(v.lost for v in verdicts)} lost, {sum(v.double for v in verdicts)} double, "
        f"{sum(v.invented for v in verdicts)} invented, at most {max(v.requests for v in verdicts)} requests a page, "
        f"at most {max(v.over_deadline for v in verdicts):.2f} s over the deadline, "
        f"{sum(len(v.secrets) for v in verdicts)} secrets shown"
    )
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
