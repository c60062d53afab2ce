"""What the codebook says that a cell means."""

import hashlib
from pathlib import Path

import pytest

from connectors.codelists.codebook import Codebook, Column, load_codebook

TEXT = """variable,kind,column,code,label_nl,label_en,category
sex,single,geslacht,1,Vrouw,Woman,female
sex,single,geslacht,2,MÄN,Man,male
sex,single,geslacht,9,Anders,Other,other
form,multiple,vorm_1,1,Ja,Yes,sexual
age,number,leeftijd,,,,
began,month,begin,,,,
"""


@pytest.fixture
def codebook(tmp_path: Path) -> Codebook:
    path = tmp_path / "codebook.csv"
    path.write_text(TEXT, encoding="utf-8")
    return load_codebook(path)


def test_a_cell_is_known_by_its_code_and_by_its_folded_dutch_label(codebook: Codebook) -> None:
    assert codebook.columns == {
        "geslacht": Column(
            "single",
            {"1": "1", "vrouw": "1", "2": "2", "man": "2", "9": "9", "anders": "9"},
            {"woman": "1", "man": "2", "other": "9"},
        ),
        "vorm_1": Column("multiple", {"1": "1", "ja": "1"}, {"yes": "1"}),
        "leeftijd": Column("number", {}),
        "begin": Column("month", {}),
    }


def test_the_fingerprint_follows_every_byte(codebook: Codebook, tmp_path: Path) -> None:
    assert codebook.fingerprint == hashlib.sha256(TEXT.encode()).hexdigest()[:16]
    changed = tmp_path / "changed.csv"
    changed.write_text(TEXT.replace("Woman", "woman"), encoding="utf-8")
    assert load_codebook(changed).fingerprint != codebook.fingerprint


@pytest.mark.parametrize("text", ["", "onbekend"])
@pytest.mark.parametrize("column", ["geslacht", "vorm_1", "leeftijd", "begin"])
def test_an_empty_cell_and_the_word_say_that_nothing_is_known(codebook: Codebook, column: str, text: str) -> None:
    assert codebook.columns[column].is_missing(text)


@pytest.mark.parametrize("text", ["8", "9", "98", "99", "998", "999"])
def test_a_missing_code_is_one_unless_the_codebook_gives_it_a_meaning(codebook: Codebook, text: str) -> None:
    assert codebook.columns["vorm_1"].is_missing(text)
    assert codebook.columns["geslacht"].is_missing(text) == (text != "9")
    assert codebook.columns["leeftijd"].is_missing(text) == (text in ("998", "999"))


@pytest.mark.parametrize("column", ["geslacht", "vorm_1", "leeftijd", "begin"])
def test_other_cells_are_known(codebook: Codebook, column: str) -> None:
    assert not codebook.columns[column].is_missing("1")
