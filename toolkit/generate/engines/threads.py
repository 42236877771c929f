"""Threads that do not keep a process alive: one that waits for a server in vain must not hold up the end of a run.

`concurrent.futures.ThreadPoolExecutor` joins its threads when the interpreter ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any


class Threads(Executor):
    """Args:
    most: threads at most; each is started when no other is free.
    """

    def __init__(self, most: int):
        self.most = most
        self._started = self._free = 0
        self._count = threading.Lock()
        self._calls: SimpleQueue[tuple[Future, Callable[..., Any], tuple[Any, ...]] | None] = SimpleQueue()

    def submit(self, call: Callable[..., Any], /, *given: Any) -> Future:  # type: ignore[override]
        future: Future = Future()
        with self._count:
            self._free -= 1
            starts = self._free < 0 and self._started < self.most
            if starts:
                self._started += 1
                self._free += 1
        self._calls.put((future, call, given))
        if starts:
            threading.Thread(target=self._work, daemon=True).start()
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = True) -> None:
        for _ in range(self._started):
            self._calls.put(None)

    def _work(self) -> None:
        while (taken := self._calls.get()) is not None:
            future, call, given = taken
            if future.set_running_or_notify_cancel():
                try:
                    result = call(*given)
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(result)
            with self._count:
                self._free += 1
