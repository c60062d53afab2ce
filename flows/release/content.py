"""Build the content of one release: protected figures and measures, comparisons, coverage, registries, revisions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flows.release.comparisons import Comparison, comparisons
from flows.release.disclosure.constraints import Codes
from flows.release.disclosure.protect import (
    ROUNDED,
    SUPPRESSED,
    Figure,
    Key,
    Measure,
    Policy,
    print_again,
    protect,
    shown_measure,
)
from flows.release.specs import (
    CHAT,
    FIRST_MONTH,
    YEARS,
    Query,
    Spec,
    read_counts,
    read_measures,
    released_periods,
    row_keys,
)

PUBLISHERS = ("comensha", "rapporteur", "UNODC")

COVERAGE = """
select
    pair, reference_year, n_source, unit, population, variable, category, n, n_edition,
    total, total_low, total_high, total_source, total_edition, total_from, total_to,
    is_comparable, note_nl, note_en
from marts.coverage
where reference_year <= ?
order by pair, reference_year
"""
REGISTRIES = """
select
    publisher, edition, reference_year, unit, population, variable, coalesce(harmonised_category, source_label),
    coalesce(label_nl, source_label), coalesce(label_en, source_label), value_low, value_high, value
from marts.figures
where is_current and month is null and country = 'NLD' and not is_estimate
    and publisher in ('comensha', 'rapporteur', 'UNODC') and reference_year <= ?
