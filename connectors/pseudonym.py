"""Replace names by keyed pseudonyms, and recognise erased conversations by keyed marks.

Pseudonyms show which visits belong to one visitor, but not who the visitor is.
"""

import hmac
import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from connectors.codelists.no_names import NAMES_NOBODY
from connectors.formats.folding import folded, trimmed

KNOWN = 1 << 18  # number of names whose pseudonyms stay in memory


class Pseudonymiser:
    """A function from names to pseudonyms: HMAC-SHA-256 (RFC 2104) with a key that is stored apart from the data.

    A plain hash is not enough. An attacker can guess all names of a platform in minutes.

    Args:
        key: The secret key, of at least 16 bytes.
        no_names: Matches a folded nickname that names nobody, such as `anoniem`. It has no pseudonym.

    Raises:
        ValueError: If the key is too short.
    """

    def __init__(self, key: bytes, no_names: re.Pattern[str] = NAMES_NOBODY) -> None:
        if len(key) < 16:
            raise ValueError("a pseudonym key has at least 16 bytes")
        self._key = key
        self.no_names = no_names
        # A name occurs in many records. Its pseudonym is computed once.
        self._known = lru_cache(maxsize=KNOWN)(self._pseudonym)

    def __call__(self, source: str, field: str, text: str | None) -> str | None:
        """Return the pseudonym of a name on one platform.

        The name is first put in Unicode form NFC, trimmed (also of invisible characters) and case-folded. Another
        spelling of the same name is therefore not counted as another person. The source and the field are part of the
        hashed message. Pseudonyms of two platforms can therefore not be compared.

        Args:
            source: The name of the platform's source.
            field: The field that holds the name.
            text: The name.

        Returns:
            The pseudonym (64 hex digits), or None for a blank name and for one that names nobody.
        """
        return self._known(source, field, text) if text else None

    def _pseudonym(self, source: str, field: str, text: str) -> str | None:
        name = trimmed(unicodedata.normalize("NFC", text)).casefold()
        is_nobody = not name or (field == "nickname" and self.no_names.fullmatch(folded(name)))
        return None if is_nobody else self.digest(source, field, name)

    def digest(self, *parts: str) -> str:
        """Return a keyed fingerprint of some texts, in this order.

        Args:
            parts: The texts.

        Returns:
            The fingerprint (64 hex digits).
        """
        return hmac.digest(self._key, "\x1f".join(parts).encode(), "sha256").hex()

    @property
    def key_id(self) -> str:
        """Return an id of the key (16 hex digits) that does not reveal the key.

        Every receipt holds this id. A changed key is therefore noticed.
        """
        return self.digest("zicht key id")[:16]


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
