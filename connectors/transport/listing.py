"""Read the pages of a platform's listing of conversations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from connectors.formats.text import UNREADABLE, is_unicode, parse_json
from connectors.transport.http import Client, TryAgain, http_date

# A cursor, or a parameter of the next page's address, that is a small number: it counts records or pages.
COUNT = re.compile(r"(?:^|[?&][^=&]*=)([0-9]{1,8})(?=&|$)")


@dataclass(frozen=True)
class Page:
    """One page of a listing.

    Attributes:
        records: The records of the page.
        sent_at: The server's clock when it sent the page, or None if the answer has no valid date.
    """

    records: list[Any]
    sent_at: datetime | None


class Listing(Client):
    """The listing of the conversations of a source. `Source.shape` describes its requests and its pages.

    Attributes:
        is_counted: Whether a cursor so far counts records or pages. A record that moves then hides another one.
    """

    accepts = "application/json"
    wanted = "a page of conversations"
    is_counted = False

    def pages(self, since: datetime | None) -> Iterator[Page]:
        """Yield all pages of the listing.

        Args:
            since: The whole second (UTC) from which to list updated records, inclusive. None lists all records.

        Yields:
            The pages, in the order of the server.

        Raises:
            SourceProblem: If the server cannot be reached or trusted, refuses, sends something else, repeats a cursor,
                names a next page elsewhere, or takes longer than the deadline.
        """
        shape = self._source.shape
        address = here = f"{self._url.rstrip('/')}/{shape.listing.lstrip('/')}"
        parameters: dict[str, str] = {}
        name, _, moment = shape.since.partition("=")
        if since and name:
            moment = moment.replace("{epoch}", f"{since.timestamp():.0f}")
            parameters[name] = moment.replace("{moment}", f"{since:%Y-%m-%dT%H:%M:%SZ}")
        seen: set[str] = set()
        with self._session, self._deadline:
            while True:
                records, cursor, sent_at = self._attempts(partial(self._page, address, parameters))
                yield Page(records, sent_at)
                if cursor is None or cursor == address:  # a next page that is this page: there are no more records
                    return
                if cursor in seen:
                    raise self._problem("a cursor that was given before", "a new cursor for each page")
                seen.add(cursor)
                self.is_counted |= not {*COUNT.findall(cursor)} <= {*COUNT.findall(here)}
                here = cursor
                if "://" in cursor:
                    address, parameters = self._at_this_server(cursor), {}
                else:
                    parameters[shape.next.rpartition(".")[2].removeprefix("next_")] = cursor

    def _page(self, address: str, parameters: dict[str, str]) -> tuple[list[Any], str | None, datetime | None]:
        """Return the records of a page, its cursor or the address of the next page, and the server's clock."""
        response, content = self._get(address, parameters)
        return *self._body(response, content), http_date(response.headers.get("Date"))

    def _body(self, response: requests.Response, content: bytes) -> tuple[list[Any], str | None]:
        """Return the records and the cursor of a page. Raise an error if the answer is not a whole page.

        A JSON object that is closed and has both keys proves that nothing is missing. The transfer itself may not prove
        it: it may have no length, or a compressed body that was cut.
        """
        body = parse_json(content)
        if body is UNREADABLE:
            kind = "a web page" if "html" in response.headers.get("Content-Type", "").lower() else "an answer"
            raise TryAgain(f"{kind} that is no whole JSON ({len(content)} bytes)")
        shape = self._source.shape
        records, cursor = _at(body, shape.items), _at(body, shape.next)
        is_cursor = cursor is None or (isinstance(cursor, str) and cursor != "" and is_unicode(cursor))
        if not (isinstance(records, list) and is_cursor and shape.next.partition(".")[0] in body):
            raise self._problem("JSON of another shape", f'{{"{shape.items}": [...], "{shape.next}": text or null}}')
        return records, cursor

    def _at_this_server(self, address: str) -> str:
        if urlsplit(address)[:2] != urlsplit(self._url)[:2]:
            raise self._problem(
                "a next page on another server",
                "one on this server; credentials are not taken elsewhere",
                f"Ask its operator, or put the server's final address in `url` of [sources.{self._source.name}].",
            )
        return address


def _at(body: Any, path: str) -> Any:
    """Return the value at a dotted path of a JSON object, or None."""
    for part in path.split("."):
        body = body.get(part) if isinstance(body, dict) else None
    return body
