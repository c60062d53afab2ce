"""Choose how many cases the rigs try: a share of them in `make test-full`, all of them in `make promises`."""

import os


def cases(full: int, promises: int) -> int:
    """Return the number of cases to try in this run."""
    return promises if os.environ.get("ZICHT_PROMISES") == "1" else full
