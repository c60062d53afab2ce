"""Define the receipt of a delivery."""

from dataclasses import dataclass, field

COUNTED, QUARANTINED, WITHDRAWN = "counted", "quarantined", "withdrawn"


@dataclass(frozen=True)
class Receipt:
    """The proof that one delivery arrived: where it came from, when, how much it held, and whether it counts.

    Attributes:
        sequence: The order of acceptance within the source, from 1.
        file: The name by which people know the file.
        delivery: The name of the rows (32 hex digits).
        content: The SHA-256 of the bytes from which the rows were read. For an HTTP listing, the same as `delivery`.
        key_id: The id of the pseudonym key, or an empty text without a key.
        received_at: The moment of acceptance (ISO 8601, UTC).
        rows: The number of accepted rows, by table.
        rejected: The number of rejections.
        updated_through: The moment up to which the platform has been read (ISO 8601). Only for HTTP listings.
        reading: A digest of the settings of the reading. Older versions of zicht left it blank.
        not_honoured: How many records may be deletions and could not be read.
        state: `counted`, `quarantined` or `withdrawn`.
        faults: The rules of connectors/gate.py that it broke.
        decided: Who decided that it counts or not, when, and why (`by`, `at`, `reason`). Empty without a decision.
        live: The number of conversations that are not deleted.
        flagged: How many of them are flagged. Older versions of zicht left it open.
        newest: When the newest conversation started, of all that came so far (ISO 8601). Empty if there is none, and in
            receipts of older versions of zicht.
        newer: How many of its conversations started after all that came before.
        is_cut: Whether the listing was cut off at `updated_through`.
        hides: The number of conversations that it hides until a person has approved its deletions.
    """

    sequence: int
    source: str
    kind: str
    file: str
    delivery: str
    content: str
    key_id: str
    received_at: str
    rows: dict[str, int]
    rejected: int
    updated_through: str | None = None
    reading: str = ""
    not_honoured: int = 0
    state: str = COUNTED
    faults: str = ""
    decided: dict[str, str] = field(default_factory=dict)
    live: int = 0
    flagged: int | None = None
    newest: str = ""
    newer: int = 0
    is_cut: bool = False
    hides: int = 0

    @property
    def path(self) -> str:
        """The path that it is a content of, or an empty text for a listing."""
        return "" if self.updated_through else self.file
