"""The monthly release of the demo: nothing but protected figures, put out for good, and the same bytes twice."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from loopback import Mails
from release_samples import FACTS, POLICY, RULES, publish

from flows import monthly
from flows.release.content import COVERAGE, Content, build
from flows.release.data import read_tables
from flows.release.deliver import NotDelivered
from flows.release.disclosure import protect
from flows.release.disclosure.check import Blocked
from flows.release.disclosure.protect import protect_count
from flows.release.figures import PROTECTED, figures, last_prints
from flows.release.package import SUMS, ReleaseRefused, problems, published
from flows.release.specs import FUNNEL, INDICATORS, Query
from flows.runtime.configuration import Configuration
from flows.runtime.schema import MailSettings, ReleaseSettings
from flows.warehouse import versions

DECEMBER = date(2020, 12, 31)

SAME = "the same bytes were out already"

Change = Callable[[pd.Series], int]


@pytest.fixture
def home(demo_copy: Configuration) -> Configuration:
    return demo_copy


def recount(patch: pytest.MonkeyPatch, query: str, more: Change) -> None:
    """From now on the warehouse answers a query with other counts: `more` for each row."""
    ask = versions.frame

    def frame(configuration: Configuration, sql: str, values: Any = ()) -> pd.DataFrame:
        rows = ask(configuration, sql, values)
        return rows.assign(n=rows["n"] + rows.apply(more, axis=1)) if sql == query else rows

    patch.setattr(versions, "frame", frame)


@pytest.fixture
def more_men(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the warehouse counts 30 visitors as men who were women before, in every year and year to date."""
    moved = {"male": 30, "female": -30}
    recount(monkeypatch, INDICATORS, lambda row: moved.get(row["category"], 0) * is_of_gender(row))


@contextmanager
def before_codings() -> Iterator[None]:
    """Meanwhile 20 visits of 2019 that are coded as not related still wait for coding."""
    moved = {"uncoded": 20, "not_related": -20}
    with pytest.MonkeyPatch.context() as patch:
        recount(patch, FUNNEL, lambda row: moved.get(row["category"], 0) * is_of_2019(row))
        yield


def is_of_2019(row: pd.Series) -> bool:
    return row["period_type"] == "year" and row["period_start"].year == 2019


def is_of_gender(row: pd.Series) -> bool:
    of_years = row["period_type"] in ("year", "year_to_date")
    return of_years and row["population"] in ("visitors", "sexual") and row["variable"] == "gender"


def men(folder: Path, period_end: date) -> protect.Figure:
    """The number of men among the visitors of a period, as a release printed it."""
    [figure] = [
        one
        for one in figures(read_tables(folder, *PROTECTED))
        if (one.key.population, one.key.category, one.key.period_end) == ("visitors", "male", period_end)
        and one.key.period_type in ("year", "year_to_date")
    ]
    return figure


# --- What reaches a file


def december(query: Query) -> Content:
    return build(query, RULES, FACTS, last_prints([]), date.min)


def files_of(folder: Path, content: Content) -> dict[str, bytes]:
    publish(folder, content)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_true_counts_that_are_shown_alike_give_the_same_bytes(demo_warehouse: Any, tmp_path: Path) -> None:
    """Every file is a function of what is shown: no true count can be in any of them, however it is written."""
    moved_rows = 0

    def other_world(sql: str, values: list[Any]) -> pd.DataFrame:
        nonlocal moved_rows
        rows = demo_warehouse.frame(sql, values)
        if sql == COVERAGE:
            return rows.assign(n=rows["n"].mask(rows["source"] == "chat", 10**6))
        if sql not in (INDICATORS, FUNNEL):
            return rows
        others = rows.copy()
        if sql == INDICATORS:
            others["n_known"] = [alike(*one) for one in zip(rows["n_known"], rows["period_type"], strict=True)]
        others["n"] = [alike(*one) for one in zip(rows["n"], rows["period_type"], strict=True)]
        if sql == INDICATORS:
            others["n"] = others[["n", "n_known"]].min(axis=1)
        moved_rows += (rows != others).any(axis=1).sum()
        return others

    one = files_of(tmp_path / "one", december(demo_warehouse.frame))
    assert one == files_of(tmp_path / "other", december(other_world))
    assert len(one) > 15 and moved_rows > 1000


def alike(n: int, period_type: str) -> int:
    """The largest true count that is shown as `n` is, or the one below it."""
    rule = POLICY[period_type]
    same = [other for other in range(n, n + rule.base) if protect_count(other, rule) == protect_count(n, rule)]
    return same[-1] if len(same) > 1 else n - 1


# --- For good


def test_a_release_is_the_same_bytes_twice_and_says_so(home: Configuration) -> None:
    with pytest.raises(ReleaseRefused, match="2020-12 is not out yet"):
        monthly.release(home, "2020-12", "a reason")  # there is nothing to correct
    first = monthly.release(home, "2020-12")
    folder = first.folder
    sums = (folder / SUMS).read_bytes()
    assert first.message == "published" and problems(folder) == []
    assert monthly.release(home, "2020-12") == monthly.Outcome(folder, True, SAME)
    assert (folder / SUMS).read_bytes() == sums
    assert [path.name for path in home.extracts.iterdir()] == ["2020-12"]


