"""The page in a browser: three widths, light and dark, two languages, on paper and by keyboard."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contents import SPECS, a_content

from flows.release.render.page import render
from flows.runtime.configuration import SEEDS

pytestmark = pytest.mark.full

WIDTHS = (360, 820, 1280)
LANGUAGES = {"nl": "", "en": "#en"}
A4_MOST_PAGES = 30

CUT_OFF = """() => [...document.querySelectorAll('svg')].filter(svg => svg.checkVisibility()).flatMap(svg => {
    const frame = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter(text => {
        const box = text.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1
            || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    }).map(text => text.textContent);
})"""
OVERLAPPING = """() => [...document.querySelectorAll('svg')].filter(svg => svg.checkVisibility()).flatMap(svg => {
    const words = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
    return words.flatMap(([one, a], place) => words.slice(place + 1).filter(([, b]) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > a.height / 2
    ).map(([other]) => [one, other]));
})"""
CUT_ON_PAPER = """() => [...document.querySelectorAll('.part:not(.broad) table')].filter(table =>
    table.checkVisibility() && table.getBoundingClientRect().right > 673).map(table => table.caption.textContent)"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with every table and chart, opened from disk as a reader would."""
    path: Path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(render(a_content(reason="Een map was dubbel geleverd."), SPECS, SEEDS), encoding="utf-8")
    return path.as_uri()


class Visit:
    """A page that is open, and what went wrong or was asked of any host meanwhile."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(address)

    def can_see(self, language: str) -> bool:
        return bool(self.page.locator(f"article#{language}").is_visible())

    def is_too_wide(self) -> bool:
        root = "document.documentElement"
        return bool(self.page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))


@pytest.fixture
def visit(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open the page as (width, scheme, language) say."""
    width, scheme, language = request.param
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield Visit(page, address + LANGUAGES[language])
    page.close()


EVERY = [(width, scheme, language) for width in WIDTHS for scheme in ("light", "dark") for language in LANGUAGES]
ONE = [(1280, "light", "nl")]


@pytest.mark.parametrize("visit", EVERY, indirect=True, ids=str)
def test_everybody_can_read_it(visit: Visit, axe: str, request: pytest.FixtureRequest) -> None:
    _, _, language = request.node.callspec.params["visit"]
    assert [one for one in LANGUAGES if visit.can_see(one)] == [language]
    visit.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    visit.page.evaluate(axe)
    found = visit.page.evaluate("axe.run()")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert len(found["passes"]) > 20
    assert not visit.is_too_wide()


@pytest.mark.parametrize("visit", EVERY, indirect=True, ids=str)
def test_it_asks_no_host_and_has_no_fault(visit: Visit, address: str) -> None:
    visit.page.mouse.wheel(0, 20000)
    visit.page.wait_for_load_state("networkidle")
    assert visit.faults == []
    assert [one.split("#")[0] for one in visit.requests] == [address]


@pytest.mark.parametrize(
    "visit", [(width, "light", language) for width in WIDTHS for language in LANGUAGES], indirect=True
)
def test_no_word_of_a_chart_is_cut_off_or_lies_on_another(visit: Visit) -> None:
    assert visit.page.evaluate(CUT_OFF) == []
    assert visit.page.evaluate(OVERLAPPING) == []


@pytest.mark.parametrize("visit", ONE, indirect=True)
def test_the_month_fits_in_one_screen(visit: Visit) -> None:
    bottom = visit.page.evaluate("document.querySelector('#nl-glance .columns').getBoundingClientRect().top")
    assert bottom < 400
    for heading in ("December 2020", "Wat er veranderde", "Welk deel in beeld is"):
        assert visit.page.get_by_role("heading", name=heading, exact=True).bounding_box()["y"] < 800


@pytest.mark.parametrize("visit", ONE, indirect=True)
def test_the_keyboard_skips_to_the_figures_and_changes_the_language(visit: Visit) -> None:
    keyboard = visit.page.keyboard
    keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.getAttribute('href')") == "#nl-glance"
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Enter")
    assert (visit.can_see("nl"), visit.can_see("en")) == (False, True)
    visit.page.locator("#en .contents a").first.click()
    assert (visit.can_see("nl"), visit.can_see("en")) == (False, True)


@pytest.mark.parametrize(
    "visit", [(1280, scheme, language) for scheme in ("light", "dark") for language in LANGUAGES], indirect=True
)
def test_it_is_printed_whole_on_a4_in_the_language_in_view(visit: Visit, request: pytest.FixtureRequest) -> None:
    _, _, language = request.node.callspec.params["visit"]
    visit.page.emulate_media(media="print")
    assert [one for one in LANGUAGES if visit.can_see(one)] == [language]
    assert visit.page.evaluate("getComputedStyle(document.querySelector('summary')).display") == "none"
    # A4 less its margins, at 96 pixels to the inch; 11 columns are printed across the paper.
    visit.page.set_viewport_size({"width": 672, "height": 990})
    assert visit.page.evaluate(CUT_ON_PAPER) == []
    pdf = visit.page.pdf(prefer_css_page_size=True, print_background=True)
    assert 8 < len(re.findall(rb"/Type\s*/Page\b", pdf)) <= A4_MOST_PAGES
