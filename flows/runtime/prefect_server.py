"""Manage the Prefect server that a command uses.

The server is either a permanent one, or a temporary one that Prefect starts for this command. Requests to a server on
this machine use no proxy. If a command is killed, the next command ends the temporary server that it left.
"""

import ipaddress
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.runtime.redaction import guard

if TYPE_CHECKING:
    from flows.runtime.configuration import Configuration

MARK = "ZICHT_TEMPORARY_SERVER"
IS_SERVER = b"PREFECT__SERVER_EPHEMERAL=1"  # Prefect sets it for the servers that it starts


def prepare(configuration: "Configuration | None" = None) -> None:
    """Set the environment variables that Prefect reads when it is imported.

    The defaults apply only to variables that are not set: no telemetry, no stored results, few log messages, and two
    minutes for a temporary server to start, which a small machine needs. From this call on, everything that Prefect
    sends to its server passes the scrubber. A Prefect server on this machine is reached without a proxy.

    Args:
        configuration: The configuration, if this process is a run from the command line. The files of a temporary
            server then lie below home, and the server carries a mark of this process.
    """
    guard()
    if configuration:
        os.environ.update(mark(configuration.home))
        # On the command line, the printed account already reports each problem once.
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    if configuration and not {"PREFECT_API_URL", "PREFECT_HOME"} & os.environ.keys():
        configuration.prefect.mkdir(exist_ok=True)
        os.environ.update(PREFECT_HOME=str(configuration.prefect))
    for name, value in {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }.items():
        os.environ.setdefault(name, value)
    ask_no_proxy_on_loopback()


def ask_no_proxy_on_loopback() -> None:
    """Disable the proxies of the environment if the Prefect server runs on this machine.

    A temporary server always runs on this machine. Only Prefect's clients read these variables. Sources, webhooks and
    pings never use a proxy of the environment.
    """
    if _is_on_loopback(_url()):
        # Only with `*` does no client set up a proxy. A proxy can be of a kind whose package is not installed.
        os.environ.update(NO_PROXY="*", no_proxy="*")


def failed(error: Exception) -> str:
    """Return one line about a failure of Prefect itself, without Prefect's own text, which may quote data."""
    look_at = "PREFECT_API_URL" if _url() else "the disk and the memory of this machine"
    return f"Prefect could not carry out the run ({type(error).__name__}); look at {look_at}."


def _url() -> str | None:
    """Return the address of the permanent Prefect server, or None if a temporary one is used."""
    # Imported here: the import reads Prefect's environment variables, which must be set first.
    from prefect.settings import PREFECT_API_URL

    url: str | None = PREFECT_API_URL.value()
    return url


def _is_on_loopback(url: str | None) -> bool:
    host = urlsplit(url).hostname if url else "localhost"
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def mark(home: Path) -> dict[str, str]:
    """Return the environment variable that marks a server as started by this process for one home.

    Example:
        `{"ZICHT_TEMPORARY_SERVER": "4711 /srv/zicht"}`, with the id of this process and the home.
    """
    return {MARK: f"{os.getpid()} {home}"}


def end_left_over(home: Path) -> None:
    """End the temporary servers that dead commands on this home left behind.

    A server is left over if its parent is no longer the process that started it. Without `/proc`, no server is found.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # the process has ended or belongs to another user
            # The handle refers to this process, even if its number is reused later.
            handle = os.pidfd_open(int(process.name))
            try:
                if _is_left_over(process, home):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)


def _is_left_over(process: Path, home: Path) -> bool:
    parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
    variables = (process / "environ").read_bytes().split(b"\0")
    if IS_SERVER not in variables:
        return False
    marks = [one.decode(errors="replace") for one in variables if one.startswith(f"{MARK}=".encode())]
    started_by, _, started_for = "".join(marks).removeprefix(f"{MARK}=").partition(" ")
    return started_for == str(home) and started_by != parent
