"""The connection under a pull: nothing from the environment, no redirects, and cut at its deadline."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Deadline:
    """Cuts the one connection in use when the time is over, whatever it waits for: a handshake, headers or a body.

    Time-outs of a socket bound each wait for some bytes; a server that sends one byte now and then outlasts them all.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._at = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._held: socket.socket | None = None

    @property
    def left(self) -> float:
        """Seconds until then."""
        return self._at - time.monotonic()

    def __enter__(self) -> "Deadline":
        self._timer = threading.Timer(max(0.0, self.left), self._cut)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            self._let_go()

    def hold(self, connection: socket.socket) -> socket.socket:
        """Take a new connection under watch instead of the one before it."""
        with self._lock:
            self._let_go()
            # TLS will take the socket over, before its handshake; a second handle on it stays ours.
            self._held = connection.dup()
            if self.is_over:
                self._shut()
        return connection

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            self._shut()

    def _shut(self) -> None:
        if self._held:
            with suppress(OSError):  # the other side was first
                self._held.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._held:
            self._held.close()
            self._held = None


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: for the sake of a redirect that is not followed, requests would read its whole body."""


def session(deadline: Deadline, ca_file: Path | None) -> requests.Session:
    """A session under a deadline that trusts the public authorities, or the one of a file in their place."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return deadline.hold(super()._new_conn())

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return deadline.hold(super()._new_conn())

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    opened = _Session()
    opened.trust_env = False  # no proxy, no netrc and no authorities from the environment
    opened.verify = str(ca_file) if ca_file else True
    for scheme in ("http://", "https://"):
        adapter = HTTPAdapter()
        adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
        opened.mount(scheme, adapter)
    return opened
