"""Words in Dutch and English for every code that a release shows: reviewed rows of seeds/."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from flows.release.disclosure.protect import KNOWN, STEP, Key
from flows.release.specs import CHAT

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

    def text(self, key: str, **facts: str | int) -> str:
        """A text of seeds/release_texts.csv with its facts filled in."""
        return self.of("text", key).format(**facts)

    def note(self, table: str) -> str:
        """What to know of a table, blank where there is nothing."""
        return self._words.get(("text", f"note.{table}"), "")

    def entries(self, section: str) -> list[tuple[str, str]]:
        """(key, title) of the titled texts of a section, in their order."""
        return [
            (key, words)
            for (kind, key), words in self._words.items()
            if kind == "title" and words and key.startswith(f"{section}.")
        ]

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

    def registry_category(self, variable: str, category: str) -> str:
        """A category of a registry as printed, in this language where the crosswalk knows it."""
        return self._words.get((f"registry {variable}", category), category)

    def registry(self, unit: str, population: str, variable: str, what: str) -> str:
        """Whom a figure of a registry counts, `what` being the words of its category."""
        is_everyone = population == "all"
        who = self.of("unit", unit).capitalize() if is_everyone else self.registry_population(population)
        return who if variable == "total" else f"{who}: {what}"

    def estimate(self, pair: str) -> str | None:
        """What is estimated, of a pair of seeds/coverage_pairs.csv; None where it has a registered total."""
        return self._words.get(("estimate", pair))

    def counted(self, source: str, unit: str, population: str, variable: str, category: str) -> str:
        """Whom a count is of."""
        if variable == STEP:
            return self.category(STEP, category)
        if source != CHAT:
            return self.registry(unit, population, variable, self.registry_category(variable, category))
        if category == KNOWN:
            return self.of("population", population)
        return f"{self.of('population', population)}: {self.category(variable, category)}"

    def figure(self, key: Key) -> str:
        """What a figure counts, in words that stand alone."""
        if key.variable == STEP or key.category == KNOWN:
            return self.counted(key.source, key.unit, key.population, key.variable, key.category)
        what = f"{self.of('variable', key.variable)}: {self.category(key.variable, key.category)}"
        return f"{what} ({self.of('population', key.population)})"

    def month(self, day: date) -> str:
        """A month with its year: maart 2020."""
        return format_date(day, "LLLL y", locale=self.language)

    def period(self, period_type: str, start: date, end: date) -> str:
        """A period in words: 2020, maart 2020, januari–september 2020."""
        if period_type == "year":
            return str(start.year)
        if period_type == "month":
            return self.month(start)
        return f"{format_date(start, 'LLLL', locale=self.language)}–{self.month(end)}"

    def day(self, day: date) -> str:
        """A day: 31 december 2020."""
        return format_date(day, "d MMMM y", locale=self.language)

    def count(self, n: float) -> str:
        """A whole number as people write it: 1.372 or 1,372, with a true minus."""
        return format_decimal(n, format="#,##0", locale=self.language).replace("-", "−")

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
    for row in rows("release_texts"):
        words |= {("title", row["key"]): row[f"title_{language}"], ("text", row["key"]): row[f"text_{language}"]}
    for row in [*rows("codebook"), *rows("derived_categories")]:
        if row["category"]:
            words[f"category {row['variable']}", row["category"]] = row[label]
    words |= {("category step", code): text for (kind, code), text in words.items() if kind == "step"}
    words |= {("category age", code): text for (kind, code), text in words.items() if kind == "statistic"}
    words |= {("population", row["population"]): row[label] for row in rows("populations")}
    estimates = {row["estimate"]: row[label] for row in rows("estimates")}
    words |= {
        ("estimate", row["pair"]): estimates[row["estimate"]] for row in rows("coverage_pairs") if row["estimate"]
    }
    harmonised = {(row["dimension"], row["category"]): row[label] for row in rows("harmonised_categories")}
    words |= {("registry population", code): text for (kind, code), text in harmonised.items() if kind == "population"}
    for row in rows("crosswalk"):
        # Registries break down by age_group what the harmonised list calls age.
        dimension = "age" if row["dimension"] == "age_group" else row["dimension"]
        if row["source"] != CHAT and (dimension, row["category"]) in harmonised:
            words[f"registry {row['dimension']}", row["source_label"]] = harmonised[dimension, row["category"]]
    return Labels(language, words)
