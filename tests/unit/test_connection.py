"""The connection under a pull: it trusts no stranger, follows no redirect, and is cut at its deadline whatever it waits
for. Servers are real and on loopback."""

import datetime
import gzip
import itertools
import resource
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from loopback import Loopback, Request, head, page, reply
from samples import problem_of

from connectors.errors import SourceProblem
from connectors.source import Shape, Source
from connectors.transport import http
from connectors.transport.connection import Deadline
from connectors.transport.http import ATTEMPTS, Document
from connectors.transport.listing import Listing

TOKEN = "token-that-nobody-else-may-see"
TOO_LONG = "a download that goes on too long"
NO_TLS = f"no whole answer (SSLError) ({ATTEMPTS} attempts)"


def refused(url: str, ca_file: Path | None = None) -> SourceProblem:
    """The problem with which the reading of a listing ends."""
    return problem_of(
        Listing(Source("bron", "chat", url=url, token=TOKEN, ca_file=ca_file), sleep=lambda seconds: None).pages, None
    )


def endless(start: bytes, piece: bytes, pause: float = 0.02) -> Callable[[Request], Iterator[bytes]]:
    """A server that is never done."""

    def answer(request: Request) -> Iterator[bytes]:
        yield start
        for _ in range(500):
            yield piece
            time.sleep(pause)

    return answer


DEFLATE = zlib.compressobj(wbits=31)
PACKED_START, NOTHING_PACKED = DEFLATE.compress(b"") or gzip.compress(b"")[:10], b"\x00\x00\x00\xff\xff"
DRIPS = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "informational": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body until closed": (head("200 OK"), b" "),
    "body with length": (head("200 OK", "Content-Length: 100000"), b" "),
    "chunk size": (head("200 OK", "Transfer-Encoding: chunked"), b"0"),
    "chunks": (head("200 OK", "Transfer-Encoding: chunked"), b"1\r\n \r\n"),
    "trailer": (head("200 OK", "Transfer-Encoding: chunked") + b"0\r\n", b"X: y\r\n"),
    "packed nothing": (head("200 OK", "Content-Encoding: gzip") + PACKED_START, NOTHING_PACKED),
    "body of a redirect": (head("302 Found", "Location: /elsewhere"), b" "),
    "body of a refusal": (head("503 Busy", "Retry-After: 0"), b" "),
}


