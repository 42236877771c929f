"""Processes by id and start time: a process id alone may belong to somebody else by now."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ENOUGH_S = 15.0     # how long a server may take to end by itself; SGLang needs 2, and finishes first what it is asked
AFTER_S = 2.0       # and its workers after it


def start_mark(pid: int, ended: bool = False) -> str | None:
    """What tells this process from a later one with the same id; None when there is none.

    With `ended` also of a child that has ended and was not waited for; else such a zombie counts as none.
    On Linux the boot and the clock ticks since then: ticks alone come again after a restart of the machine.
    """
    if sys.platform == "linux":
        fields = _stat(pid)
        return f"{_boot()}:{fields[19]}" if fields and (ended or fields[0] not in "ZX") else None
    done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def is_same(pid: int, mark: str) -> bool:
    return start_mark(pid) == mark


def has_orphans(pgid: int, mark: str) -> bool:
    """Whether a group whose leader is gone still has members. While it has, the system gives its number to nobody else."""
    return start_mark(pgid) is None and mark.partition(":")[0] == _boot() and bool(group_members(pgid))


def group_members(pgid: int) -> list[int]:
    """Processes of a group that still run."""
    if sys.platform == "linux":
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (fields := _stat(int(entry.name))) and fields[0] not in "ZX" and fields[2] == str(pgid):
                found.append(int(entry.name))
        return found
    done = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=False)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [int(row[0]) for row in rows if len(row) == 3 and row[1] == str(pgid) and not row[2].startswith("Z")]


def end_group(pid: int, pgid: int, enough_s: float = ENOUGH_S) -> list[int]:
    """TERM to the process, time to end, KILL to what is left of its group; at once where the process itself was gone.

    Returns:
        processes of the group that are still there (none, unless the system holds them).
    """
    if start_mark(pid):
        _send(os.kill, pid, signal.SIGTERM)
        _wait_until(lambda: start_mark(pid) is None, pgid, enough_s)
        _wait_until_empty(pgid, AFTER_S if start_mark(pid) is None else 0)
    if group_members(pgid):
        _send(os.killpg, pgid, signal.SIGKILL)
        _wait_until_empty(pgid, 5.0)
    return group_members(pgid)


@contextmanager
def on_signals(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Within it Ctrl-C, TERM and a closed terminal go to `handler`; those that are ignored from outside (nohup) stay so."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    heard = {number: was for number, was in before.items() if was is not signal.SIG_IGN}
    for number in heard:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, was in heard.items():
            signal.signal(number, was)


def _wait_until_empty(pgid: int, longest_s: float) -> None:
    _wait_until(lambda: not group_members(pgid), pgid, longest_s)


def _wait_until(done: Callable[[], bool], pgid: int, longest_s: float) -> None:
    end = time.monotonic() + longest_s
    _reap(pgid)
    while not done() and time.monotonic() < end:
        time.sleep(0.1)
        _reap(pgid)


def _reap(pgid: int) -> None:
    """Children of ours that have ended stay zombies until asked for."""
    with suppress(ChildProcessError):
        while os.waitpid(-pgid, os.WNOHANG)[0]:
            continue


def _send(send: Callable[[int, int], None], target: int, number: int) -> None:
    with suppress(ProcessLookupError):
        send(target, number)


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _stat(pid: int) -> list[str] | None:
    """`/proc/PID/stat` from the state on: [0] state, [1] parent, [2] group, [19] start time. proc(5)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
