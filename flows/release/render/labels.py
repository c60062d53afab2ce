"""Provide the Dutch and English words for every code that a release shows. They are reviewed rows of seeds/."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from flows.release.disclosure.protect import KNOWN, STEP
from flows.release.seeds import read_rows
from flows.release.specs import CHAT

LANGUAGES = ("nl", "en")


class Labels:
    """The words of one language."""

    def __init__(self, language: str, words: Mapping[tuple[str, str], str]) -> None:
        self.language = language
        self._words = words

    def of(self, kind: str, code: str) -> str:
        """Return the word for a code of a kind.

        Raises:
            KeyError: no row has the code.
        """
        return self._words[kind, code]

    def codes(self, kind: str) -> list[str]:
        """Return the codes of a kind, in the order of their rows."""
        return [code for of, code in self._words if of == kind]

    def text(self, key: str, **facts: str | int) -> str:
        """Return a text of seeds/release_texts.csv with the facts filled in."""
        return self.of("text", key).format(**facts)

    def note(self, table: str) -> str:
        """Return the note of a table, blank if it has none."""
        return self._words.get(("text", f"note.{table}"), "")

    def entries(self, section: str) -> list[tuple[str, str]]:
        """Return (key, title) of each text of a section that has a title, in the order of the rows."""
        return [
            (key, words)
            for (kind, key), words in self._words.items()
            if kind == "title" and words and key.startswith(f"{section}.")
        ]

    def category(self, variable: str, category: str) -> str:
        """Return the label of a category of a variable."""
        return self._words[f"category {variable}", category]

    def order(self, variable: str, wanted: tuple[str, ...]) -> list[str]:
        """Return the wanted categories as given. For ("*",) return all of the variable, in the code list's order."""
        if wanted != ("*",):
            return list(wanted)
        return self.codes(f"category {variable}")

    def registry(self, unit: str, population: str, variable: str, what: str) -> str:
        """Return whom a figure of a registry counts. `what` is its category in words."""
        # The label of a population can name sex and age. Without a label, its code says what it is.
        who = self._words.get(("registry population", population), population.replace("_", " "))
        who = self.of("unit", unit).capitalize() if population == "all" else who
        return who if variable == "total" else f"{who}: {what}"

    def estimate(self, pair: str) -> str | None:
        """Return the label of the estimate of a pair in seeds/coverage_pairs.csv, None if its total is registered."""
        return self._words.get(("estimate", pair))

    def counted(self, row: Any) -> str:
        """Describe in words what a published count counts.

        Args:
            row: Any row with `source` (the chat or a registry), `unit`, `population`, `variable` and `category`.

        Returns:
            The label of a funnel step, of a population, or of a population and one category of it.
        """
        if row.variable == STEP:
            return self.category(STEP, row.category)
        if row.source != CHAT:
            category = self._words.get((f"registry {row.variable}", row.category), row.category)
            return self.registry(row.unit, row.population, row.variable, category)
        if row.category == KNOWN:
            return self.of("population", row.population)
        return f"{self.of('population', row.population)}: {self.category(row.variable, row.category)}"

    def figure(self, row: Any) -> str:
        """Return what a row of the chat counts, in words that need no context. They include the variable."""
        if row.variable == STEP or row.category == KNOWN:
            return self.counted(row)
        what = f"{self.of('variable', row.variable)}: {self.category(row.variable, row.category)}"
        return f"{what} ({self.of('population', row.population)})"

    def in_language(self, row: Any, name: str) -> Any:
        """Return the text of a row that has it in each language, e.g. of the columns `note_nl` and `note_en`."""
        return getattr(row, f"{name}_{self.language}")

    def month(self, day: date) -> str:
        """Return a month with its year: maart 2020."""
        return format_date(day, "LLLL y", locale=self.language)

    def period(self, period_type: str, start: date, end: date) -> str:
        """Return a period in words: 2020, maart 2020, januari–september 2020."""
        if period_type == "year":
            return str(start.year)
        if period_type == "month":
            return self.month(start)
        return f"{format_date(start, 'LLLL', locale=self.language)}–{self.month(end)}"

    def period_of(self, row: Any) -> str:
        """Return the period of a row in words (see `period`)."""
        return self.period(row.period_type, row.period_start, row.period_end)

    def day(self, day: date) -> str:
        """Return a day in words: 31 december 2020."""
        return format_date(day, "d MMMM y", locale=self.language)

    def count(self, n: float) -> str:
        """Return a whole number in the notation of the language: 1.372 or 1,372. The minus is a minus sign (U+2212)."""
        return format_decimal(n, format="#,##0", locale=self.language).replace("-", "−")

    def share(self, share: float) -> str:
        """Return a share, given as a fraction of 1, as a percentage with one decimal: 91,2%."""
        return format_percent(share, format="0.0%", locale=self.language)


Words = Mapping[str, Labels]  # by language, Dutch first


def load_labels(seeds: Path, language: str) -> Labels:
    """Read the words of a language (nl or en) from the CSV files in the folder `seeds`."""

    def rows(name: str) -> list[dict[str, str]]:
        return read_rows(seeds / f"{name}.csv")

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
        # The dimension age_group of the registries is called age in the harmonised list.
        dimension = "age" if row["dimension"] == "age_group" else row["dimension"]
        if row["source"] != CHAT and (dimension, row["category"]) in harmonised:
            words[f"registry {row['dimension']}", row["source_label"]] = harmonised[dimension, row["category"]]
    return Labels(language, words)
