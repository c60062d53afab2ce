"""Keyed pseudonyms: the same visitor is recognised, nobody is named."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats.folding import trimmed
from connectors.pseudonym import Pseudonymiser

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
pseudonymise = Pseudonymiser(b"k" * 32)


@pytest.mark.parametrize(
    "written", ["  Zoë ", "\u200bzoë\u2060", "\u200ezoë\ufeff ", "ZOË", "zoe\u0308", "\u00a0zoë\t"]
)
def test_blanks_case_and_composition_do_not_make_another_person(written: str) -> None:
    assert pseudonymise("fier", "nickname", written) == pseudonymise("fier", "nickname", "zoë")


def test_case_is_folded_beyond_lower_case() -> None:
    assert pseudonymise("fier", "nickname", "STRASSE") == pseudonymise("fier", "nickname", "straße")


@pytest.mark.parametrize("blank", [None, "", " ", "\t\u00a0\n", "\u200b", "\u3164", "\u2800", "\u00ad\ufeff"])
def test_a_blank_name_is_nobody(blank: str | None) -> None:
    assert pseudonymise("fier", "nickname", blank) is None


@given(names, names)
def test_different_names_have_different_pseudonyms(one: str, other: str) -> None:
    def folded(name: str) -> str:
        return trimmed(unicodedata.normalize("NFC", name)).casefold()

    same = pseudonymise("fier", "nickname", one) == pseudonymise("fier", "nickname", other)
    assert same == (folded(one) == folded(other))


@given(names)
def test_a_pseudonym_is_64_hex_digits_without_the_name(name: str) -> None:
    pseudonym = pseudonymise("fier", "nickname", name)
    assert pseudonym is None or (len(pseudonym) == 64 and set(pseudonym) <= set("0123456789abcdef"))


def test_platforms_fields_and_keys_cannot_be_compared() -> None:
    pseudonyms = {
        pseudonymise("fier", "nickname", "anna"),
        pseudonymise("csg", "nickname", "anna"),
        pseudonymise("fier", "connection_group", "anna"),
        Pseudonymiser(b"K" * 32)("fier", "nickname", "anna"),
        hashlib.sha256(b"anna").hexdigest(),
    }
    assert len(pseudonyms) == 5


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Pseudonymiser(b"k" * 15)


def test_the_key_id_tells_keys_apart_and_does_not_hold_them() -> None:
    assert pseudonymise.key_id == Pseudonymiser(b"k" * 32).key_id != Pseudonymiser(b"K" * 32).key_id
    assert (b"k" * 32).hex()[:16] not in pseudonymise.key_id