order by all
"""
REVISIONS = """
select publisher, unit, population, variable, category, reference_year, edition, value, previous_edition, previous_value
from marts.revisions
where month is null and publisher in ('comensha', 'rapporteur', 'UNODC') and reference_year <= ?
order by all
"""


@dataclass(frozen=True)
class Coverage:
    """A count divided by an estimated or registered total.

    The shares are fractions of 1, rounded to thousandths. `share_low` divides by the highest total, `share_high` by the
    lowest; both are None where the total has no range.
    """

    pair: str
    reference_year: int
    source: str
    unit: str
    population: str
    variable: str
    category: str
    n: int | None
    total: int
    total_low: int | None
    total_high: int | None
    total_source: str
    total_edition: str
    total_from: int
    total_to: int
    share: float | None
    share_low: float | None
    share_high: float | None
    is_comparable: bool
    note: Mapping[str, str]
    status: str


@dataclass(frozen=True)
class RegistryFigure:
    """A figure as its publisher prints it: exact in `value`, or an interval with `value` None."""

    publisher: str
    edition: str
    reference_year: int
    unit: str
    population: str
    variable: str
    category: str
    label: Mapping[str, str]
    value_low: float
    value_high: float
    value: float | None


@dataclass(frozen=True)
class Revision:
    """A figure that changed since its last print. A print is a release (chat) or an edition (registries)."""

    source: str
    unit: str
    population: str
    variable: str
    category: str
    period_type: str
    period_start: date
    period_end: date
    n_previous: float | None
    printed_before_in: str
    n: float | None
    printed_in: str


@dataclass(frozen=True)
class Content:
    """The whole content of a release. No other data of the warehouse reach its files."""

    release: str  # 2020-12, or 2020-12.1 for a correction
    month_end: date
    is_fictitious: bool
    reason: str  # of a correction, else blank
    follows: tuple[str, ...]  # names of the releases that were published before
    deliveries: str  # identifies the set of deliveries in the warehouse
    figures: tuple[Figure, ...]
    measures: tuple[Measure, ...]
    comparisons: tuple[Comparison, ...]
    coverage: tuple[Coverage, ...]
    registries: tuple[RegistryFigure, ...]
    revisions: tuple[Revision, ...]


@dataclass(frozen=True)
class Earlier:
    """What earlier releases published: for each count and each measure the value of the latest release that has it.

    Attributes:
        figures: Counts of the chat, by what they count.
        measures: Means and medians of ages, by what they describe.
    """

    figures: Mapping[Key, Figure]
    measures: Mapping[Key, Measure]


def build(
    query: Query,
    specs: list[Spec],
    policy: Policy,
    codes: Codes,
    earlier: Earlier,
    *,
    release: str,
    month_end: date,
    kept_from: date,
    follows: tuple[str, ...],
    deliveries: str,
    is_fictitious: bool,
    reason: str,
) -> Content:
    """Build the content of a release from the marts. This is the only step that sees true counts.

    Args:
        query: runs a SQL statement with its parameters, and returns its rows.
        earlier: the last print of each figure and measure.
        release: the name of the release, e.g. 2020-12, or 2020-12.1 for a correction.
        month_end: the last day that the release covers.
        kept_from: the first day from which every source still has its conversations. Figures of periods that start
            earlier are printed again unchanged.
        follows: the names of the releases that were published before.
        deliveries: identifies the set of deliveries in the warehouse.
        reason: the reason for a correction, else blank.
    """

    def is_revised(printed: Figure | Measure) -> bool:
        return printed.key.period_start >= kept_from and may_be_revised(printed, release, month_end)

    [(first,)] = query(FIRST_MONTH, [])
    first = min([first, *(key.period_start for key in earlier.figures)])
    periods = released_periods(first, month_end, codes, policy)
    figures = protect(
        read_counts(query, specs, codes, periods, month_end),
        policy,
        release,
        earlier.figures,
        fact_of=codes.fact,
        is_revised=is_revised,
    )
    year = month_end.year
    keys = row_keys(specs, ("measures",), codes, periods)
    now = measures(read_measures(query, month_end), keys, policy, release)
    return Content(
        release=release,
        month_end=month_end,
        is_fictitious=is_fictitious,
        reason=reason,
        follows=follows,
        deliveries=deliveries,
        figures=tuple(figures),
        measures=tuple(print_again(one, earlier.measures.get(one.key), is_revised) for one in now),
        comparisons=tuple(comparisons(query, policy, figures)),
        coverage=tuple(coverage(query, figures, month_end)),
        registries=tuple(registries(query, specs, year)),
        revisions=tuple(revisions(query, figures, earlier.figures, year)),
    )


def may_be_revised(printed: Figure | Measure, release: str, month_end: date) -> bool:
    """Return whether a new release may publish another value for a count or measure that is already published.

    There are two cases. A correction may revise the values that the corrected release published first or last revised.
    A release about December may revise values about whole years and about windows.

    Args:
        printed: The value, as it was published last.
        release: The name of the new release. A correction has a number after a dot: `2020-12.1`.
        month_end: The last day that the new release covers.
    """
    is_corrected = printed.released_in.partition(".")[0] == release.partition(".")[0]
    return is_corrected or (month_end.month == 12 and printed.key.period_type in YEARS)


def measures(
    found: Mapping[Key, tuple[float, int]], keys: Iterable[Key], policy: Policy, release: str
) -> list[Measure]:
    """Return a protected measure for every key, also where the marts have none.

    Args:
        found: by key, (unrounded value, true number of visitors with a known value).
    """
    made = []
    for key in keys:
        value, n_known = found.get(key, (0.0, 0))
        shown = shown_measure(value, n_known, policy[key.period_type])
        made.append(Measure(key, shown, SUPPRESSED if shown is None else ROUNDED, release))
    return made


def coverage(query: Query, figures: Sequence[Figure], month_end: date) -> list[Coverage]:
    """Return the counts divided by estimated or registered totals.

    A count of the chat is included if its year is closed. It is the protected count of `figures`, never the true one.

    Raises:
        KeyError: no table of the release has the count of the chat.
    """
    shown = {figure.key: figure.n for figure in figures if figure.key.period_type == "year"}
    found = []
    for row in query(COVERAGE, [month_end.year]):
        pair, of_year, source, unit, population, variable, category, true_n, _, total, low, high, *rest = row
        n: int | None = true_n
        if source == CHAT:
            start, end = date(of_year, 1, 1), date(of_year, 12, 31)
            key = Key(CHAT, unit, population, "year", start, end, variable, category)
            if end > month_end:
                continue
            n = shown[key]
        total_source, total_edition, total_from, total_to, is_comparable, note_nl, note_en = rest
        found.append(
            Coverage(
                *(pair, of_year, source, unit, population, variable, category, n, total, low, high),
                *(total_source, total_edition, total_from, total_to),
                share=_thousandths(n, total),
                share_low=_thousandths(n, high),
                share_high=_thousandths(n, low),
                is_comparable=is_comparable,
                note={"nl": note_nl, "en": note_en},
                status=SUPPRESSED if n is None else "rounded" if source == CHAT else "exact",
            )
        )
    return found


def _thousandths(n: int | None, total: int | None) -> float | None:
    return None if n is None or not total else (2000 * n + total) // (2 * total) / 1000


def registries(query: Query, specs: Sequence[Spec], year: int) -> list[RegistryFigure]:
    """Return the publishers' figures that the specs name, from the current edition, up to and including `year`."""
    wanted = {(who, spec.variable) for spec in specs if spec.mart == "registries" for who in spec.populations}
    found = []
    for publisher, edition, of_year, unit, population, variable, category, nl, en, low, high, value in query(
        REGISTRIES, [year]
    ):
        if (population, variable) in wanted:
            label = {"nl": nl, "en": en}
            keys = (publisher, edition, of_year, unit, population, variable, category)
            found.append(RegistryFigure(*keys, label, low, high, value))
    return found


def revisions(query: Query, figures: Sequence[Figure], printed: Mapping[Key, Figure], year: int) -> list[Revision]:
    """Return the revisions: counts that this release prints differently, and figures that registries revised.

    Args:
        figures: the counts of this release.
        printed: the last print of each count in earlier releases.
        year: the last reference year of the registries' revisions.
    """
    found = []
    for figure in figures:
        before = printed.get(figure.key)
        if before is not None and before != figure:
            key = figure.key
            found.append(
                Revision(
                    *(key.source, key.unit, key.population, key.variable, key.category),
                    *(key.period_type, key.period_start, key.period_end),
                    n_previous=before.n,
                    printed_before_in=before.released_in,
                    n=figure.n,
                    printed_in=figure.released_in,
                )
            )
    for publisher, unit, population, variable, category, of_year, edition, value, earlier, old in query(
        REVISIONS, [year]
    ):
        period = ("year", date(of_year, 1, 1), date(of_year, 12, 31))
        found.append(Revision(publisher, unit, population, variable, category, *period, old, earlier, value, edition))
    return found
