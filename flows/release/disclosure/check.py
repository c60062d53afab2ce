"""Check a release before publication.

The check blocks a release that would disclose a small count, and explains why. It never merges categories and never
suppresses a count by itself.
"""

from collections.abc import Callable, Iterable, Sequence

from connectors.errors import UserFacingError
from flows.release.content import Content
from flows.release.disclosure.audit import Contradiction, Find, attack
from flows.release.disclosure.constraints import Codes, read
from flows.release.disclosure.protect import Figure, Key, Policy, protect_share
from flows.release.figures import figures as figures_of
from flows.release.render.charts import Point
from flows.release.schema import OF_STEPS, records
from flows.release.specs import CHAT

SHOWN_FINDS = 5

Progress = Callable[[str], None]


class Blocked(UserFacingError):
    """The release does not pass the check, for example because a small count could be learned.

    The message names the cells that together disclose the count, and says what to do.
    """


def check_release(
    content: Content,
    points: Iterable[Point],
    earlier: Sequence[Iterable[Figure]],
    codes: Codes,
    policy: Policy,
    progress: Progress = lambda step: None,
) -> None:
    """Check the counts, shares and charts of a release, and audit it together with all earlier releases.

    If this release contradicts earlier ones, it is audited alone. Means and medians are not checked here.

    Args:
        points: the points of all charts of the release.
        earlier: the figures of each earlier release, in the order of publication.
        progress: is called with one line of text before the audit of each year.

    Raises:
        Blocked: a count or share does not follow the rules, a chart draws a value that no table shows, true counts of 1
            to 4 can be learned, or the counts of a year contradict each other.
    """
    figures, release = figures_of(content.tables), content.facts.release
    _unprotected(content, figures, policy)
    _undrawn(content, points)
    finds = _learned(release, [*earlier, figures], codes, policy, progress)
    if finds:
        shown = " ".join(_describe(find) for find in finds[:SHOWN_FINDS])
        rest = f" And {len(finds) - SHOWN_FINDS} more." if len(finds) > SHOWN_FINDS else ""
        raise Blocked(
            f"release {release} is blocked, {len(finds)} small counts could be learned. {shown}{rest} Merge "
            "categories, drop one of these tables in seeds/release_tables.csv, or raise its rule in "
            "seeds/disclosure_policy.csv; nothing was published."
        )


def _unprotected(content: Content, figures: Iterable[Figure], policy: Policy) -> None:
    """Raise Blocked for a count that no rule gives, and for a share that does not follow from its rounded counts."""
    release = content.facts.release
    for period_type, n in shown_counts(content):
        rule = policy[period_type]
        if n is not None and (n % rule.base or n < rule.smallest_shown):
            raise Blocked(
                f"release {release} is blocked: a count of type {period_type} is not a multiple of {rule.base} "
                f"from {rule.smallest_shown} on. Every count must come from flows/release/disclosure/protect.py."
            )
    for figure in figures:
        rule = policy[figure.key.period_type]
        if figure.share != protect_share(figure.n, figure.n_known, rule):
            raise Blocked(
                f"release {release} is blocked: the share of {_name(figure.key)} does not follow from its "
                "rounded counts. Shares must come from flows/release/disclosure/protect.py."
            )


def shown_counts(content: Content) -> Iterable[tuple[str, int | None]]:
    """Yield every count of the chat in the release: of figures, comparisons, coverage and revisions.

    Returns:
        (type of period, count), with None for a suppressed count.

    Example:
        ("year", 120), ("month", None)
    """
    for count in content.counts:
        yield count.period_type, count.n
        yield count.period_type, count.n_known
    for comparison in records(content.tables["comparisons"]):
        yield comparison.period_type, comparison.n
        yield comparison.period_type, comparison.n_previous
    for one in records(content.tables["coverage"]):
        if one.source == CHAT:
            yield "year", one.n
    for revision in records(content.tables["revisions"]):
        if revision.source in (CHAT, OF_STEPS):
            for n in (revision.n, revision.n_previous):
                yield revision.period_type, None if n is None else int(n)


def _undrawn(content: Content, points: Iterable[Point]) -> None:
    """Raise Blocked if a chart draws a value of the chat that no table of the release has for its type of period."""
    shown: set[tuple[str, bool, float | None]] = {(kind, False, n) for kind, n in shown_counts(content)}
    shown |= {(count.period_type, True, count.share) for count in content.counts}
    covered = records(content.tables["coverage"])
    shown |= {("year", True, share) for one in covered for share in (one.share, one.share_low, one.share_high)}
    for point in points:
        if point.source == CHAT and point.value is not None and _drawn(point) not in shown:
            raise Blocked(
                f"release {content.facts.release} is blocked: a chart draws a {point.period_type} value of "
                f"{point.series} that no table shows. Charts must draw what flows/release/content.py holds."
            )


def _drawn(point: Point) -> tuple[str, bool, float | None]:
    return point.period_type, point.is_share, point.value


def _learned(
    release: str, releases: Sequence[Iterable[Figure]], codes: Codes, policy: Policy, progress: Progress
) -> list[Find]:
    """Return what can be learned in the years for which this release, the last of `releases`, prints something new.

    Nothing changed in the other years. Of a figure that was printed more than once, the audit uses the last print.
    """
    years = {figure.key.period_start.year for figure in releases[-1] if figure.released_in == release}
    everything: dict[int, dict[Key, Figure]] = {year: {} for year in sorted(years)}
    for figures in releases:
        for figure in figures:
            if figure.key.period_start.year in years:
                everything[figure.key.period_start.year][figure.key] = figure
    finds: list[Find] = []
    for year, figures_of_year in everything.items():
        progress(f"attacking {year}")
        finds += _in_year(release, sorted(figures_of_year.values(), key=lambda one: one.key), codes, policy)
    return finds


def _in_year(release: str, figures: list[Figure], codes: Codes, policy: Policy) -> list[Find]:
    """Return what can be learned under the strongest assumptions that do not contradict the printed counts.

    The assumptions are tried in this order. First the audit uses all releases, then this release alone, because earlier
    ones may come from an earlier vintage of the data. Each time it first takes suppressed counts as small, then as
    unbounded.
    """
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


def _describe(find: Find) -> str:
    who = " and ".join(f"{variable}={category}" for variable, category in sorted(find.fact)) or "all visitors"
    months = f"{find.year}-{find.months.start:02d} to {find.year}-{find.months.stop - 1:02d}"
    return f"[{who}, {months}] follows from: {'; '.join(find.meets)}."


def _name(key: Key) -> str:
    return f"{key.population} {key.variable}={key.category} ({key.period_type} {key.period_start})"
