"""Count by hand what a world must yield, after section 5 of the contract.

The oracle is written independently of the pipeline, as a check on it: plain loops over Python objects, persons by
union-find, local dates by zoneinfo. Populations, their conditions and the windows are data and come from the seeds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from deliveries import Deliveries, Finding
from oracle_ingest import CODEBOOK, Coding, Conversation, read_chat, read_codings, seed

POPULATIONS = [row["population"] for row in seed("populations")]
CONDITIONS = seed("population_conditions")
PAIRS = [(row["variable"], row["variable_2"]) for row in seed("crosstab_pairs")]
WINDOWS = [(int(row["first_month"]), int(row["last_month"])) for row in seed("windows")]
YES_NO = ["yes", "no"]
DERIVED = {
    "form_group": ["sexual", "criminal", "labour", "sexual_criminal", "other_combination"],
    "age_group": ["12_or_younger", "13_14", "15", "16_17", "18_22", "23_or_older"],
    **dict.fromkeys(("minor", "aged_15_or_younger", "over_1_year", "over_2_years"), YES_NO),
    **dict.fromkeys(("perpetrator_is_parent", "form_imputed", "new_situation"), YES_NO),
}
AGE_GROUPS = [(12, "12_or_younger"), (14, "13_14"), (15, "15"), (17, "16_17"), (22, "18_22"), (120, "23_or_older")]
Facts = dict[str, set[str]]


@dataclass(frozen=True)
class Period:
    """A range of days. Both ends are included."""

    type: str
    start: date
    end: date


@dataclass
class Visit:
    """A person in a calendar year: the flagged conversations in order, and their codings merged into one."""

    conversations: list[Conversation]
    day: date
    is_related: bool | None = None
    values: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    facts: Facts = field(default_factory=dict)


@dataclass
class Expected:
    """The rows that must be in `marts`, and the findings that must be or may be in `rejected`.

    Keys begin with population or source, then period type, start and end.
    """

    indicators: dict[tuple[Any, ...], tuple[int, int]] = field(default_factory=dict)
    crosstabs: dict[tuple[Any, ...], tuple[int, int]] = field(default_factory=dict)
    measures: dict[tuple[Any, ...], Fraction] = field(default_factory=dict)
    funnel: dict[tuple[Any, ...], int] = field(default_factory=dict)
    volumes: dict[tuple[Any, ...], int] = field(default_factory=dict)
    findings: set[Finding] = field(default_factory=set)
    # Codings of deleted conversations, as (file, place): they give no finding.
    silent: set[tuple[str, int]] = field(default_factory=set)


def count(world: Deliveries) -> Expected:
    """Count a whole world."""
    conversations, deleted, findings = read_chat(world.chat)
    codings, more_findings = read_codings(world.coding, set(conversations), deleted)
    zone = ZoneInfo(world.timezone)
    days = {key: one.started_at.astimezone(zone).date() for key, one in conversations.items()}
    person_of = persons(conversations, codings)
    visits = find_visits(conversations, codings, person_of, days)
    visitors = [visit for visit in visits if visit.is_related]
    for visit in visitors:
        visit.facts = describe(visit)
    expected = Expected(findings=findings | more_findings, funnel=dict(count_funnel(visits, days)))
    expected.volumes = count_volumes(conversations, person_of, days)
    expected.silent = {
        (min(file.names), place)
        for file in world.coding
        for place, row in enumerate(file.rows, start=1)
        if row["gesprek_id"] in deleted
    }
    for period in periods({visit.day.year for visit in visits}):
        present = [visit for visit in visitors if period.start <= visit.day <= period.end]
        described = [(visit, in_window(visit, period)) for visit in present]
        for population in POPULATIONS:
            members = [(visit, facts) for visit, facts in described if belongs(facts, population)]
            key = (population, period.type, period.start, period.end)
            expected.indicators |= count_indicators(key, [facts for _, facts in members])
            if period.type in ("year", "rolling_year"):
                expected.crosstabs |= count_crosstabs(key, [facts for _, facts in members])
            expected.measures |= measure_age(key, [visit for visit, _ in members])
    return expected


def persons(conversations: dict[str, Conversation], codings: dict[str, Coding]) -> dict[str, str]:
    """Return the person of every conversation: connected components by union-find."""
    parent = {key: key for key in conversations}

    def root(key: str) -> str:
        while parent[key] != key:
            key = parent[key]
        return key

    first_of: dict[str, str] = {}
    for key, conversation in conversations.items():
        if conversation.person:
            parent[root(key)] = root(first_of.setdefault(conversation.person, key))
    for key, coding in codings.items():
        if coding.duplicate_of in conversations:
            parent[root(key)] = root(coding.duplicate_of)
    return {key: root(key) for key in conversations}


def find_visits(
    conversations: dict[str, Conversation], codings: dict[str, Coding], person_of: dict[str, str], days: dict[str, date]
) -> list[Visit]:
    """Return the visits with their codings."""
    together: dict[tuple[str, int], list[Conversation]] = defaultdict(list)
    for key, conversation in conversations.items():
        if conversation.is_flagged:
            together[person_of[key], days[key].year].append(conversation)
    visits = []
    for group in together.values():
        group.sort(key=lambda one: (one.started_at, one.gesprek_id))
        visit = Visit(group, days[group[0].gesprek_id])
        for coding in (codings[one.gesprek_id] for one in group if one.gesprek_id in codings):
            if coding.is_related is not None:
                visit.is_related = bool(visit.is_related) or coding.is_related
            visit.values = coding.values | visit.values
            for variable, marks in coding.marks.items():
                visit.marks[variable] |= marks
        visits.append(visit)
    return visits


def describe(visit: Visit) -> Facts:
    """Return all known categories of a visitor, also derived ones, except those that depend on a window."""
    values, first = visit.values, visit.conversations[0]
    facts = {variable: {value} for variable, value in values.items() if isinstance(value, str)}
    facts |= {variable: set(marks) for variable, marks in visit.marks.items() if marks}
    facts["form_imputed"] = {"no" if facts.get("form") else "yes"}
    form = facts.setdefault("form", {"sexual"})
    group = next(iter(form)) if len(form) == 1 else "other_combination"
    facts["form_group"] = {"sexual_criminal" if form == {"sexual", "criminal"} else group}
    if "age" in values:
        age = values["age"]
        facts["minor"] = yes_no(age < 18)
        facts["aged_15_or_younger"] = yes_no(age <= 15)
        facts["age_group"] = {next(name for highest, name in AGE_GROUPS if age <= highest)}
    if "duration" in values:
        facts["over_1_year"] = yes_no(values["duration"] in ("1_to_2_years", "over_2_years"))
        facts["over_2_years"] = yes_no(values["duration"] == "over_2_years")
    if "perpetrator" in values:
        facts["perpetrator_is_parent"] = yes_no(values.get("parent_perpetrator") in ("father", "mother", "both"))
    facts["platform_source"] = {first.source}
    facts["language"] = {first.language} if first.language else set()
    return facts


def yes_no(answer: bool) -> set[str]:
    return {"yes" if answer else "no"}


def in_window(visit: Visit, period: Period) -> Facts:
    """Return a visitor's facts with `new_situation`, which exists only in windows."""
    start_month = visit.values.get("start_month")
    first, last = (period.start.year, period.start.month), (period.end.year, period.end.month)
    if period.type != "window" or not start_month or start_month > last:
        return visit.facts
    return visit.facts | {"new_situation": yes_no(start_month >= first)}


