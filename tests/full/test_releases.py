"""Two years of monthly releases in a row, and what an adversary learns who has them all."""

import csv
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from homes import load, own_key

from flows import monthly
from flows.operations.maintenance import erase
from flows.release.data import read_tables
from flows.release.disclosure.audit import attack
from flows.release.disclosure.constraints import read
from flows.release.disclosure.protect import Count, Figure, Key, Measure
from flows.release.figures import PROTECTED, figures, measures
from flows.release.package import Published, problems, published
from flows.release.specs import load_rules, read_counts, released_periods
from flows.runtime.configuration import SEEDS
from flows.warehouse.versions import opened

pytestmark = pytest.mark.full

MONTHS = [f"{year}-{month:02d}" for year in (2019, 2020) for month in range(1, 13)]
RULES = load_rules(SEEDS)
POLICY, CODES = RULES.policy, RULES.codes


@pytest.fixture(scope="module")
def releases(demo_warehouse: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Published]:
    """All 24, in the order in which they came out."""
    folder = tmp_path_factory.mktemp("releases") / "demo"
    shutil.copytree(demo_warehouse.folder, folder, symlinks=True)
    configuration = load(folder)
    for month in MONTHS:
        monthly.release(configuration, month)
    return published(configuration.extracts)


@pytest.fixture(scope="module")
def truth(demo_warehouse: Any) -> dict[Key, Count]:
    """The true counts behind everything that any of them prints."""
    ends = [monthly.end_of(month) for month in MONTHS]
    return {
        count.key: count
        for end in ends
        for count in read_counts(
            demo_warehouse.frame, RULES.specs, CODES, released_periods(date(2019, 1, 1), end, CODES, POLICY), end
        )
    }


def printed_by(release: Published) -> list[Figure]:
    return figures(read_tables(release.folder, *PROTECTED))


def test_all_are_out_whole_and_in_order(releases: list[Published]) -> None:
    assert [one.name for one in releases] == MONTHS
    assert [one.follows for one in releases] == [tuple(MONTHS[:place]) for place in range(24)]
    assert [problem for one in releases for problem in problems(one.folder)] == []


def test_together_they_give_no_small_count_away(
    releases: list[Published], truth: dict[Key, Count], record_property: Callable[[str, object], None]
) -> None:
    printed: dict[Key, Figure] = {figure.key: figure for one in releases for figure in printed_by(one)}
    assert printed.keys() == truth.keys()
    known = list(read(CODES, POLICY, list(printed.values()), is_small=True))
    assert attack(CODES, known) == []
    small = [count for count in truth.values() if 1 <= count.n <= 4]
    assert len(small) > 30
    assert [count.key for count in small if printed[count.key].n is not None] == []
    record_property("releases", f"nothing found in {len(printed):,} figures of {len(releases)} releases")


def test_the_adversary_reasons_about_the_true_world(releases: list[Published], truth: dict[Key, Count]) -> None:
    """Its intervals hold the true counts, so that what it cannot find is not safe for a wrong reason."""
    shown = printed_by(releases[-1])
    counts = {(CODES.fact(key), key.period_start, key.period_end): count.n for key, count in truth.items()}
    checked = 0
    for one in read(CODES, POLICY, shown, is_small=True):
        start, end = date(one.year, one.months.start, 1), monthly.end_of(f"{one.year}-{one.months.stop - 1:02d}")
        if (one.fact, start, end) in counts:
            assert one.low <= counts[one.fact, start, end] <= (one.high if one.high is not None else 10**9), one.where
            checked += 1
    assert checked > 200


def test_what_was_printed_once_is_printed_alike_ever_after(releases: list[Published]) -> None:
    first: dict[Key, Figure | Measure] = {}
    for one in releases:
        for figure in (*printed_by(one), *measures(read_tables(one.folder, *PROTECTED))):
            assert first.setdefault(figure.key, figure) == figure, one.name


def test_no_part_of_a_breakdown_is_printed_as_everyone(releases: list[Published]) -> None:
    parts = [figure for one in releases for figure in printed_by(one) if figure.n_known is not None]
    assert len(parts) > 1000
    assert [figure for figure in parts if figure.n == figure.n_known] == []


def test_every_release_can_be_made_again_byte_by_byte(releases: list[Published]) -> None:
    configuration = load(releases[0].folder.parents[2])
    for month in ("2019-01", "2019-12", "2020-06"):
        assert monthly.release(configuration, month).message == "the same bytes were out already"


# A conversation about criminal exploitation in 2019, the only one of its visitor.
RAREST = """
select any_value(conversations.gesprek_id)
from intermediate.int_visit_conversations as conversations
inner join intermediate.int_visit_categories as categories on conversations.visit_id = categories.visit_id
where conversations.started_year = 2019 and categories.variable = 'form_group' and categories.category = 'criminal'
group by conversations.visit_id
having count(*) = 1
order by all
limit 1
"""


def rows_of(folder: Path) -> dict[str, list[tuple[str, ...]]]:
    """The keys of every row of every table of a release that is not about what was revised."""
    resources = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    keys = {one["path"]: one["schema"]["primaryKey"] for one in resources if one["path"].endswith(".csv")}
    found = {}
    for path, key in keys.items():
        if path != "data/revisions.csv":
            with (folder / path).open(encoding="utf-8", newline="") as stream:
                found[path] = [tuple(row[name] for name in key) for row in csv.DictReader(stream)]
    return found


def test_no_row_comes_or_goes_where_somebody_is_erased_and_the_last_release_corrected(
    releases: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last of this module, as it changes the home of the others."""
    before = releases[-1].folder
    configuration = load(before.parents[2])
    monkeypatch.setenv("ZICHT_CONFIG", str(configuration.file))
    with opened(configuration.home / "persons.duckdb") as persons:
        [(gesprek_id,)] = persons.execute(RAREST).fetchall()
    with own_key():
        assert erase(configuration, gesprek_id, lambda what, detail: None)
    corrected = monthly.release(configuration, MONTHS[-1], "somebody was erased").folder
    assert rows_of(corrected) == rows_of(before)
    assert (corrected / "CHANGES.md").read_text(encoding="utf-8").endswith("## No longer shown\n\nNothing.\n")
