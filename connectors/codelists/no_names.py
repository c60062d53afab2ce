"""Read the names that platforms give to visitors without a name, such as `Anoniem` and `Bezoeker 12`."""

import csv
import re
from pathlib import Path

from connectors.formats.folding import folded

NAMES_NOBODY = re.compile("(?!)")  # matches no name


def load_no_names(path: Path) -> re.Pattern[str]:
    """Return a pattern that matches a whole folded name if the name names nobody.

    Args:
        path: The seed. In its column `name`, `*` is any text.

    Example:
        With the row `Bezoeker *`, the pattern matches all of `bezoeker 12`.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        names = [folded(row["name"]) for row in csv.DictReader(lines)]
    return re.compile("|".join(re.escape(name).replace(r"\*", ".*") for name in names), re.DOTALL)