def belongs(facts: Facts, population: str) -> bool:
    """Return whether a visitor meets all conditions of a population."""
    for condition in CONDITIONS:
        if condition["population"] == population:
            known = facts.get(condition["variable"], set())
            if not (known if condition["category"] == "known" else condition["category"] in known):
                return False
    return True


def month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def periods(years: Iterable[int]) -> Iterator[Period]:
    """Yield every period of the given years."""
    for year in years:
        yield Period("year", date(year, 1, 1), date(year, 12, 31))
        for month in range(1, 13):
            yield Period("month", date(year, month, 1), month_end(year, month))
            yield Period("year_to_date", date(year, 1, 1), month_end(year, month))
        for first, last in WINDOWS:
            yield Period("window", date(year, first, 1), month_end(year, last))


def closed_lists() -> dict[str, list[str]]:
    """Return the categories of each variable with a closed list."""
    closed: dict[str, list[str]] = defaultdict(list, {name: list(known) for name, known in DERIVED.items()})
    for entry in CODEBOOK:
        if entry["category"]:
            closed[entry["variable"]].append(entry["category"])
    return closed


def count_crosstabs(key: tuple[Any, ...], members: list[Facts]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Return n and n_known_both of every two categories of every pair in one population and period."""
    closed, rows = closed_lists(), {}
    for first, second in PAIRS:
        both = [(facts[first], facts[second]) for facts in members if facts.get(first) and facts.get(second)]
        for one, other in product(closed[first], closed[second]) if both else ():
            n = sum(one in firsts and other in seconds for firsts, seconds in both)
            rows[*key, first, one, second, other] = (n, len(both))
    return rows


def count_indicators(key: tuple[Any, ...], members: list[Facts]) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Return n and n_known of every category of every variable in one population and period."""
    closed, rows = closed_lists(), {}
    for variable in [*closed, "platform_source", "language"]:
        known = [facts[variable] for facts in members if facts.get(variable)]
        seen = Counter(category for categories in known for category in categories)
        for category in closed.get(variable, list(seen)) if known else []:
            rows[*key, variable, category] = (seen[category], len(known))
    return rows


def measure_age(key: tuple[Any, ...], members: list[Visit]) -> dict[tuple[Any, ...], Fraction]:
    """Return the number, mean, median, minimum and maximum of the known ages."""
    ages = sorted(visit.values["age"] for visit in members if "age" in visit.values)
    if not ages:
        return {}
    middle = [ages[(len(ages) - 1) // 2], ages[len(ages) // 2]]
    found = {
        "n_known": Fraction(len(ages)),
        "mean": Fraction(sum(ages), len(ages)),
        "median": Fraction(sum(middle), 2),
        "min": Fraction(ages[0]),
        "max": Fraction(ages[-1]),
    }
    return {(*key, "age", statistic): value for statistic, value in found.items()}


def count_funnel(visits: list[Visit], days: dict[str, date]) -> Counter[tuple[Any, ...]]:
    """Count every step of every year and month with a flagged conversation, for all sources together and by source."""
    steps: Counter[tuple[Any, ...]] = Counter()
    outcome = {None: "uncoded", False: "not_related", True: "visitor"}
    for visit in visits:
        for place, conversation in enumerate(visit.conversations):
            for key in months_and_years("all", conversation.source, days[conversation.gesprek_id]):
                for step in ("duplicate", *outcome.values()):
                    steps[*key, step] += 0
                steps[*key, "flagged"] += 1
                steps[*key, "duplicate"] += place > 0
        for key in months_and_years("all", visit.conversations[0].source, visit.day):
            steps[*key, outcome[visit.is_related]] += 1
    return steps


def count_volumes(
    conversations: dict[str, Conversation], person_of: dict[str, str], days: dict[str, date]
) -> dict[tuple[Any, ...], int]:
    """Count conversations and persons of every year and month, flagged or not."""
    members: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for name, conversation in conversations.items():
        for key in months_and_years("chat", conversation.source, days[name]):
            members[*key, "conversation"].add(name)
            members[*key, "person"].add(person_of[name])
    return {key: len(names) for key, names in members.items()}


def months_and_years(together: str, source: str, day: date) -> Iterator[tuple[str, str, date, date]]:
    """Yield the keys under which one source and day is counted, for all sources together and by source."""
    for name in (together, source):
        yield name, "year", date(day.year, 1, 1), date(day.year, 12, 31)
        yield name, "month", date(day.year, day.month, 1), month_end(day.year, day.month)
