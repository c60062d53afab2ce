"""A release that others must approve waits for just the bytes that they saw."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from flows import monthly
from flows.release import approval
from flows.release.package import SUMS, ReleaseRefused, published
from flows.runtime.configuration import Configuration
from flows.runtime.schema import ReleaseSettings

MONTH = "2019-01"


@pytest.fixture
def home(demo_copy: Configuration) -> Configuration:
    """A copy of the demo in which two others must approve."""
    settings = demo_copy.settings.model_copy(update={"release": ReleaseSettings(approvals=2)})
    return Configuration(demo_copy.file, settings)


@pytest.fixture
def be(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Be another user of the operating system."""
    return lambda name: monkeypatch.setattr(approval, "operating_user", lambda: name)


@pytest.fixture
def waiting(home: Configuration, be: Any) -> Path:
    """The preview that bouwer built and that anna has approved."""
    be("bouwer")
    folder = monthly.release(home, MONTH).folder
    be("anna")
    assert monthly.approve(home, MONTH).message == "approved by anna; 1 more must approve"
    return folder


def test_two_others_approve_and_what_they_saw_is_put_out(home: Configuration, be: Any) -> None:
    be("bouwer")
    waiting = monthly.release(home, MONTH)
    assert not waiting.is_out and waiting.message == f"waits for 2 to approve: zicht approve {MONTH}"
    assert published(home.extracts) == []
    sums = (waiting.folder / SUMS).read_bytes()
    for user in ("anna", "bert"):
        be(user)
        outcome = monthly.approve(home, MONTH)
    assert outcome.is_out and (outcome.folder / SUMS).read_bytes() == sums
    assert list(home.previews.iterdir()) == []


def test_an_approval_that_died_before_its_last_step_is_finished_by_the_next_one(
    home: Configuration, waiting: Path, be: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    be("bert")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(monthly, "copy", lambda folder, place: (_ for _ in ()).throw(KeyboardInterrupt))
        monthly.approve(home, MONTH)
    outcome = monthly.approve(home, MONTH)
    assert (outcome.message, [one.name for one in published(home.extracts)]) == ("was out already", [MONTH])
    assert list(home.previews.iterdir()) == [] and [path.name for path in home.extracts.iterdir()] == [MONTH]


def test_neither_the_builder_nor_one_user_twice_nor_what_changed_after_an_approval(
    home: Configuration, waiting: Path, be: Any
) -> None:
    for user, why in (("bouwer", "bouwer built"), ("anna", "anna approved 2019-01 already")):
        be(user)
        with pytest.raises(ReleaseRefused, match=why):
            monthly.approve(home, MONTH)
    page = waiting / "index.html"
    page.write_bytes(page.read_bytes().replace(b"2019", b"2020", 1))
    be("bert")
    with pytest.raises(ReleaseRefused, match=r"index\.html: other bytes than were published"):
        monthly.approve(home, MONTH)
    assert published(home.extracts) == []


def test_the_same_bytes_built_again_keep_their_approvals_and_others_lose_them(
    home: Configuration, waiting: Path, be: Any
) -> None:
    be("bouwer")
    monthly.release(home, MONTH)
    again = approval.find(home, MONTH)
    assert again and again.approvals == ("anna",)
    other = shutil.copytree(waiting, home.previews / "other")
    (other / SUMS).write_text("other")
    approval.keep(home, other, MONTH)
    anew = approval.find(home, MONTH)
    assert anew and anew.approvals == ()


def test_nothing_waits_nothing_is_approved(home: Configuration) -> None:
    with pytest.raises(ReleaseRefused, match="no preview of 2019-01 waits"):
        monthly.approve(home, MONTH)


def test_a_preview_is_not_out(home: Configuration) -> None:
    free = Configuration(home.file, home.settings.model_copy(update={"release": ReleaseSettings()}))
    outcome = monthly.release(free, MONTH, preview=True)
    assert (outcome.is_out, outcome.folder) == (False, home.previews / MONTH)
    assert published(home.extracts) == []
