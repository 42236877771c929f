"""Requests to end: Ctrl-C, SIGTERM of a scheduler, SIGHUP of a terminal that was closed."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGHUP = getattr(signal, "SIGHUP", None)        # which Windows has not


@contextmanager
def handled(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Within it, requests to end go to `handler`; under nohup a terminal that is closed asks for nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, frame: Any) -> None:
        if number == SIGHUP:
            mute()
        handler(number, frame)

    hung_up = [SIGHUP] if SIGHUP and signal.getsignal(SIGHUP) is not signal.SIG_IGN else []
    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM, *hung_up)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def mute() -> None:
    """What is still told goes nowhere: a terminal that is closed answers every word with an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode):
            os.dup2(nowhere, stream)
    os.close(nowhere)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it, every request to end does so at once, as Ctrl-C does."""
    def at_once(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    with handled(at_once):
        yield
