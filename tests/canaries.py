"""Canaries: random words that stand for secret content, and a scanner that finds them in every encoding."""

import base64
import secrets
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

PREFIX = "kanarie"


class Canaries:
    """Random words, each with a label that names the place where it was put."""

    def __init__(self, labels: dict[str, str] | None = None) -> None:
        self.labels: dict[str, str] = labels or {}

    def __call__(self, label: str) -> str:
        """Return a new word. It has only letters and digits, and needs no escaping in any format."""
        word = PREFIX + secrets.token_hex(10)
        self.labels[word] = label
        return word

    def found_in(self, content: bytes) -> set[str]:
        """Return the labels of the words that occur in some bytes, plain or encoded, in any case."""
        lowered = content.lower()
        if not any(form in lowered for form in _forms(PREFIX)):
            return set()
        return {label for word, label in self.labels.items() if any(form in lowered for form in _forms(word))}


def _forms(word: str) -> list[bytes]:
    plain = word.encode()
    encoded = [base64.b64encode(b"\0" * offset + plain)[4 if offset else 0 : -4] for offset in range(3)]
    wide = [word.encode("utf-16-le"), word.encode("utf-16-be")]
    quoted = "".join(f"%{byte:02x}" for byte in plain).encode()
    return [form.lower() for form in [plain, plain.hex().encode(), quoted, *encoded, *wide]]


def contents_below(folder: Path) -> Iterable[bytes]:
    """Yield the name and bytes of every file below a folder, and every column of every Parquet file as text."""
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder)).encode("utf-8", "surrogateescape")
        if path.is_file():
            yield path.read_bytes()
        if path.suffix == ".parquet":
            file = pq.ParquetFile(path)
            yield str(file.schema_arrow.metadata).encode()
            for name in file.schema_arrow.names:
                yield repr(file.read([name]).to_pydict()).encode("utf-8", "surrogatepass")
