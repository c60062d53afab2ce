"""Alerts: told once and once a week, whatever the clock says, by mail and webhook; silence when nothing is wrong."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from homes import new_home
from loopback import Loopback, Mails, Request, head, reply

from flows.runtime import alerts
from flows.runtime.configuration import Configuration, SettingsProblem

NIGHT = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
DOWN = {"fier": "fier: found status 503, expected a page. Wait."}
Load = Callable[[str], Configuration]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def configuration(sections: str) -> Configuration:
        (tmp_path / "home").mkdir(exist_ok=True)
        source = '[sources.fier]\nkind = "chat"\npath = "inbox"\n'
        return new_home(tmp_path, monkeypatch, f'home = "home"\n{sections}\n{source}')

    return configuration


def mail(port: int) -> str:
    return f'[mail]\nsender = "zicht@example.org"\nhost = "127.0.0.1"\nport = {port}\n'


@pytest.fixture
def mailing(load: Load, mails: Mails) -> Configuration:
    return load(f'{mail(mails.port)}[alerts]\nmail_to = ["beheer@example.org"]\n')


def hook(url: str, more: str = "") -> str:
    return f'[alerts]\nwebhook_url = "{url}/geheim?sig=geheim"\n{more}'


def test_a_source_that_is_down_is_told_once_and_once_a_week(mailing: Configuration, mails: Mails) -> None:
    told = []
    for night in range(22):
        assert alerts.send_due(mailing, "sources", DOWN, NIGHT + timedelta(days=night)) == []
        told.append(len(mails.texts))
    assert [night for night in range(22) if told[night] > (told[night - 1] if night else 0)] == [0, 7, 14, 21]
    assert "Subject: zicht sources: fier" in mails.texts[0] and "found status 503, expected a page" in mails.texts[0]


@pytest.mark.parametrize(
    ("found", "n_mails"),
    [
        ([(0, {})], 0),
        # What comes back is told at once, and a clock that was wrong once silences nothing.
        ([(0, DOWN), (1, {}), (2, DOWN)], 2),
        *(([(days, DOWN), (0, DOWN), (1, DOWN)], 2) for days in (400, -400)),
    ],
)
def test_what_is_wrong_is_told_once_until_it_is_over_whatever_the_clock_says(
    mailing: Configuration, mails: Mails, found: list[tuple[int, dict[str, str]]], n_mails: int
) -> None:
    for days, wrong in found:
        assert alerts.send_due(mailing, "sources", wrong, NIGHT + timedelta(days=days)) == []
    assert len(mails.texts) == n_mails


def test_what_is_new_is_told_without_what_was_told(mailing: Configuration, mails: Mails) -> None:
    alerts.send_due(mailing, "sources", DOWN, NIGHT)
    alerts.send_due(mailing, "sources", {**DOWN, "csg": "csg: gone."}, NIGHT + timedelta(days=1))
    alerts.send_due(mailing, "run", {"build": "build: test: fail"}, NIGHT + timedelta(days=1))
    assert ["fier: found" in text for text in mails.texts] == [True, False, False]


def test_a_message_that_is_not_taken_is_a_problem_and_is_tried_again(load: Load) -> None:
    answers = [reply(b"", status="500 Broken"), reply(b"")]
    with Loopback(lambda request: answers.pop(0)) as monitor:
        configuration = load(hook(monitor.url))
        [problem] = alerts.send_due(configuration, "sources", DOWN, NIGHT)
        assert problem == "alerts: 127.0.0.1 did not take the message (status 500); look at [alerts]."
        for _ in range(2):
            assert alerts.send_due(configuration, "sources", DOWN, NIGHT) == []
    said = [json.loads(request.body)["text"].partition("\n")[0] for request in monitor.requests]
    assert said == ["zicht sources: fier"] * 2


def test_a_channel_that_fails_does_not_repeat_the_other(load: Load, mails: Mails) -> None:
    configuration = load(mail(mails.port) + hook("http://127.0.0.1:1", 'mail_to = ["beheer@example.org"]\n'))
    for _ in range(3):
        [problem] = alerts.send_due(configuration, "sources", DOWN, NIGHT)
        assert problem.startswith("alerts: 127.0.0.1 did not take the message (ConnectionError)")
    assert len(mails.texts) == 1


def test_a_redirect_to_another_host_is_not_followed(load: Load) -> None:
    with Loopback(lambda request: reply(b"")) as other:

        def elsewhere(request: Request) -> bytes:
            return head("307 Elsewhere", f"Location: {other.url}/", "Content-Length: 0")

        with Loopback(elsewhere) as monitor:
            [problem] = alerts.send_due(load(hook(monitor.url)), "sources", DOWN, NIGHT)
        assert "status 307" in problem and other.requests == []


@pytest.mark.parametrize("content", ["", "{", '{"mail": {"sources": {}}}'])
def test_a_damaged_memory_tells_all_again(mailing: Configuration, mails: Mails, content: str) -> None:
    (mailing.home / "alerts.json").write_text(content)
    assert alerts.send_due(mailing, "sources", DOWN, NIGHT) == []
    assert len(mails.texts) == 1


def test_a_monitor_hears_of_a_good_run(load: Load) -> None:
    with Loopback(lambda request: reply(b"OK")) as monitor:
        assert alerts.ping(load(f'[alerts]\nping_url = "{monitor.url}/ping"\n')) == []
    assert [request.path for request in monitor.requests] == ["/ping"]
    assert alerts.ping(load("")) == []


@pytest.mark.parametrize("url", ["ftp://a.example.org/x", "http://a.example.org/geheim", "https://", "https://[geheim"])
def test_an_address_that_others_could_read_is_refused_without_being_shown(load: Load, url: str) -> None:
    expected = r"line 3: alerts\.webhook_url: expected https://host/path; change it"
    with pytest.raises(SettingsProblem, match=expected) as refused:
        load(f'[alerts]\nwebhook_url = "{url}"\n')
    assert "geheim" not in str(refused.value)


def test_mail_needs_a_sender(load: Load) -> None:
    with pytest.raises(SettingsProblem, match=r"line 2: alerts: expected sender in \[mail\] beside mail_to; change it"):
        load('[alerts]\nmail_to = ["a@example.org"]\n')
