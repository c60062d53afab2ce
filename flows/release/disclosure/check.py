"""The gate of publication: it blocks and explains, and never coarsens by itself."""

from collections.abc import Callable, Iterable, Sequence

from connectors.errors import Foreseen
from flows.release.content import Content
from flows.release.disclosure.audit import Contradiction, Find, attack
from flows.release.disclosure.constraints import Codes, read
from flows.release.disclosure.protect import Figure, Key, Policy, protect_share
from flows.release.render.charts import Point
from flows.release.specs import CHAT

SHOWN_FINDS = 5

Progress = Callable[[str], None]


class Blocked(Foreseen):
    """The release would let a small count be learned; the message says which cells meet, and what to do."""


def check_release(
    content: Content,
    points: Iterable[Point],
    earlier: Sequence[Iterable[Figure]],
    codes: Codes,
    policy: Policy,
    progress: Progress = lambda step: None,
) -> None:
    """Look at everything that the release says and draws, alone and with all earlier ones.

    Raises:
        Blocked: a count that is not protected, or true counts of 1 to 4 that can be learned.
    """
    _unprotected(content, policy)
    _undrawn(content, points)
    finds = _learned(content, earlier, codes, policy, progress)
    if finds:
        shown = " ".join(_told(find) for find in finds[:SHOWN_FINDS])
        rest = f" And {len(finds) - SHOWN_FINDS} more." if len(finds) > SHOWN_FINDS else ""
        raise Blocked(
            f"release {content.release} is blocked, {len(finds)} small counts could be learned. {shown}{rest} Merge "
            "categories, drop one of these tables in seeds/release_tables.csv, or raise its rule in "
            "seeds/disclosure_policy.csv; nothing was published."
        )


def _unprotected(content: Content, policy: Policy) -> None:
    """Counts that no rule gives, and shares that do not follow from the counts beside them."""
    for period_type, n in shown_counts(content):
        rule = policy[period_type]
        if n is not None and (n % rule.base or n < rule.smallest_shown):
            raise Blocked(
                f"release {content.release} is blocked: a count of type {period_type} is not a multiple of {rule.base} "
                f"from {rule.smallest_shown} on. Every count must come from flows/release/disclosure/protect.py."
            )
    for figure in content.figures:
        rule = policy[figure.key.period_type]
        if figure.share != protect_share(figure.n, figure.n_known, rule):
            raise Blocked(
                f"release {content.release} is blocked: the share of {_name(figure.key)} does not follow from its "
                "rounded counts. Shares must come from flows/release/disclosure/protect.py."
            )


def shown_counts(content: Content) -> Iterable[tuple[str, int | None]]:
    """(type of period, count) of every count of the chat in the release, wherever it stands."""
    for figure in content.figures:
        yield figure.key.period_type, figure.n
        yield figure.key.period_type, figure.n_known
    for comparison in content.comparisons:
        yield comparison.key.period_type, comparison.n
        yield comparison.key.period_type, comparison.n_previous
    for one in content.coverage:
        if one.source == CHAT:
            yield "year", one.n
    for revision in content.revisions:
        if revision.source == CHAT:
            for n in (revision.n, revision.n_previous):
                yield revision.period_type, None if n is None else int(n)


def _undrawn(content: Content, points: Iterable[Point]) -> None:
    """Values in the data of charts that the release does not show."""
    shown: set[tuple[str, bool, float | None]] = {(kind, False, n) for kind, n in shown_counts(content)}
    shown |= {(figure.key.period_type, True, figure.share) for figure in content.figures}
    shown |= {("year", True, share) for one in content.coverage for share in (one.share, one.share_low, one.share_high)}
    for point in points:
        if point.source == CHAT and point.value is not None and _drawn(point) not in shown:
            raise Blocked(
                f"release {content.release} is blocked: a chart draws a {point.period_type} value of {point.series} "
                "that no table shows. Charts must draw what flows/release/content.py holds."
            )


def _drawn(point: Point) -> tuple[str, bool, float | None]:
    return point.period_type, point.is_share, point.value


def _learned(
    content: Content, earlier: Sequence[Iterable[Figure]], codes: Codes, policy: Policy, progress: Progress
) -> list[Find]:
    """What can be learned in the years of which this release prints something new; of the others nothing changed."""
    years = {figure.key.period_start.year for figure in content.figures if figure.released_in == content.release}
    everything: dict[int, dict[Key, Figure]] = {year: {} for year in sorted(years)}
    for figures in (*earlier, content.figures):
        for figure in figures:
            if figure.key.period_start.year in years:
                everything[figure.key.period_start.year][figure.key] = figure
    finds: list[Find] = []
    for year, figures_of_year in everything.items():
        progress(f"attacking {year}")
        finds += _in_year(content.release, sorted(figures_of_year.values(), key=lambda one: one.key), codes, policy)
    return finds


def _in_year(release: str, figures: list[Figure], codes: Codes, policy: Policy) -> list[Find]:
    """What the most daring reading gives that does not contradict itself: of all releases, then of this one alone, as
    earlier ones saw earlier data; with what is not shown as small, then as anything."""
    own = [figure for figure in figures if figure.released_in == release]
    for chosen in (figures, own):
        for is_small in (True, False):
            try:
                return attack(codes, read(codes, policy, chosen, is_small=is_small))
            except Contradiction:
                continue
    raise Blocked(
        f"release {release} is blocked: its counts of {figures[0].key.period_start.year} contradict each other; "
        "report it as a defect."
    )


def _told(find: Find) -> str:
    who = " and ".join(f"{variable}={category}" for variable, category in sorted(find.fact)) or "all visitors"
    months = f"{find.year}-{find.months.start:02d} to {find.year}-{find.months.stop - 1:02d}"
    return f"[{who}, {months}] follows from: {'; '.join(find.meets)}."


def _name(key: Key) -> str:
    return f"{key.population} {key.variable}={key.category} ({key.period_type} {key.period_start})"
