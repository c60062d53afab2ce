"""The page of a release: complete in itself, two whole languages, and no figure that the content does not have."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from contents import LABELS, SPECS, a_content, compared

from flows.release.content import Content
from flows.release.disclosure.protect import STEP, Figure
from flows.release.figures import figures
from flows.release.render.chart_svg import draw
from flows.release.render.charts import MONTHS_SHOWN, Chart, Point, charts, load_breaks
from flows.release.render.page import HERE, render
from flows.release.render.svg import DEPTH
from flows.release.render.tables import tables
from flows.release.schema import SCHEMAS, records
from flows.runtime.configuration import SEEDS

BREAKS = load_breaks(SEEDS / "series_breaks.csv")
LANGUAGES = ("nl", "en")
# Titles and texts in both languages, such as {"nl": "Herzien", "en": "Revised"}.
TEXTS = [
    {language: row[f"{kind}_{language}"] for language in LANGUAGES}
    for row in csv.DictReader((SEEDS / "release_texts.csv").read_text(encoding="utf-8").splitlines())
    for kind in ("title", "text")
]


@dataclass
class Element:
    """An element of the page with its text."""

    tag: str
    attributes: dict[str, str]
    language: str
    within: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The elements of a page in their order."""

    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        inherited = self._open[-1].language if self._open else ""
        within = tuple(element.tag for element in self._open)
        element = Element(tag, attributes, attributes.get("lang", inherited), within)
        self.elements.append(element)
        if tag not in ("meta", "link", "br"):
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open = [element for element in self._open if element.tag != tag or element is not self.elements[-1]]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, look: str = "", language: str = "") -> list[Element]:
        """Elements with a tag, and with a class and in a language where these are given."""
        found = [one for one in self.elements if one.tag == tag and language in ("", one.language)]
        return [one for one in found if not look or look in one.attributes.get("class", "").split()]


def page_of(html: str) -> Page:
    page = Page()
    page.feed(html)
    return page


def rendered(**changes: object) -> str:
    return render(a_content(**changes), SPECS, SEEDS)


@pytest.fixture(scope="module")
def html() -> str:
    return rendered()


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return page_of(html)


def test_the_page_loads_nothing_runs_nothing_and_has_the_same_bytes_each_time(html: str, page: Page) -> None:
    assert rendered() == html
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<script|javascript:|\son[a-z]+=", html)
    assert {one.tag for one in page.elements} & {"script", "img", "iframe", "object", "embed", "base"} == set()
    assert [one.attributes["href"] for one in page.all("link")] == ["data:,"]
    assert all(one.attributes["href"].startswith("#") for one in page.all("a"))


def test_every_id_is_there_once_and_every_reference_leads_to_one(page: Page) -> None:
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    links = {one.attributes["href"][1:] for one in page.all("a")}
    names = {name for one in page.elements for name in one.attributes.get("aria-labelledby", "").split()}
    assert links | names <= set(ids)


