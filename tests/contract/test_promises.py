"""Each promise has tests, and each figure that a test records has its promise."""

import re
import runpy
from xml.etree import ElementTree

import pytest

from flows.runtime.configuration import ROOT

MADE = runpy.run_path(str(ROOT / "docs" / "make_promises.py"))
figure, latest, load_promises = MADE["figure"], MADE["latest"], MADE["load_promises"]
RECORDED = re.compile(r'record_property\(\s*"([a-z-]+)"')
ONE = {"slug": "orders", "tests": "tests/a/test_b.py::test_c", "promise": "p", "goal": "g", "audience": "Auditor"}


def cases(*inner: str) -> list[ElementTree.Element]:
    bodies = "".join(
        f'<testcase classname="tests.a.test_b" name="test_c[{n}]">{one}</testcase>' for n, one in enumerate(inner)
    )
    return list(ElementTree.fromstring(f"<suite>{bodies}</suite>").iter("testcase"))


def test_each_promise_names_tests_that_exist() -> None:
    for promise in load_promises():
        path, _, name = promise["tests"].partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert f"def {name}" in text if name else "def test_" in text, promise["slug"]


def test_each_figure_that_a_test_records_belongs_to_a_promise() -> None:
    recorded = {
        slug
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.name != "test_promises.py"
        for slug in RECORDED.findall(path.read_text(encoding="utf-8"))
    }
    slugs = [promise["slug"] for promise in load_promises()]
    assert recorded <= set(slugs) and len(slugs) == len(set(slugs))


def test_the_page_holds_every_promise_with_a_figure() -> None:
    text = MADE["PAGE"].read_text(encoding="utf-8")
    for promise in load_promises():
        assert re.search(rf"^\| {re.escape(promise['promise'])} \| .+ \| \*\*.+\*\* \| ", text, flags=re.MULTILINE)


def test_a_figure_is_what_the_tests_recorded_or_how_many_passed() -> None:
    recorded = '<properties><property name="orders" value="one hash"/></properties>'
    assert figure(ONE, cases("", recorded)) == "one hash"
    assert figure(ONE, cases("", "")) == "2 of 2 tests"


@pytest.mark.parametrize("inner", [[], ["", "<failure/>"], ["<error/>"], ["<skipped/>"]])
def test_a_promise_whose_tests_failed_or_did_not_run_stops_the_page(inner: list[str]) -> None:
    with pytest.raises(MADE["NotKept"], match=r"^orders: "):
        figure(ONE, cases(*inner))


def test_a_test_that_was_run_again_counts_once() -> None:
    failed, again = (
        f'<suite><testcase classname="tests.a.test_b" name="test_c">{one}</testcase></suite>'
        for one in ("<failure/>", "")
    )
    assert figure(ONE, latest(map(ElementTree.fromstring, (failed, again)))) == "1 of 1 tests"
    with pytest.raises(MADE["NotKept"]):
        figure(ONE, latest(map(ElementTree.fromstring, (again, failed))))
