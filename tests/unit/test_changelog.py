"""CHANGES.md: what is new, revised and gone, per table and year, in both languages."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from release_samples import INTERVAL, REGISTRY, SPECS, WORDS, a_content, a_figure, a_key, a_month, a_year, figures

from flows.release.changelog import changes
from flows.release.content import Content
from flows.release.data import UnreadableRelease, data_tables, write_csv
from flows.release.disclosure.protect import STEP, SUPPRESSED


def out(folder: Path, content: Content) -> Path:
    """A release that is out."""
    name = content.facts.release
    (folder / name / "data").mkdir(parents=True)
    for schema, frame in data_tables(content):
        write_csv(folder / name / "data" / f"{schema.name}.csv", schema, frame)
    return folder / name


def page(content: Content, last: Path | None) -> dict[str, list[str]]:
    """The lines of each section."""
    sections: dict[str, list[str]] = {"": []}
    for line in changes(content, last, SPECS, WORDS).splitlines():
        if line.startswith("#"):
            sections[line.lstrip("# ")] = []
        elif line:
            sections[list(sections)[-1]].append(line)
    return sections


def until(year: int, **given: object) -> Content:
    """The release of December of a year: what ended by then."""
    ended = [figure for figure in figures() if figure.key.period_end.year <= year]
    return a_content(**{"release": f"{year}-12", "figures": ended, "measures": (), **given})


def test_the_first_release_is_all_new() -> None:
    sections = page(a_content(), None)
    assert "Dit is de eerste uitgave." in sections["Wijzigingen in uitgave 2020-12 FICTITIOUS"]
    assert "- **Vormen van uitbuiting**: 2019, 2020." in sections["Nieuw"]
    assert "- **CoMensha**: 2019, 2020." in sections["Nieuw"]
    assert sections["Herzien"] == sections["Niet meer getoond"] == ["Niets."]


def test_months_that_follow_each_other_stand_as_one_range() -> None:
    months = [a_month(2019, 11), a_month(2019, 12), a_month(2020, 1), a_month(2020, 3)]
    found = [a_figure(a_key(month, "visitor", population="", variable=STEP), 20) for month in months]
    assert page(a_content(figures=found), None)["Nieuw"][0] == (
        "- **Gesprekken en bezoekers per maand**: november 2019 tot en met januari 2020, maart 2020."
    )


def test_new_periods_stand_by_table_in_both_languages(tmp_path: Path) -> None:
    sections = page(a_content(), out(tmp_path, until(2019)))
    assert sections["Wijzigingen in uitgave 2020-12 FICTITIOUS"] == ["Vergeleken met uitgave 2019-12."]
    assert sections["Nieuw"] == [
        "- **Wie we zien: bezoekers per groep**: 2020.",
        "- **Gesprekken en bezoekers per maand**: oktober 2020 tot en met december 2020.",
        "- **Van gesprek naar bezoeker**: 2020.",
        "- **Vormen van uitbuiting**: 2020.",
        "- **Gemiddelde en middelste leeftijd**: 2020.",
    ]
    assert sections["New"][1] == "- **Conversations and visitors by month**: October 2020 to December 2020."
    sizes = [len(sections[name]) for name in ("Nieuw", "Herzien", "Niet meer getoond")]
    assert sizes == [len(sections[name]) for name in ("New", "Revised", "No longer shown")]


@pytest.mark.parametrize(
    "changed",
    [
        {"release": "2021-01", "follows": ("2020-12",)},
        {"figures": tuple(replace(figure, released_in="2021-01") for figure in figures())},
        {"registries": [{**one, "edition": "het beeld van 2021"} for one in (INTERVAL, REGISTRY)]},
    ],
    ids=["nothing", "when it was printed", "an edition with the same figure"],
)
def test_what_did_not_change_is_not_named(tmp_path: Path, changed: dict[str, Any]) -> None:
    sections = page(a_content(**changed), out(tmp_path, a_content()))
    assert sections["Nieuw"] == sections["Herzien"] == sections["Niet meer getoond"] == ["Niets."]


def test_revised_figures_are_counted_by_table_and_year(tmp_path: Path) -> None:
    last = out(tmp_path, a_content())
    revised = tuple(
        replace(figure, n=figure.n + 5) if figure.n and figure.key.period_start.year == 2019 else figure
        for figure in figures()
    )
    reason = "herzien, door late meldingen, verbeterde coderingen of samengevoegde dubbelingen."
    assert page(a_content(figures=revised), last)["Herzien"] == [
        f"- **Wie we zien: bezoekers per groep**, 2019: 1 {reason}",
        f"- **Van gesprek naar bezoeker**, 2019: 2 {reason}",
        f"- **Vormen van uitbuiting**, 2019: 1 {reason}",
    ]


def test_a_figure_that_is_no_longer_shown_is_revised(tmp_path: Path) -> None:
    key = a_key(a_year(2019), "sexual")
    hidden = [replace(one, n=None, share=None, status=SUPPRESSED) if one.key == key else one for one in figures()]
    assert len(page(a_content(figures=hidden), out(tmp_path, a_content()))["Herzien"]) == 1


def test_a_correction_gives_its_reason(tmp_path: Path) -> None:
    last = out(tmp_path, a_content())
    revised = (replace(figures()[0], n=5), *figures()[1:])
    sections = page(a_content(release="2020-12.1", figures=revised, reason="Een maand\nstond dubbel."), last)
    said = "Dit is een verbeterde uitgave. De reden: Een maand stond dubbel."
    assert said in sections["Wijzigingen in uitgave 2020-12.1 FICTITIOUS"]
    assert sections["Herzien"][0].endswith("1 herzien, om de reden die hierboven staat.")


def test_a_figure_of_a_registry_is_revised_by_its_edition(tmp_path: Path) -> None:
    before, now = {**REGISTRY, "value": 990}, {**REGISTRY, "edition": "het beeld van 2021"}
    last = out(tmp_path, a_content(registries=[INTERVAL, before]))
    assert page(a_content(registries=[INTERVAL, now]), last)["Herzien"] == [
        "- **CoMensha**, 2020: 1 herzien, door een nieuwe editie (het beeld van 2021)."
    ]


def test_what_is_gone_stands_by_table_or_by_the_variable_of_a_withdrawn_one(tmp_path: Path) -> None:
    gone = a_figure(a_key(a_year(2019), "yes", variable="corona"), 20)
    last = out(tmp_path, a_content(figures=(*figures(), gone)))
    assert page(a_content(), last)["Niet meer getoond"] == ["- **Corona genoemd**: 2019."]
    lines = page(until(2019, registries=[INTERVAL]), last)["Niet meer getoond"]
    assert {"- **Vormen van uitbuiting**: 2020.", "- **CoMensha**: 2020."} <= set(lines)


def test_no_value_of_a_cell_is_told(tmp_path: Path) -> None:
    revised = tuple(replace(figure, n=777_775) for figure in figures())
    text = changes(a_content(figures=revised), out(tmp_path, a_content()), SPECS, WORDS)
    assert "777" not in text and not [figure for figure in figures() if f" {figure.n} " in text]


def test_a_last_release_that_was_damaged_stops_the_page(tmp_path: Path) -> None:
    last = out(tmp_path, a_content())
    (last / "data" / "measures.csv").unlink()
    with pytest.raises(UnreadableRelease, match=r"measures.csv"):
        changes(a_content(), last, SPECS, WORDS)
