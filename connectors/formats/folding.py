"""Compare texts as a reader sees them: without case, width and what is invisible."""

import re
import unicodedata

# Unicode's property Default_Ignorable_Code_Point, control characters, and the blank Braille pattern.
INVISIBLE = (
    "\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_EDGES = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")

# Part of the fingerprint of a delivery. Raise it with every change of a function below, or of the words that mean true
# or false (connectors/chat/blocks.py): files are then read again.
FOLDING = 2


def trimmed(text: str) -> str:
    """Return a text without the blanks and invisible characters at its edges."""
    return text.strip() if text.isascii() and text.isprintable() else _EDGES.sub("", text)


def folded(text: str) -> str:
    """Return a mark or name in the form in which it is compared with others.

    The form ignores case, width (NFKC), invisible characters, and kinds and numbers of blanks.

    Example:
        `folded(" MENSEN\u200bHANDEL ")` is `mensenhandel`.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(unicodedata.normalize("NFKC", plain.casefold()).split())
