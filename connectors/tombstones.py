"""Recognise conversations that must not be kept any more. Only keyed marks of them are stored."""

from collections.abc import Collection

from connectors.pseudonym import Pseudonymiser


class Tombstones:
    """The erased conversations.

    A mark is a keyed digest of a `gesprek_id`. It recognises a conversation that is delivered again, and identifies
    nobody.

    Args:
        marks: The marks of all erased conversations.
        pseudonymise: Computes the marks. It must use the key with which `marks` were made.

    Raises:
        ValueError: If there are marks, but no pseudonymiser.
    """

    def __init__(self, marks: Collection[str], pseudonymise: Pseudonymiser | None) -> None:
        if marks and pseudonymise is None:
            raise ValueError("marks of erased conversations are not recognised without the pseudonym key")
        self._marks = frozenset(marks)
        self._pseudonymise = pseudonymise

    def __contains__(self, gesprek_id: str) -> bool:
        return bool(self._marks) and self.mark(gesprek_id) in self._marks

    def mark(self, gesprek_id: str) -> str:
        """Return the mark (64 hex digits) of a conversation."""
        assert self._pseudonymise is not None
        return self._pseudonymise.digest("erased", gesprek_id)


NO_TOMBSTONES = Tombstones((), None)