def test_hostile_text_stays_text_also_in_a_chart() -> None:
    html = rendered(reason='<script>alert("x")</script>', deliveries="<b>&\"'", follows=("<i>",))
    assert "<script>" not in html and "&lt;script&gt;" in html and "<b>&" not in html and "<i>" not in html
    point = Point("chat", "year", "2020", "<b>", 10, False)
    svg = draw(Chart("t", "bars", "<script>", "<i>&", (point,)), LABELS["nl"])
    assert "<script>" not in svg and "<b>" not in svg and "<i>" not in svg


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_complete_and_can_be_chosen(page: Page, language: str) -> None:
    content = a_content()
    assert len(page.all("article", language=language)) == len(page.all("h1", language=language)) == 1
    assert len(page.all("table", language=language)) == len(tables(content, SPECS, LABELS[language]))
    assert len(page.all("svg", language=language)) == len(charts(content, SPECS, LABELS[language], BREAKS))
    levels = [int(one.tag[1]) for one in page.elements if one.language == language and re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1 and all(level - before <= 1 for before, level in pairwise(levels))
    assert f"#{language}" in {one.attributes["href"] for one in page.all("a") if "hreflang" in one.attributes}


@pytest.mark.parametrize(("language", "other"), [("nl", "en"), ("en", "nl")])
def test_no_text_of_the_other_language_stands_in_it(page: Page, language: str, other: str) -> None:
    [article] = page.all("article", language=language)
    foreign = {text[other] for text in TEXTS if "{" not in text[other]} - {text[language] for text in TEXTS}
    assert [text for text in foreign if len(text) > 6 and text in article.text] == []


def test_both_languages_say_the_same_things_with_the_same_facts() -> None:
    for text in TEXTS:
        assert bool(text["nl"]) == bool(text["en"]), text
        assert sorted(re.findall(r"{\w+}", text["nl"])) == sorted(re.findall(r"{\w+}", text["en"])), text


def numbers_of(content: Content, language: str) -> Iterator[str]:
    """Every number of the content as people write it in a language."""
    labels = LABELS[language]
    tables = {name: list(records(table)) for name, table in content.tables.items()}
    counts: list[float | None] = [n for one in content.counts for n in (one.n, one.n_known)]
    counts += [value for one in tables["comparisons"] for value in (one.n, one.n_previous, one.difference)]
    counts += [value for one in tables["coverage"] for value in (one.n, one.total, one.total_low, one.total_high)]
    counts += [one.value for one in (*tables["registries"], *tables["measures"])]
    counts += [value for one in tables["revisions"] for value in (one.n, one.n_previous)]
    shares = [one.share for one in content.counts]
    shares += [value for one in tables["coverage"] for value in (one.share, one.share_low, one.share_high)]
    yield from (labels.count(count) for count in counts if count is not None)
    yield from (labels.share(share) for share in shares if share is not None)
    yield from (f"{one.value_low:.0f}–{one.value_high:.0f}" for one in tables["registries"])
    yield from (str(year) for year in range(2010, 2021))
    yield from ("[c]", "[z]", "[x]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_in_tables_and_headlines_is_in_the_content(page: Page, language: str) -> None:
    shown = [one.text for one in page.all("td", "number", language) + page.all("span", "value", language)]
    assert len(shown) > 500
    assert set(shown) <= set(numbers_of(a_content(), language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_point_of_a_chart_is_in_the_content(language: str) -> None:
    content = a_content()
    coverage = list(records(content.tables["coverage"]))
    counts = {(one.period_type, one.n) for one in content.counts} | {("year", one.n) for one in coverage}
    counts |= {("year", one.value) for one in records(content.tables["registries"])}
    shares = {one.share for one in content.counts}
    shares |= {value for one in coverage for value in (one.share, one.share_low, one.share_high)}
    for chart in charts(content, SPECS, LABELS[language], BREAKS):
        for point in chart.points:
            assert point.value in shares if point.is_share else (point.period_type, point.value) in counts, chart.table


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_shown_is_marked_and_explained(page: Page, language: str) -> None:
    explained = LABELS[language].text("symbol.[c]")
    for table in (one for one in page.all("section", "part", language) if "[c]" in one.text):
        assert explained in table.text
    assert "[c]" in [one.text for one in page.all("dt", language=language)]


def test_a_table_says_what_each_cell_is_about_and_the_keyboard_scrolls_it(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(one.attributes.get("scope") in ("col", "row") for one in page.all("th"))
    rows = [one for one in page.all("tr") if one.within[-1] == "tbody"]
    assert len([one for one in page.all("th") if one.attributes["scope"] == "row"]) == len(rows)
    regions = [one for one in page.all("div", "scroll") if one.attributes.get("role") == "region"]
    assert regions and all(one.attributes["tabindex"] == "0" and one.attributes["aria-labelledby"] for one in regions)


def test_the_first_screen_says_whether_chance_explains_a_change(page: Page) -> None:
    [glance] = page.all("section", "glance", "nl")
    for said in ("geen duidelijke verandering", "minder", "van naar schatting 6.250"):
        assert said in glance.text.lower()


def test_without_an_earlier_period_the_first_screen_says_so() -> None:
    january = [one for one in figures(a_content().tables) if one.key.period_start == date(2019, 1, 1)]
    only = [one for one in january if one.key.period_type == "month"]
    changes = {"release": "2019-01", "month_end": date(2019, 1, 31), "figures": only, "comparisons": ()}
    page = page_of(rendered(**changes, coverage=(), registries=(), measures=(), revisions=()))
    [glance] = page.all("section", "glance", "nl")
    assert "nog geen eerdere periode" in glance.text
    assert len(page.all("table", language="nl")) == 2


def test_only_a_fictitious_release_says_so_in_its_title_in_print_and_in_both_languages(html: str, page: Page) -> None:
    assert page.all("title")[0].text.startswith("FICTIEF · FICTITIOUS")
    assert 'content: "FICTIEF · FICTITIOUS"' in html
    for language, word in (("nl", "FICTIEF"), ("en", "FICTITIOUS")):
        assert [one.text for one in page.all("p", "notice", language) if one.text.startswith(word)]
    assert "FICTI" not in rendered(is_fictitious=False)


@pytest.mark.parametrize(("language", "day"), [("nl", "31 december 2020"), ("en", "31 December 2020")])
def test_the_top_says_up_to_which_day_the_data_go_and_the_reason_of_a_correction(language: str, day: str) -> None:
    page = page_of(rendered(release="2020-12.1", reason="Een map was dubbel geleverd.", follows=("2020-12",)))
    [notice] = [one for one in page.all("p", "notice", language) if "dubbel geleverd" in one.text]
    assert page.elements.index(notice) < page.elements.index(page.all("h1", language=language)[0])
    assert day in page.all("header", language=language)[0].text


def chart(content: Content, table: str, language: str = "nl") -> Chart:
    return next(one for one in charts(content, SPECS, LABELS[language], BREAKS) if one.table == table)


def with_months(found: list[Figure]) -> Content:
    return a_content(figures=found, comparisons=compared(found))


def changed(variable: str, period: str, **values: int | None) -> list[Figure]:
    """Return the figures, with other values for a variable in the periods whose first day holds a text."""
    return [
        replace(one, **values) if one.key.variable == variable and period in str(one.key.period_start) else one
        for one in figures(a_content().tables)
    ]


def test_a_month_that_is_not_shown_is_a_gap_that_can_be_seen() -> None:
    hidden = chart(with_months(changed("acutely_unsafe", "-05-", n=None)), "unsafe_by_month")
    assert [point.x for point in hidden.points if point.value is None] == ["2019-05", "2020-05"]
    svg = draw(hidden, LABELS["nl"])
    assert svg.count("[c]") == 2 and svg.count("var(--veil)") == 2
    assert len(re.findall(r'<polyline points="\S+ \S', svg)) == 3


def test_a_break_parts_the_lines_of_the_registries_and_is_named() -> None:
    svg = draw(chart(a_content(), "registry_totals"), LABELS["nl"])
    assert "AVG, 25 mei 2018" in svg and "stroke-dasharray" in svg
    # 2016 to 2017 and 2019 to 2020 of the registry; 2018 stands alone; 2019 to 2020 of the chat.
    assert len(re.findall(r'<polyline points="\S+ \S', svg)) == 3


def test_charts_of_months_show_the_last_two_years_only() -> None:
    older = [
        replace(one, key=one.key._replace(period_start=date(2018, 12, 1), period_end=date(2018, 12, 31)))
        for one in figures(a_content().tables)
        if one.key.period_type == "month" and one.key.period_start == date(2019, 12, 1)
    ]
    shown = {point.x for point in chart(with_months([*older, *figures(a_content().tables)]), "flagged_by_month").points}
    assert len(shown) == MONTHS_SHOWN and "2018-12" not in shown


def test_bars_show_shares_where_both_periods_have_them_and_else_counts() -> None:
    assert {point.is_share for point in chart(a_content(), "means").points} == {True}
    few = changed("means", "2020-", n_known=45, share=None)
    assert {point.is_share for point in chart(a_content(figures=few), "means").points} == {False}


def test_a_chart_says_what_it_is_to_people_who_do_not_see_it_and_uses_the_colours_of_the_page(page: Page) -> None:
    words = {one.attributes["id"]: one.text for one in page.elements if "id" in one.attributes}
    for svg in page.all("svg"):
        title, text = svg.attributes["aria-labelledby"].split()
        assert svg.attributes["role"] == "img" and words[title] and words[text]
    drawn = [one.attributes for one in page.elements if "svg" in one.within]
    paints = {attributes[paint] for attributes in drawn for paint in ("fill", "stroke") if paint in attributes}
    assert {paint for paint in paints if not paint.startswith("var(--")} == {"none"}
    assert not [key for attributes in drawn for key in attributes if key.startswith("aria-")]


def test_a_drawing_has_its_text_on_top_and_short_numbers() -> None:
    for one_chart in charts(a_content(), SPECS, LABELS["nl"], BREAKS):
        drawn = page_of(draw(one_chart, LABELS["nl"])).elements[3:]
        assert [one.tag for one in drawn] == sorted((one.tag for one in drawn), key=DEPTH.index)
        places = " ".join(one.attributes.get(name, "") for one in drawn for name in ("x", "y", "cx", "cy", "points"))
        numbers = re.split("[ ,]+", places.strip())
        assert [one for one in numbers if not re.fullmatch(r"\d+(\.\d{1,2})?", one)] == []


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("place", [0, 1])
def test_words_and_marks_stand_out_in_light_and_in_dark(place: int) -> None:
    css = (HERE / "page.css").read_text(encoding="utf-8")
    root = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)[place]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", root))
    for words in ("ink", "soft", "mark"):
        assert contrast(colours[words], colours["paper"]) >= 4.5, words
    assert contrast(colours["notice"], colours["notice-paper"]) >= 4.5
    assert contrast(colours["soft"], colours["veil"]) >= 4.5
    # Marks that carry meaning (WCAG 2.2, 1.4.11).
    for mark in ("mark", "before", "line"):
        assert contrast(colours[mark], colours["paper"]) >= 3, mark


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_release_prints_can_be_revised_and_has_words_for_it(language: str) -> None:
    printed = {"n": None, "printed_before_in": "2019-12", "printed_in": "2020-12"}
    names = [name for name in SCHEMAS["revisions"].columns if name not in {*printed, "n_previous"}]
    rows: list[dict[str, object]] = [
        {**{name: getattr(one, name) for name in names}, **printed, "n_previous": one.n} for one in a_content().counts
    ]
    [spec] = [spec for spec in SPECS if spec.mart == "revisions"]
    [table] = tables(a_content(revisions=rows), [spec], LABELS[language])
    assert len(table.rows) == len(rows) > 200
    assert {row["variable"] for row in rows} > {STEP, "form_group", "means"}
    assert all(isinstance(row[1], str) and row[1] for row in table.rows)
