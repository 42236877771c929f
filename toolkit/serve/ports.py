"""Ports: free or not, and who holds them."""

from __future__ import annotations

import os
import socket
from collections.abc import Container
from pathlib import Path

LISTENING = "0A"        # state of a listening socket in /proc/net/tcp, proc(5)


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str, first: int, promised: Container[int] = ()) -> int:
    """The first free port from `first` on that is not promised to a server that still starts."""
    return next(port for port in range(first, 65536) if port not in promised and is_free(host, port))


def holder(port: int) -> str | None:
    """`pid 123 (python -m …)` of who listens there, as far as this user may see; None when that cannot be told."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text(encoding="utf-8").splitlines()[1:]
        except OSError:
            return None
        for line in lines:
            words = line.split()
            if words[3] == LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{words[9]}]")
    for process in Path("/proc").iterdir():
        if inodes and process.name.isdigit() and _holds(process, inodes):
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                command = ""
            return f"pid {process.name} ({command[:80]})"
    return None


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(os.readlink(entry) in inodes for entry in (process / "fd").iterdir())
    except OSError:
        return False
