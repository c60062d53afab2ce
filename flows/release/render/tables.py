"""Make the tables of a release in words of one language. The workbook and the page use the same tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from flows.release.comparisons import NOT_SHOWN, Comparison
from flows.release.content import PUBLISHERS, Content, Coverage, RegistryFigure
from flows.release.disclosure.protect import KNOWN, STEP, Figure, Key
from flows.release.render.labels import Labels
from flows.release.specs import Spec

# The symbols of the Government Statistical Service. A cell has a symbol, never a blank.
CONFIDENTIAL, NOT_APPLICABLE, NOT_AVAILABLE = "[c]", "[z]", "[x]"

Value = str | int | float
TEXT, COUNT, SHARE, PERCENT, YEAR = "text", "count", "share", "percent", "year"


@dataclass(frozen=True)
class Column:
    """The header of a column and the kind of its values, e.g. TEXT or COUNT."""

    header: str
    kind: str


@dataclass(frozen=True)
class View:
    """One table in one language. Every cell has a value or a symbol."""

    spec: Spec
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def views(content: Content, specs: Sequence[Spec], labels: Labels) -> list[View]:
    """Return every table that has rows, in the order of the specs."""
    makers: dict[str, Callable[[Content, Spec, Labels], View]] = {
        "indicators": _figures,
        "funnel": _figures,
        "measures": _measures,
        "registries": _registries,
        "coverage": _coverage,
        "comparisons": lambda content, spec, labels: _comparisons(content, spec, labels, specs),
        "revisions": _revisions,
    }
    made = [makers[spec.mart](content, spec, labels) for spec in specs]
    return [view for view in made if view.rows]


def _view(spec: Spec, labels: Labels, columns: Sequence[Column], rows: Sequence[Sequence[Value]]) -> View:
    return View(spec, spec.titles[labels.language], tuple(columns), tuple(tuple(row) for row in rows))


def _shown(value: Value | None, symbol: str = CONFIDENTIAL) -> Value:
    return symbol if value is None else value


# --- Counts


def _figures(content: Content, spec: Spec, labels: Labels) -> View:
    figures = [figure for figure in content.figures if spec.has(figure.key)]
    if spec.period_types == ("month",):
        return _months(figures, spec, labels)
    return _breakdown(figures, spec, labels)


def _months(figures: Sequence[Figure], spec: Spec, labels: Labels) -> View:
    """Return a table with one row for each month and one column for each category."""
    by_month: dict[date, dict[str, Figure]] = {}
    for figure in figures:
        by_month.setdefault(figure.key.period_start, {})[figure.key.category] = figure
    columns = [Column(labels.of("word", "month"), TEXT)]
    columns += [Column(count_header(spec, category, labels), COUNT) for category in spec.categories]
    rows = [
        [labels.month(month), *(_shown(of_month[category].n) for category in spec.categories)]
        for month, of_month in sorted(by_month.items())
    ]
    return _view(spec, labels, columns, rows)


def count_header(spec: Spec, category: str, labels: Labels) -> str:
    """Return the header of a column of monthly counts: the step of the funnel, or the title of the table."""
    return labels.category(spec.variable, category) if spec.variable == STEP else spec.titles[labels.language]


def _breakdown(figures: Sequence[Figure], spec: Spec, labels: Labels) -> View:
    """Return a table with a row for each population and category, and columns for each period.

    If the table has shares, a row with the base follows each population.
    """
    periods = sorted({figure.key[3:6] for figure in figures}, key=lambda period: (period[2], period[1]))
    has_share = any(figure.n_known is not None for figure in figures)
    cells = {(figure.key.population, figure.key.category, figure.key[3:6]): figure for figure in figures}
    columns = [
        Column(labels.of("variable", spec.variable) if spec.categories != (KNOWN,) else _group_word(labels), TEXT)
    ]
    for period in periods:
        words = labels.period(*period)
        columns.append(Column(f"{words}, {labels.of('word', 'number')}", COUNT))
        if has_share:
            columns.append(Column(f"{words}, {labels.of('word', 'share')}", SHARE))
    rows: list[list[Value]] = []
    for population in spec.populations:
        for category in ordered(spec, labels, {of for who, of, _ in cells if who == population}):
            row: list[Value] = [row_label(spec, population, category, labels)]
            for period in periods:
                row += _pair(cells.get((population, category, period)), has_share)
            rows.append(row)
        if has_share:
            rows.append([_base_label(spec, population, labels), *_bases(cells, population, periods)])
    return _view(spec, labels, columns, rows)


def _group_word(labels: Labels) -> str:
    return labels.of("word", "group")


def ordered(spec: Spec, labels: Labels, present: set[str]) -> list[str]:
    """Return the categories of a table that are in `present`, in the order of the spec (for `*`, of the code list)."""
    return [category for category in labels.order(spec.variable, spec.categories) if category in present]


def row_label(spec: Spec, population: str, category: str, labels: Labels) -> str:
    """Return the label of a row of a breakdown. It names the population if the table has more than one."""
    if category == KNOWN:
        return labels.of("population", population)
    word = labels.category(spec.variable, category)
    return f"{labels.of('population', population)}: {word}" if len(spec.populations) > 1 else word


def _base_label(spec: Spec, population: str, labels: Labels) -> str:
    return f"{labels.of('word', 'base')}: {labels.of('population', population)}"


def _pair(figure: Figure | None, has_share: bool) -> list[Value]:
    if figure is None:
        return [NOT_AVAILABLE] * (2 if has_share else 1)
    if not has_share:
        return [_shown(figure.n)]
    share = _shown(figure.share, CONFIDENTIAL if figure.n is None else NOT_APPLICABLE)
    return [_shown(figure.n), share]


def _bases(
    cells: dict[tuple[str, str, tuple[str, date, date]], Figure],
    population: str,
    periods: Sequence[tuple[str, date, date]],
) -> Iterator[Value]:
    for period in periods:
        known = [figure for (who, _, when), figure in cells.items() if (who, when) == (population, period)]
        yield _shown(known[0].n_known) if known else NOT_AVAILABLE
        yield NOT_APPLICABLE


def _measures(content: Content, spec: Spec, labels: Labels) -> View:
    years = sorted({measure.key.period_start.year for measure in content.measures})
    cells = {(one.key.population, one.key.category, one.key.period_start.year): one.value for one in content.measures}
    columns = [Column(_group_word(labels), TEXT)]
    for year in years:
        columns += [
            Column(f"{year}, {labels.of('statistic', statistic).lower()} ({labels.of('word', 'years')})", COUNT)
            for statistic in spec.categories
        ]
    rows = [
        [
            labels.of("population", population),
            *(_shown(cells.get((population, statistic, year))) for year in years for statistic in spec.categories),
        ]
        for population in spec.populations
    ]
    return _view(spec, labels, columns, rows if years else [])


# --- Registries, coverage, comparisons, revisions


def _registries(content: Content, spec: Spec, labels: Labels) -> View:
    rows: list[list[Value]] = []
    if spec.variable == "total":
        for figure in content.figures:
            key = figure.key
            if (key.period_type, key.category, key.variable) == ("year", KNOWN, "form_group") and key.population in (
                "visitors",
                "victims",
            ):
                what = labels.of("population", key.population)
                rows.append(
                    [labels.of("source", key.source), what, key.period_start.year, _shown(figure.n), figure.released_in]
                )
    for one in sorted(content.registries, key=_registry_place):
        if one.variable == spec.variable and (one.unit, one.value is not None or one.value_high > 0) == (
            "victim",
            True,
        ):
            rows.append(
                [
                    labels.of("source", one.publisher),
                    _registry_label(one, labels),
                    one.reference_year,
                    _printed(one),
                    one.edition,
                ]
            )
    columns = [
        Column(labels.of("word", "publisher"), TEXT),
        Column(labels.of("word", "what"), TEXT),
        Column(labels.of("word", "year"), YEAR),
        Column(labels.of("word", "number").capitalize(), COUNT),
        Column(labels.of("word", "edition"), TEXT),
    ]
    return _view(spec, labels, columns, rows)


def _registry_place(one: RegistryFigure) -> tuple[int, str, int, str]:
    return PUBLISHERS.index(one.publisher), one.population, one.reference_year, one.category


def _registry_label(one: RegistryFigure, labels: Labels) -> str:
    return labels.registry(one.unit, one.population, one.variable, one.label[labels.language])


def _printed(one: RegistryFigure) -> Value:
    """Return the figure as it was printed: a number, or an interval as text."""
    if one.value is not None:
        return int(one.value)
    return f"{one.value_low:.0f}–{one.value_high:.0f}"


def _coverage(content: Content, spec: Spec, labels: Labels) -> View:
    word = labels.of
    columns = [
        Column(word("word", "counted_by"), TEXT),
        Column(word("word", "group"), TEXT),
        Column(word("word", "year"), YEAR),
        Column(word("word", "counted"), COUNT),
        Column(word("word", "estimated"), COUNT),
        Column(word("word", "of_whom"), TEXT),
        Column(word("word", "in_view"), SHARE),
        Column(word("word", "lowest"), SHARE),
        Column(word("word", "highest"), SHARE),
        Column(word("word", "comparable"), TEXT),
        Column(word("word", "reason"), TEXT),
    ]
    rows = [
        [
            word("source", one.source),
            labels.counted(one.source, one.unit, one.population, one.variable, one.category),
            one.reference_year,
            _shown(one.n),
            one.total,
            _total_label(one, labels),
            _shown(one.share),
            _shown(one.share_low, CONFIDENTIAL if one.n is None else NOT_AVAILABLE),
            _shown(one.share_high, CONFIDENTIAL if one.n is None else NOT_AVAILABLE),
            word("word", "yes" if one.is_comparable else "no"),
            one.note[labels.language],
        ]
        for one in content.coverage
    ]
    return _view(spec, labels, columns, rows)


def _total_label(one: Coverage, labels: Labels) -> str:
    """Return the name of the total, with its years."""
    years = str(one.total_from) if one.total_from == one.total_to else f"{one.total_from}–{one.total_to}"
    return f"{labels.estimate(one.pair) or labels.of('source', one.total_source)}, {years}"


def _comparisons(content: Content, spec: Spec, labels: Labels, specs: Sequence[Spec]) -> View:
    """Return the comparisons of the latest period of each type, without those that have a suppressed count.

    The data files have all comparisons. These are too many to read.
    """
    word = labels.of
    columns = [
        Column(word("word", "what"), TEXT),
        Column(word("word", "period"), TEXT),
        Column(word("word", "compared_with"), TEXT),
        Column(word("word", "now"), COUNT),
        Column(word("word", "before"), COUNT),
        Column(word("word", "difference"), COUNT),
        Column(word("word", "change"), TEXT),
    ]
    rows = [
        [
            labels.figure(one.key),
            labels.period(*one.key[3:6]),
            word("basis", one.basis),
            _shown(one.n),
            _shown(one.n_previous),
            _shown(one.difference),
            word("change", one.change) + (f": {one.reason[labels.language]}" if one.reason else ""),
        ]
        for one in latest(content.comparisons, specs, labels)
        if one.change != NOT_SHOWN
    ]
    return _view(spec, labels, columns, rows)


def _place(key: Key, specs: Sequence[Spec], labels: Labels) -> tuple[int, int, int, str]:
    """Return the position of a figure in the release: its table, population, category and type of period."""
    table, spec = next((place, spec) for place, spec in enumerate(specs) if spec.has(key))
    codes = labels.order(spec.variable, spec.categories)
    return table, spec.populations.index(key.population), codes.index(key.category), key.period_type


def latest(comparisons: Sequence[Comparison], specs: Sequence[Spec], labels: Labels) -> list[Comparison]:
    """Return the comparisons of the latest period of each type, in the order of the tables."""
    ends: dict[str, date] = {}
    for one in comparisons:
        ends[one.key.period_type] = max(one.key.period_end, ends.get(one.key.period_type, date.min))
    of_latest = [one for one in comparisons if one.key.period_end == ends[one.key.period_type]]
    return sorted(of_latest, key=lambda one: _place(one.key, specs, labels))


def _revisions(content: Content, spec: Spec, labels: Labels) -> View:
    word = labels.of
    columns = [
        Column(word("word", "source"), TEXT),
        Column(word("word", "what"), TEXT),
        Column(word("word", "period"), TEXT),
        Column(word("word", "printed_before"), COUNT),
        Column(word("word", "edition_before"), TEXT),
        Column(word("word", "printed_now"), COUNT),
        Column(word("word", "edition_now"), TEXT),
    ]
    rows = [
        [
            word("source", one.source),
            labels.counted(one.source, one.unit, one.population, one.variable, one.category),
            labels.period(one.period_type, one.period_start, one.period_end),
            _shown(None if one.n_previous is None else int(one.n_previous)),
            one.printed_before_in,
            _shown(None if one.n is None else int(one.n)),
            one.printed_in,
        ]
        for one in content.revisions
    ]
    return _view(spec, labels, columns, rows)
