"""Make the tables of a release in words of one language. The workbook and the page use the same tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from flows.release.comparisons import NOT_SHOWN
from flows.release.content import PUBLISHERS, Content
from flows.release.disclosure.protect import KNOWN, STEP
from flows.release.render.labels import Labels
from flows.release.schema import Period, period_of, periods, records
from flows.release.specs import Spec

# The symbols of the Government Statistical Service. A cell has a symbol, never a blank.
SYMBOLS = CONFIDENTIAL, NOT_APPLICABLE, NOT_AVAILABLE = "[c]", "[z]", "[x]"

Value = str | int | float
TEXT, COUNT, SHARE, YEAR = "text", "count", "share", "year"
# The columns of tables with one row for each row of their mart: the word of the header, and the kind of the values.
COLUMNS = {
    "registries": "publisher:text what:text year:year number:count edition:text",
    "coverage": "counted_by:text group:text year:year counted:count estimated:count of_whom:text in_view:share "
    "lowest:share highest:share comparable:text reason:text",
    "comparisons": "what:text period:text compared_with:text now:count before:count difference:count change:text",
    "revisions": "source:text what:text period:text printed_before:count edition_before:text printed_now:count "
    "edition_now:text",
}
BASE = ""  # stands for the row with the base, where other rows have a category


@dataclass(frozen=True)
class Column:
    """A column of a table: its header, the kind of its values, e.g. TEXT or COUNT, and its values or symbols."""

    header: str
    kind: str
    values: Sequence[Value]


@dataclass(frozen=True)
class Table:
    """A table of a release in one language."""

    spec: Spec
    title: str
    columns: Sequence[Column]

    @property
    def rows(self) -> list[tuple[Value, ...]]:
        """The values of each row. Every cell has a value or a symbol."""
        return list(zip(*(column.values for column in self.columns), strict=True))


def tables(content: Content, specs: Sequence[Spec], labels: Labels) -> list[Table]:
    """Return every table that has rows, in the order of the specs."""
    makers: dict[str, Callable[[Content, Spec, Labels], list[Column]]] = {
        **dict.fromkeys(("indicators", "funnel"), _counts),
        "measures": _measures,
        "registries": _registries,
        "coverage": _coverage,
        "comparisons": lambda content, spec, labels: _comparisons(content, spec, specs, labels),
        "revisions": _revisions,
    }
    made = [Table(spec, spec.titles[labels.language], makers[spec.mart](content, spec, labels)) for spec in specs]
    return [table for table in made if table.rows]


def _shown(value: Value | None, symbol: str = CONFIDENTIAL) -> Value:
    return symbol if value is None else value


# --- Counts


def _counts(content: Content, spec: Spec, labels: Labels) -> list[Column]:
    counts = spec.rows(content.counts)
    return _months(counts, spec, labels) if spec.period_types == ("month",) else _breakdown(counts, spec, labels)


def _months(counts: Sequence[Any], spec: Spec, labels: Labels) -> list[Column]:
    """Return one row for each month, and one column for each category."""
    months = sorted({count.period_start for count in counts})
    n = {(count.period_start, count.category): count.n for count in counts}
    return [
        Column(labels.of("word", "month"), TEXT, [labels.month(month) for month in months]),
        *(
            Column(count_header(spec, category, labels), COUNT, [_shown(n[month, category]) for month in months])
            for category in spec.categories
        ),
    ]


def count_header(spec: Spec, category: str, labels: Labels) -> str:
    """Return the header of a column of monthly counts: the step of the funnel, or the title of the table."""
    return labels.category(spec.variable, category) if spec.variable == STEP else spec.titles[labels.language]


def _breakdown(counts: Sequence[Any], spec: Spec, labels: Labels) -> list[Column]:
    """Return a row for each population and category, and columns for each period.

    If the table has shares, a row with the base follows each population.
    """
    has_share = any(count.n_known is not None for count in counts)
    cells: dict[Period, dict[tuple[str, str], Any]] = {}
    for count in counts:
        of_period = cells.setdefault(period_of(count), {})
        of_period[count.population, count.category] = count
        of_period.setdefault((count.population, BASE), count)
    lines = [
        (population, category)
        for population in spec.groups
        for category in [
            *ordered(spec, labels, {count.category for count in counts if count.population == population}),
            *([BASE] if has_share else []),
        ]
    ]
    first = labels.of("variable", spec.variable) if spec.categories != (KNOWN,) else labels.of("word", "group")
    columns = [Column(first, TEXT, [row_label(spec, *line, labels) for line in lines])]
    for period in sorted(cells, key=lambda period: (period.period_end, period.period_start)):
        pairs = [_pair(cells[period].get(line), line[1] == BASE) for line in lines]
        for place, (word, kind) in enumerate([("number", COUNT), *([("share", SHARE)] if has_share else [])]):
            header = f"{labels.period(*period)}, {labels.of('word', word)}"
            columns.append(Column(header, kind, [pair[place] for pair in pairs]))
    return columns


def ordered(spec: Spec, labels: Labels, present: set[str]) -> list[str]:
    """Return the categories of a table that are in `present`, in the order of the spec (for `*`, of the code list)."""
    return [category for category in labels.order(spec.variable, spec.categories) if category in present]


def row_label(spec: Spec, population: str, category: str, labels: Labels) -> str:
    """Return the label of a row of a breakdown. It names the population if the table has more than one."""
    if category == KNOWN:
        return labels.of("population", population)
    if category == BASE:
        return f"{labels.of('word', 'base')}: {labels.of('population', population)}"
    word = labels.category(spec.variable, category)
    return f"{labels.of('population', population)}: {word}" if len(spec.groups) > 1 else word


def _pair(count: Any, is_base: bool) -> tuple[Value, Value]:
    """Return what a breakdown shows of a count: the count and the share, or the base of its population."""
    if is_base:
        return (NOT_AVAILABLE if count is None else _shown(count.n_known)), NOT_APPLICABLE
    if count is None:
        return NOT_AVAILABLE, NOT_AVAILABLE
    return _shown(count.n), _shown(count.share, CONFIDENTIAL if count.n is None else NOT_APPLICABLE)


def _measures(content: Content, spec: Spec, labels: Labels) -> list[Column]:
    rows = list(records(content.tables["measures"]))
    years = sorted({row.period_start.year for row in rows})
    values = {(row.population, row.statistic, row.period_start.year): row.value for row in rows}
    groups = spec.groups if years else ()
    return [
        Column(labels.of("word", "group"), TEXT, [labels.of("population", group) for group in groups]),
        *(
            Column(
                f"{year}, {labels.of('statistic', statistic).lower()} ({labels.of('word', 'years')})",
                COUNT,
                [_shown(values.get((group, statistic, year))) for group in groups],
            )
            for year in years
            for statistic in spec.categories
        ),
    ]


# --- Registries, coverage, comparisons, revisions


def _columns(mart: str, rows: Iterable[Sequence[Value]], labels: Labels) -> list[Column]:
    """Return the columns that COLUMNS declares for a mart, with these rows."""
    kinds = dict(column.split(":") for column in COLUMNS[mart].split())
    frame = pd.DataFrame(rows, columns=list(kinds), dtype=object)
    return [Column(labels.of("word", word).capitalize(), kind, list(frame[word])) for word, kind in kinds.items()]


def _registries(content: Content, spec: Spec, labels: Labels) -> list[Column]:
    figures = content.tables["registries"]
    is_printed = (figures["variable"] == spec.variable) & (figures["unit"] == "victim")
    figures = figures[is_printed & (figures["value"].notna() | (figures["value_high"] > 0))]
    rows = [
        (labels.of("source", row.source), labels.counted(row), row.period_start.year, _shown(row.n), row.released_in)
        for row in content.counts
        if (spec.variable, row.period_type, row.variable, row.category) == ("total", "year", "form_group", KNOWN)
        and row.population in ("visitors", "victims")
    ]
    for row in sorted(records(figures), key=_registry_place):
        what = labels.registry(row.unit, row.population, row.variable, labels.in_language(row, "label"))
        rows.append((labels.of("source", row.publisher), what, row.reference_year, _printed(row), row.edition))
    return _columns(spec.mart, rows, labels)


def _registry_place(row: Any) -> tuple[int, str, int, str]:
    return PUBLISHERS.index(row.publisher), row.population, row.reference_year, row.category


def _printed(row: Any) -> Value:
    """Return the figure as it was printed: a number, or an interval as text."""
    return f"{row.value_low:.0f}–{row.value_high:.0f}" if row.value is None else int(row.value)


def _coverage(content: Content, spec: Spec, labels: Labels) -> list[Column]:
    def cells(row: Any) -> Sequence[Value]:
        no_end = CONFIDENTIAL if row.n is None else NOT_AVAILABLE
        counted = labels.of("source", row.source), labels.counted(row), row.reference_year, _shown(row.n)
        shares = _shown(row.share), _shown(row.share_low, no_end), _shown(row.share_high, no_end)
        is_comparable = labels.of("word", "yes" if row.is_comparable else "no")
        return *counted, row.total, _total_label(row, labels), *shares, is_comparable, labels.in_language(row, "note")

    return _columns(spec.mart, map(cells, records(content.tables["coverage"])), labels)


def _total_label(row: Any, labels: Labels) -> str:
    """Return the name of the total, with its years."""
    years = str(row.total_from) if row.total_from == row.total_to else f"{row.total_from}–{row.total_to}"
    return f"{labels.estimate(row.pair) or labels.of('source', row.total_source)}, {years}"


def _comparisons(content: Content, spec: Spec, specs: Sequence[Spec], labels: Labels) -> list[Column]:
    """Return the comparisons of the latest period of each type, without those that have a suppressed count.

    The data files have all comparisons. These are too many to read.
    """

    def cells(row: Any) -> Sequence[Value]:
        change, why = labels.of("change", row.change), labels.in_language(row, "reason")
        what = labels.figure(row), labels.period_of(row), labels.of("basis", row.basis)
        numbers = _shown(row.n), _shown(row.n_previous), _shown(row.difference)
        return *what, *numbers, f"{change}: {why}" if why else change

    rows = latest(content.tables["comparisons"], specs, labels)
    return _columns(spec.mart, [cells(row) for row in rows if row.change != NOT_SHOWN], labels)


def latest(comparisons: pd.DataFrame, specs: Sequence[Spec], labels: Labels) -> list[Any]:
    """Return the comparisons of the latest period of each type as records, in the order of the tables."""
    ends: Mapping[str, Any] = {
        period.period_type: period.period_end
        for period in sorted(periods(comparisons), key=lambda period: period.period_end)
    }
    of_latest = [row for row in records(comparisons) if row.period_end == ends[row.period_type]]
    return sorted(of_latest, key=lambda row: _place(row, specs, labels))


def _place(row: Any, specs: Sequence[Spec], labels: Labels) -> tuple[int, int, int, str]:
    """Return the position of a count in the release: its table, population, category and type of period."""
    table, spec = next((place, spec) for place, spec in enumerate(specs) if spec.has(row))
    codes = labels.order(spec.variable, spec.categories)
    return table, spec.groups.index(row.population), codes.index(row.category), row.period_type


def _revisions(content: Content, spec: Spec, labels: Labels) -> list[Column]:
    def cells(row: Any) -> Sequence[Value]:
        what = labels.of("source", row.source), labels.counted(row), labels.period_of(row)
        return *what, _whole(row.n_previous), row.printed_before_in, _whole(row.n), row.printed_in

    return _columns(spec.mart, map(cells, records(content.tables["revisions"])), labels)


def _whole(n: float | None) -> Value:
    return _shown(None if n is None else int(n))
