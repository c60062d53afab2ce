"""Download bytes over HTTP, with one layer of retries and one total deadline."""

import logging
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

from connectors.errors import SourceProblem
from connectors.source import Source
from connectors.transport.connection import Deadline, session

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
DEADLINE_SECONDS = 3600.0
CONNECT_AND_READ_SECONDS = (10, 30)
PAGE_BYTES = 12 << 20  # 60 kB a record; parsed JSON takes up to 24 times as much memory
DOCUMENT_BYTES = 64 << 20
RETRIED = {429, 500, 502, 503, 504}

Answer = TypeVar("Answer")

# urllib3 logs addresses with their cursors, and headers that it could not read.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class TryAgain(Exception):
    """A temporary fault: what was found, and how many seconds the server asked to wait."""

    def __init__(self, found: str, wait: float | None = None) -> None:
        super().__init__(found)
        self.found = found
        self.wait = wait


class Client:
    """A client of the address of a source, for one download. The deadline starts when the client is created.

    Args:
        source: The configured source. It must have a `url`.
        sleep: The function that waits before another attempt. It is an argument, so tests need not wait.
    """

    accepts = "*/*"
    wanted = "an answer"
    most_bytes = PAGE_BYTES

    def __init__(self, source: Source, *, sleep: Callable[[float], None] = time.sleep) -> None:
        assert source.url is not None
        parts = urlsplit(source.url)
        # Messages show only this part of the address. User names and query parameters can hold secrets.
        self._where = f"{source.name}: {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._source = source
        self._url = source.url
        self._sleep = sleep
        self._deadline = Deadline(DEADLINE_SECONDS)
        self._session = session(self._deadline, source.ca_file, source.proxy)
        self._session.headers["Accept"] = self.accepts
        if source.token:
            header, _, value = source.shape.auth.partition(":")
            self._session.headers[header] = value.strip().replace("{token}", source.token)

    def _attempts(self, get: Callable[[], Answer]) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return get()
            except TryAgain as fault:
                wait = FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1) if fault.wait is None else fault.wait
                is_late = wait > self._deadline.left
                too_long = is_late or wait > LONGEST_WAIT_SECONDS
                if attempt == ATTEMPTS or too_long:
                    tried = f" ({attempt} attempts)" if attempt > 1 else ""
                    asked = f", and to wait {wait:.0f} seconds" if fault.wait is not None and too_long else ""
                    raise self._problem(
                        fault.found + asked + tried, within_deadline() if is_late else self.wanted
                    ) from None
                self._sleep(wait)
        raise AssertionError("unreachable")

    def _get(self, url: str, parameters: dict[str, str]) -> tuple[requests.Response, bytes]:
        waits = [max(0.01, min(wait, self._deadline.left)) for wait in CONNECT_AND_READ_SECONDS]
        try:
            with self._session.get(
                url, params=parameters, stream=True, allow_redirects=False, timeout=(waits[0], waits[1])
            ) as response:
                self._check_status(response)
                content = self._content(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            self._check_deadline()
            self._check_certificate(error)
            # The message names only the kind of error. Its text can hold the address with its parameters.
            raise TryAgain(f"no whole answer ({type(error).__name__})") from None
        self._check_deadline()
        return response, content

    def _check_deadline(self) -> None:
        """Raise a problem if the deadline is over. An answer that was cut can look complete."""
        if self._deadline.is_over:
            raise self._problem("a download that goes on too long", within_deadline())

    def _check_certificate(self, error: BaseException | None) -> None:
        while error:
            if isinstance(error, ssl.SSLCertVerificationError):
                raise self._problem(
                    f"a certificate that cannot be trusted ({error.verify_message.rstrip('.')})",
                    "one for this address by an authority that is known",
                    f"Ask its operator, or name your own authority in `ca_file` of [sources.{self._source.name}].",
                )
            error = error.__context__

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status in RETRIED:
            raise TryAgain(f"status {status}", retry_after(response.headers.get("Retry-After")))
        if 300 <= status < 400:
            raise self._problem(
                f"a redirect (status {status})",
                "an answer at this address; credentials are not taken elsewhere",
                f"Put the final address in `url` of [sources.{self._source.name}].",
            )
        if status in (401, 403):
            raise self._problem(
                f"status {status}", "that the token is accepted", f"Renew the token of [sources.{self._source.name}]."
            )
        if status != 200:
            raise self._problem(f"status {status}", "status 200")

    def _content(self, response: requests.Response) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while chunk := response.raw.read1(1 << 16, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > self.most_bytes:
                raise self._problem(f"an answer of over {self.most_bytes >> 20} MiB", self.wanted)
        return b"".join(chunks)

    def _problem(self, found: str, expected: str, do: str | None = None) -> SourceProblem:
        return SourceProblem(
            self._where,
            found=found,
            expected=expected,
            do=do or "Ask its operator; what was received earlier is kept, and the next run tries again.",
        )


class Document(Client):
    """One file at an address."""

    wanted = "a workbook"
    most_bytes = DOCUMENT_BYTES

    def content(self) -> bytes:
        """Return the bytes of the file.

        This method does not check that they are a whole workbook. The checksums inside the workbook show that later.

        Raises:
            SourceProblem: If the server cannot be reached or trusted, refuses, sends too much, or takes longer than the
                deadline.
        """
        with self._session, self._deadline:
            return self._attempts(lambda: self._get(self._url, {})[1])


def within_deadline() -> str:
    """Return what a download that takes too long was expected to be."""
    return f"all of it within the deadline of {DEADLINE_SECONDS:.0f} s"


def retry_after(header: str | None) -> float | None:
    """Return the seconds to wait after a `Retry-After` header (RFC 9110).

    Args:
        header: The value of the header: seconds or an HTTP date. None if there is no header.

    Returns:
        The seconds, at least 0. None if the header is missing or not valid.
    """
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    moment = http_date(header)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return None