@pytest.mark.full
def test_a_release_that_would_say_something_else_is_corrected_with_a_reason(
    home: Configuration, request: pytest.FixtureRequest
) -> None:
    folder = monthly.release(home, "2020-12").folder
    sums = (folder / SUMS).read_bytes()
    request.getfixturevalue("more_men")
    with pytest.raises(ReleaseRefused, match=r'zicht release 2020-12 --correction "the reason"'):
        monthly.release(home, "2020-12")
    outcome = monthly.release(home, "2020-12", "een platform leverde te weinig")
    corrected = outcome.folder
    assert (corrected.name, outcome.message) == ("2020-12.1", "published")
    assert (men(folder, DECEMBER).n, men(corrected, DECEMBER).n) == (20, 50)
    assert men(corrected, DECEMBER).released_in == "2020-12.1"
    assert "een platform leverde te weinig" in (corrected / "CHANGES.md").read_text(encoding="utf-8")
    assert (folder / SUMS).read_bytes() == sums
    assert monthly.release(home, "2020-12") == monthly.Outcome(corrected, True, SAME)


@pytest.mark.full
def test_a_printed_period_stays_as_it_was_printed_until_the_yearly_revision(
    home: Configuration, request: pytest.FixtureRequest
) -> None:
    closed = monthly.release(home, "2019-12").folder
    before = monthly.release(home, "2020-09").folder
    request.getfixturevalue("more_men")
    after = monthly.release(home, "2020-11").folder
    september = date(2020, 9, 30)
    assert men(before, september) == men(after, september)
    assert men(closed, date(2019, 12, 31)) == men(after, date(2019, 12, 31))
    revised = monthly.release(home, "2020-12").folder
    was, now = men(closed, date(2019, 12, 31)), men(revised, date(2019, 12, 31))
    assert (was.n, now.n, now.released_in) == (None, 35, "2020-12")
    assert "2019-12" in (revised / "data" / "revisions.csv").read_text(encoding="utf-8")


REVISED_STEP = "all,visitor,all,step,not_related,year,2019-01-01,2019-12-31"


@pytest.mark.full
def test_december_revises_the_funnel_where_codings_came_late(home: Configuration) -> None:
    with before_codings():
        monthly.release(home, "2019-12")
    outcome = monthly.release(home, "2020-12", preview=True)
    assert REVISED_STEP in (outcome.folder / "data" / "revisions.csv").read_text(encoding="utf-8")
    page = (outcome.folder / "index.html").read_text(encoding="utf-8")
    assert "Herziene cijfers" in page and "Revised figures" in page
    assert monthly.release(home, "2020-12").message == "published"


@pytest.mark.full
def test_a_correction_revises_the_funnel_of_its_own_release(home: Configuration) -> None:
    with before_codings():
        monthly.release(home, "2019-12")
    corrected = monthly.release(home, "2019-12", "codings came late").folder
    assert REVISED_STEP in (corrected / "data" / "revisions.csv").read_text(encoding="utf-8")


# --- What is blocked


def test_a_release_without_rounding_is_blocked_and_nothing_is_put_out(
    home: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protect, "protect_count", lambda n, rule: n)
    with pytest.raises(Blocked):
        monthly.release(home, "2020-12")
    assert published(home.extracts) == []


# --- To its readers


def with_release(configuration: Configuration, **changes: object) -> Configuration:
    settings = configuration.settings.model_copy(update={"release": ReleaseSettings(**changes)})  # type: ignore[arg-type]
    return Configuration(configuration.file, settings)


def with_mail(configuration: Configuration, port: int, **changes: object) -> Configuration:
    mail = MailSettings(sender="zicht@example.org", host="127.0.0.1", port=port)
    settings = with_release(configuration, **changes).settings.model_copy(update={"mail": mail})
    return Configuration(configuration.file, settings)


def test_a_release_is_copied_and_its_copy_is_checked(home: Configuration, tmp_path: Path) -> None:
    place = tmp_path / "readers"
    place.mkdir()
    delivering = with_release(home, deliver_to=place)
    folder = monthly.release(delivering, "2019-01").folder
    assert problems(place / "2019-01") == [] and [path.name for path in place.iterdir()] == ["2019-01"]
    (place / "2019-01" / "index.html").write_text("half")
    with pytest.raises(NotDelivered, match=r"index\.html: other bytes than were published"):
        monthly.release(delivering, "2019-01")
    shutil.rmtree(place / "2019-01")
    assert monthly.release(delivering, "2019-01") == monthly.Outcome(folder, True, SAME)
    assert problems(place / "2019-01") == []


def test_a_mail_brings_the_link_and_the_checksums_and_no_figure(home: Configuration, mails: Mails) -> None:
    mailing = with_mail(home, mails.port, url="https://monitor.example.org", mail_to=("ministerie@example.org",))
    folder = monthly.release(mailing, "2019-01").folder
    [text] = mails.texts
    mail = message_from_string(text, policy=default)
    body = mail.get_content().replace("\r\n", "\n")
    assert body.startswith("https://monitor.example.org/2019-01/\n")
    sums = (folder / SUMS).read_text()
    assert body.strip().endswith(sums.strip())
    assert len(body.split()) == 2 + 2 * len(sums.splitlines())


def test_a_mail_that_is_not_taken_leaves_the_release_out_and_is_sent_once_by_the_next_run(
    home: Configuration, mails: Mails
) -> None:
    silent = with_mail(home, 1, mail_to=("a@example.org",))
    with pytest.raises(NotDelivered, match="did not take the mail"):
        monthly.release(silent, "2019-01")
    assert [one.name for one in published(home.extracts)] == ["2019-01"]
    for _ in range(2):
        monthly.release(with_mail(home, mails.port, mail_to=("a@example.org",)), "2019-01")
        assert len(mails.texts) == 1
