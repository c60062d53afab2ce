"""Who was erased is recognised by keyed marks, and by nothing else."""

import hashlib
import hmac

import pytest

from connectors.pseudonym import NO_TOMBSTONES, Pseudonymiser, Tombstones

KEY = b"k" * 32


def test_a_marked_conversation_is_recognised_and_no_other() -> None:
    mark = Tombstones((), Pseudonymiser(KEY)).mark("fier:C-1")
    erased = Tombstones([mark], Pseudonymiser(KEY))
    assert "fier:C-1" in erased
    assert [one for one in ("fier:C-2", "csg:C-1", "C-1", mark, "") if one in erased] == []


def test_every_mark_counts() -> None:
    everybody = Tombstones((), Pseudonymiser(KEY))
    ids = ["fier:C-1", "fier:C-2", "csg:C-1"]
    erased = Tombstones([everybody.mark(one) for one in ids], Pseudonymiser(KEY))
    assert [one in erased for one in [*ids, "csg:C-2"]] == [True, True, True, False]


def test_a_mark_is_that_of_no_pseudonym_and_stays_what_it_is() -> None:
    # Marks are kept for good: another rule would let everybody in again.
    expected = hmac.new(KEY, b"erased\x1ffier:C-1", hashlib.sha256).hexdigest()
    assert Tombstones((), Pseudonymiser(KEY)).mark("fier:C-1") == expected


def test_another_key_recognises_nobody() -> None:
    mark = Tombstones((), Pseudonymiser(KEY)).mark("fier:C-1")
    assert "fier:C-1" not in Tombstones([mark], Pseudonymiser(b"K" * 32))


def test_marks_need_their_key() -> None:
    with pytest.raises(ValueError, match="without the pseudonym key"):
        Tombstones(["0" * 64], None)


def test_without_marks_nobody_is_erased_and_no_key_is_needed() -> None:
    assert "fier:C-1" not in NO_TOMBSTONES
    assert "fier:C-1" not in Tombstones((), Pseudonymiser(KEY))
