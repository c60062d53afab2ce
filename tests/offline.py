"""Run a command without any network except loopback, and fail if it tries to reach another address:

    .venv/bin/python tests/offline.py make test

Packets to a foreign address are sent to loopback too, where they are observed. The name server has an address that
belongs to nobody. Linux only, with `unshare` and `ip`.
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
NAMESERVER = "192.0.2.53"  # RFC 5737: an address for documentation, assigned to nobody
NETWORK = ["ip link set lo up", "ip route add default dev lo", "ip -6 route add default dev lo"]
ALL_PROTOCOLS, IPV4, IPV6, UDP = 0x0003, 0x0800, 0x86DD, 17


def inside(command: list[str]) -> int:
    """Run the command with loopback alone. Return its exit code, or 99 if it tried to reach another address."""
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
    """Record the destination of every packet that does not go to loopback, and the name in a DNS question."""
    while True:
        try:
            packet, (_, protocol, *_) = wire.recvfrom(65535)
        except OSError:  # the socket is closed
            return
        if protocol == IPV4 and packet[16] != 127:
            start = (packet[0] & 15) * 4
            foreign.add(described(socket.inet_ntop(socket.AF_INET, packet[16:20]), packet[9], packet[start:]))
        elif protocol == IPV6 and packet[24:40] != socket.inet_pton(socket.AF_INET6, "::1") and packet[24] != 0xFF:
            foreign.add(described(socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[6], packet[40:]))


def described(address: str, transport: int, content: bytes) -> str:
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
