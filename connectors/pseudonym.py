"""Keyed pseudonyms: who is the same visitor, without who the visitor is."""

import hmac
import unicodedata
from functools import lru_cache

KNOWN = 1 << 18  # names whose pseudonyms are held in memory


class Pseudonymiser:
    """HMAC-SHA-256 under a key that is kept apart from the data.

    A plain hash would not do: all names of a platform are guessed in minutes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("a pseudonym key has at least 16 bytes")
        self._key = key
        # A name comes back in many records: its pseudonym is computed once.
        self._known = lru_cache(maxsize=KNOWN)(self._pseudonym)

    def __call__(self, source: str, field: str, text: str | None) -> str | None:
        """The pseudonym (64 hex digits) of a name on one platform, or None for a blank one.

        The name is put in NFC, trimmed and case-folded first, so that writing it otherwise does not make another
        person. Source and field are part of the message: pseudonyms of two platforms cannot be compared.
        """
        return self._known(source, field, text) if text else None

    def _pseudonym(self, source: str, field: str, text: str) -> str | None:
        folded = unicodedata.normalize("NFC", text).strip().casefold()
        return self.digest(source, field, folded) if folded else None

    def digest(self, *parts: str) -> str:
        """A keyed fingerprint of some parts, taken together in this order."""
        return hmac.digest(self._key, "\x1f".join(parts).encode(), "sha256").hex()

    @property
    def key_id(self) -> str:
        """Recognises the key without giving it away: receipts carry it, so that a changed key is noticed."""
        return self.digest("zicht key id")[:16]
