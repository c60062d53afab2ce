"""Run a command where there is no network but loopback, and fail if it tries to reach anything else:

    .venv/bin/python tests/offline.py make test

Whatever is sent to a foreign address goes to loopback too and is seen there; names are asked of a server at an address
that nobody has. Linux, with `unshare` and `ip`.
"""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

NAMESPACES = ["unshare", "--net", "--mount"]
NAMESERVER = "192.0.2.53"  # RFC 5737: nobody's
NETWORK = ["ip link set lo up", "ip route add default dev lo", "ip -6 route add default dev lo"]
ALL_PROTOCOLS, IPV4, IPV6, UDP = 0x0003, 0x0800, 0x86DD, 17


def inside(command: list[str]) -> int:
    """Run the command with loopback alone; its exit code, or 99 where it tried to reach anything else."""
    for line in NETWORK:
        subprocess.run(line.split(), check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as names:
        names.write(f"nameserver {NAMESERVER}\noptions timeout:1 attempts:1\n")
        names.flush()
        subprocess.run(["mount", "--bind", names.name, "/etc/resolv.conf"], check=True)
        foreign: set[str] = set()
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS)) as wire:
            threading.Thread(target=watch, args=(wire, foreign), daemon=True).start()
            code = subprocess.run(command).returncode
    for line in sorted(foreign):
        print(f"offline: tried to reach {line}", file=sys.stderr)
    return 99 if foreign else code


def watch(wire: socket.socket, foreign: set[str]) -> None:
    """Note where every packet goes that does not go to loopback, and which name it asks for."""
    while True:
        try:
            packet, (_, protocol, *_) = wire.recvfrom(65535)
        except OSError:  # it was closed
            return
        if protocol == IPV4 and packet[16] != 127:
            start = (packet[0] & 15) * 4
            foreign.add(told(socket.inet_ntop(socket.AF_INET, packet[16:20]), packet[9], packet[start:]))
        elif protocol == IPV6 and packet[24:40] != socket.inet_pton(socket.AF_INET6, "::1") and packet[24] != 0xFF:
            foreign.add(told(socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[6], packet[40:]))


def told(address: str, transport: int, content: bytes) -> str:
    port = struct.unpack("!H", content[2:4])[0] if len(content) > 4 else 0
    if (transport, port) != (UDP, 53):
        return f"{address} port {port}"
    question, labels = content[20:], []
    while question and question[0]:
        labels.append(question[1 : 1 + question[0]].decode(errors="replace"))
        question = question[1 + question[0] :]
    return f"the name {'.'.join(labels)}"


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        sys.exit(inside(sys.argv[2:]))
    if os.geteuid() != 0:
        NAMESPACES.append("--map-root-user")
    os.execvp(NAMESPACES[0], [*NAMESPACES, sys.executable, str(Path(__file__).resolve()), "--inside", *sys.argv[1:]])
