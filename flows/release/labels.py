"""Words in Dutch and English for every code that a release shows: reviewed rows of seeds/."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from flows.release.disclosure import KNOWN, STEP, Key
from flows.release.tables import CHAT

LANGUAGES = ("nl", "en")


class Labels:
    """The words of one language."""

    def __init__(self, language: str, words: Mapping[tuple[str, str], str]) -> None:
        self.language = language
        self._words = words

    def of(self, kind: str, code: str) -> str:
        """The word for a code.

        Raises:
            KeyError: no row has it.
        """
        return self._words[kind, code]

    def codes(self, kind: str) -> list[str]:
        """The codes of a kind, in the order of their rows."""
        return [code for of, code in self._words if of == kind]

    def category(self, variable: str, category: str) -> str:
        """The label of a category of a variable."""
        return self._words[f"category {variable}", category]

    def order(self, variable: str, wanted: tuple[str, ...]) -> list[str]:
        """The categories of a variable in the order of its code list; `*` is all of them."""
        if wanted != ("*",):
            return list(wanted)
        return self.codes(f"category {variable}")

    def registry_population(self, population: str) -> str:
        """Whom a registry counts, with what its name says of sex and age."""
        return self._words.get(("registry population", population), population.replace("_", " "))

    def counted(self, source: str, population: str, variable: str, category: str) -> str:
        """Whom a count is of."""
        if source != CHAT:
            return self.registry_population(population)
        if category == KNOWN:
            return self.of("population", population)
        return f"{self.of('population', population)}: {self.category(variable, category)}"

    def figure(self, key: Key) -> str:
        """What a figure counts, in words that stand alone."""
        if key.variable == STEP:
            return self.category(STEP, key.category)
        if key.category == KNOWN:
            return self.of("population", key.population)
        what = f"{self.of('variable', key.variable)}: {self.category(key.variable, key.category)}"
        return f"{what} ({self.of('population', key.population)})"

    def month(self, day: date) -> str:
        """A month with its year: maart 2020."""
        return format_date(day, "LLLL y", locale=self.language)

    def period(self, period_type: str, start: date, end: date) -> str:
        """A period in words: 2020, maart 2020, januari tot en met september 2020."""
        if period_type == "year":
            return str(start.year)
        if period_type == "month":
            return self.month(start)
        first = format_date(start, "LLLL", locale=self.language)
        return f"{first} {self.of('word', 'until')} {self.month(end)}"

    def count(self, n: float) -> str:
        """A whole number as people write it: 1.372 or 1,372."""
        return format_decimal(n, format="#,##0", locale=self.language)

    def share(self, share: float) -> str:
        """A share as a percentage with one decimal: 91,2%."""
        return format_percent(share, format="0.0%", locale=self.language)


def load_labels(seeds: Path, language: str) -> Labels:
    """Read the words of a language (nl or en)."""

    def rows(name: str) -> list[dict[str, str]]:
        with (seeds / f"{name}.csv").open(encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    label = f"label_{language}"
    words = {(row["kind"], row["code"]): row[label] for row in rows("labels")}
    for row in [*rows("codebook"), *rows("derived_categories")]:
        if row["category"]:
            words[f"category {row['variable']}", row["category"]] = row[label]
    words |= {("category step", code): text for (kind, code), text in words.items() if kind == "step"}
    words |= {("category age", code): text for (kind, code), text in words.items() if kind == "statistic"}
    words |= {("population", row["population"]): row[label] for row in rows("populations")}
    words |= {
        ("registry population", row["category"]): row[label]
        for row in rows("harmonised_categories")
        if row["dimension"] == "population"
    }
    return Labels(language, words)
