"""Download the only file at an address."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from connectors.source import Source, SourceFile
from connectors.transport.http import Document


@contextmanager
def downloaded(source: Source) -> Iterator[SourceFile]:
    """Yield the workbook at the address of a source, as a temporary file.

    Raises:
        SourceProblem: If it cannot be downloaded.
    """
    content = Document(source).content()
    with TemporaryDirectory(prefix="zicht-") as folder:
        path = Path(folder) / f"{PurePosixPath(unquote(urlsplit(source.url or '').path)).stem or 'workbook'}.xlsx"
        path.write_bytes(content)
        os.utime(path, (0, 0))  # an old date shows that the file is complete
        yield SourceFile(path, path.name)