@pytest.mark.parametrize("drip", DRIPS)
def test_a_server_that_drips_is_left_at_the_deadline(drip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_SECONDS", 0.4)
    started = time.monotonic()
    with Loopback(endless(*DRIPS[drip])) as server:
        found = refused(server.url).found
    assert time.monotonic() - started < 2
    others = {"body of a redirect": "a redirect (status 302)", "body of a refusal": f"status 503 ({ATTEMPTS} attempts)"}
    assert found == others.get(drip, TOO_LONG)


def test_a_workbook_that_drips_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_SECONDS", 0.4)
    with Loopback(endless(head("200 OK"), b"PK")) as server:
        assert problem_of(Document(Source("bron", "comensha", url=server.url)).content).found == TOO_LONG


def test_a_handshake_that_drips_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_SECONDS", 0.4)
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            # A handshake record of 16,000 bytes, one at a time.
            with connection, pytest.raises(OSError):
                for byte in itertools.chain(b"\x16\x03\x03\x3e\x80\x02\x00\x3e\x7c", itertools.repeat(0)):
                    connection.sendall(bytes([byte]))
                    time.sleep(0.02)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        problem = refused(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(5)
    assert problem.found == TOO_LONG
    assert time.monotonic() - started < 2


def test_a_deadline_also_cuts_what_is_opened_after_it() -> None:
    deadline = Deadline(0.01)
    near, far = socket.socketpair()
    with near, far, deadline:
        time.sleep(0.1)
        deadline.hold(near)
        assert (deadline.is_over, near.recv(1), far.recv(1)) == (True, b"", b"")


def test_a_deadline_that_is_left_in_time_cuts_nothing() -> None:
    near, far = socket.socketpair()
    with near, far:
        with Deadline(0.05) as deadline:
            deadline.hold(near)
        time.sleep(0.1)
        far.sendall(b"x")
        assert (deadline.is_over, near.recv(1)) == (False, b"x")


@pytest.mark.parametrize(
    "location",
    ["http://[::1", "//[", "http://a:b:c/", "https://\x80\xff/", "file:///etc/passwd", "", "http://127.0.0.1:0/"],
)
def test_wherever_a_redirect_leads_it_is_told_as_one(location: str) -> None:
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode("latin-1") + b"\r\n\r\n"
    with Loopback(lambda request: answer) as server:
        assert refused(server.url).found == "a redirect (status 302)"
    assert len(server.requests) == 1


def test_the_body_of_a_redirect_is_not_read() -> None:
    sent = 0

    def answer(request: Request) -> Iterator[bytes]:
        nonlocal sent
        yield head("302 Found", "Location: http://127.0.0.1:1/")
        for _ in range(100):
            yield bytes(1 << 20)
            sent += 1

    with Loopback(answer) as server:
        assert refused(server.url).found == "a redirect (status 302)"
    assert sent < 20


@pytest.mark.parametrize("packed", [False, True])
def test_a_bomb_is_refused_before_it_fills_the_memory(packed: bool) -> None:
    body = b'{"items": [' + b"{}," * (30 << 20) + b'{}], "next_cursor": null}'
    answer = reply(gzip.compress(body, 1), "Content-Encoding: gzip") if packed else reply(body)
    with Loopback(lambda request: answer) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.monotonic()
        assert refused(server.url).found == "an answer of over 12 MiB"
        assert len(server.requests) == 1
    assert time.monotonic() - started < 5
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10 < 100


def authority_and_server(
    host: str = "127.0.0.1", not_after: datetime.datetime | None = None
) -> tuple[trustme.CA, ssl.SSLContext]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, not_after=not_after).configure_cert(context)
    return authority, context


def written(authority: trustme.CA, folder: Path) -> Path:
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder / "ca.pem"


def ended() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


def test_an_own_authority_is_trusted_where_it_is_named(tmp_path: Path) -> None:
    authority, context = authority_and_server()
    with Loopback(lambda request: reply(page([1])), context) as server:
        [found] = Listing(
            Source("bron", "chat", url=server.url, token=TOKEN, ca_file=written(authority, tmp_path))
        ).pages(None)
    assert found.records == [1]
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_proxy_of_the_settings_gets_every_request() -> None:
    with Loopback(lambda request: reply(page([1]))) as proxy:
        plain = Source("bron", "chat", url="http://chat.example/api", token=TOKEN, proxy=proxy.url)
        [found] = Listing(plain).pages(None)
        secret = replace(plain, url="https://chat.example/api")
        problem = problem_of(Listing(secret, sleep=lambda seconds: None).pages, None)
    assert found.records == [1] and problem.found == NO_TLS
    assert proxy.requests[0].headers["host"] == "chat.example"
    # Behind a tunnel for TLS, the proxy sees neither the path nor the token.
    assert {request.path for request in proxy.requests[1:]} == {"443"}
    assert not any(TOKEN in str(request.headers) for request in proxy.requests[1:])


def test_the_header_with_the_token_is_as_the_settings_say() -> None:
    with Loopback(lambda request: reply(page([]))) as server:
        list(
            Listing(Source("bron", "chat", url=server.url, token=TOKEN, shape=Shape(auth="X-Key: {token}"))).pages(None)
        )
    assert server.requests[0].headers["x-key"] == TOKEN and "authorization" not in server.requests[0].headers


def test_a_workbook_of_an_own_authority_is_read(tmp_path: Path) -> None:
    authority, context = authority_and_server()
    with Loopback(lambda request: reply(b"PK"), context) as server:
        assert (
            Document(Source("bron", "comensha", url=server.url, ca_file=written(authority, tmp_path))).content()
            == b"PK"
        )


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("unknown authority", "unable to get local issuer certificate"),
        ("other authority", "unable to get local issuer certificate"),
        ("expired", "certificate has expired"),
        ("other host", "IP address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
)
def test_a_certificate_that_does_not_fit_ends_the_pull_at_once(fault: str, told: str, tmp_path: Path) -> None:
    authority, context = authority_and_server(
        host="other.example" if fault == "other host" else "127.0.0.1",
        not_after=ended() if fault == "expired" else None,
    )
    trusted = {"unknown authority": None, "other authority": trustme.CA()}.get(fault, authority)
    handshakes = []
    context.sni_callback = lambda *connection: handshakes.append(connection)
    with Loopback(lambda request: reply(page([1])), context) as server:
        problem = refused(server.url, written(trusted, tmp_path) if trusted else None)
    assert problem.found.startswith(f"a certificate that cannot be trusted ({told}")
    assert "`ca_file` of [sources.bron]" in problem.do
    assert (server.requests, len(handshakes)) == ([], 1)


def test_the_environment_does_not_say_whom_to_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, context = authority_and_server()
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(written(authority, tmp_path)))
    with Loopback(lambda request: reply(page([1])), context) as server:
        assert refused(server.url).found.startswith("a certificate that cannot be trusted")
    assert server.requests == []


def test_a_downgraded_handshake_is_refused(tmp_path: Path) -> None:
    authority, context = authority_and_server()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with Loopback(lambda request: reply(page([1])), context) as server:
        assert refused(server.url, written(authority, tmp_path)).found == NO_TLS
    assert server.requests == []


def test_a_server_that_speaks_no_tls_gets_no_token(tmp_path: Path) -> None:
    received = b""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_plainly() -> None:
            nonlocal received
            for _ in range(ATTEMPTS):
                connection, _ = listener.accept()
                with connection:
                    received += connection.recv(1 << 16)
                    connection.sendall(reply(page([1])))

        thread = threading.Thread(target=answer_plainly, daemon=True)
        thread.start()
        assert refused(f"https://127.0.0.1:{listener.getsockname()[1]}").found == NO_TLS
        thread.join(5)
    assert received and TOKEN.encode() not in received
