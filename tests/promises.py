"""How far the rigs go: a share of their cases in `make test-full`, all of them in `make promises`."""

import os


def cases(full: int, promises: int) -> int:
    """The number of cases to try in this run."""
    return promises if os.environ.get("ZICHT_PROMISES") == "1" else full
