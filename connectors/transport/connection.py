"""Make the connection for a pull. It ignores the environment, follows no redirect, and is cut at its deadline."""

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
    """A time limit that cuts the one connection in use, whatever it waits for: a handshake, headers or a body.

    The time-out of a socket limits each wait for some bytes. A server that sends one byte now and then never reaches
    it. Use an instance as a context manager around the download.

    Args:
        seconds: The time from now until the deadline.

    Attributes:
        is_over: Whether the deadline has cut the connection.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._at = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._held: socket.socket | None = None

    @property
    def left(self) -> float:
        """Return the seconds until the deadline."""
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
        """Watch a new connection, so that it is cut at the deadline. The previous one is no longer watched.

        Args:
            connection: The socket of the new connection.

        Returns:
            The same socket.
        """
        with self._lock:
            self._let_go()
            # TLS takes over the socket before its handshake. The second handle remains ours.
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
            with suppress(OSError):  # the other side closed it first
                self._held.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._held:
            self._held.close()
            self._held = None


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None. Otherwise requests would read the whole body of a redirect that is not followed."""


def session(deadline: Deadline, ca_file: Path | None, proxy: str | None = None) -> requests.Session:
    """Return an HTTP session under a deadline.

    Args:
        deadline: The time limit of the whole download.
        ca_file: The certificate of the only authority to trust, or None to trust the public authorities.
        proxy: The address of the proxy for every request, or None for direct connections.

    Returns:
        The session.
    """

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
        for manager in (adapter.poolmanager, *([adapter.proxy_manager_for(proxy)] if proxy else [])):
            manager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
        opened.mount(scheme, adapter)
    if proxy:
        opened.proxies = {"http": proxy, "https": proxy}
    return opened
