"""The Prefect server that a command talks to: a standing one, or a temporary one that is started for it, which no proxy
is asked for and which the next command ends where this one is killed."""

import ipaddress
import os
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

MARK = "ZICHT_TEMPORARY_SERVER"
IS_SERVER = b"PREFECT__SERVER_EPHEMERAL=1"  # Prefect sets it for the servers that it starts


def ask_no_proxy_on_loopback() -> None:
    """Have no proxy of the environment asked for a Prefect server on this machine, as the temporary one is. Nothing but
    Prefect's clients reads these variables: sources, webhooks and pings use no proxy of the environment."""
    if _is_on_loopback(_url()):
        # The only value for which no client sets up any proxy, such as one of a kind that is not installed.
        os.environ.update(NO_PROXY="*", no_proxy="*")


def failed(error: Exception) -> str:
    """What to say where Prefect itself failed, whose own text is not ours to show."""
    look_at = "PREFECT_API_URL" if _url() else "the disk and the memory of this machine"
    return f"Prefect could not carry out the run ({type(error).__name__}); look at {look_at}."


def _url() -> str | None:
    """The address of the standing Prefect server, None where a temporary one is started."""
    # Imported here: it reads the variables of Prefect, which must be set before.
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
    """The environment by which a server can be known for one that this process started for a home."""
    return {MARK: f"{os.getpid()} {home}"}


def end_left_over(home: Path) -> None:
    """End the servers of commands on this home that are dead: those whose parent is no longer the process that started
    them. Where there is no /proc, none is found."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            # The handle stays with the process that is looked at, whoever gets its number afterwards.
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
