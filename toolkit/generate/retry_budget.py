"""How many retries a run may send: a bucket that replies fill, so that a server that mostly fails is not asked many times as often.

A token bucket as in the AWS SDKs' standard retry mode (docs.aws.amazon.com/sdkref, "Retry behavior": 500 tokens at 5 a retry)
and in gRPC's retry throttling (proposal A6). There a request fails when the bucket is empty; here its retry waits, and one a
second goes out in any case, so that a run outlives its server's bad hour.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque

LEAST = 100             # retries that need no reply in between
EARNED = 2.0            # retries for a reply: while no more than two requests of three fail, none waits
TRICKLE_S = 1.0


class RetryBudget:
    """Retries spend, replies earn.

    Args:
        most: requests under way: when a server is restarted, or a batch fails, all of them are asked again.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int = 0):
        self._loop = loop
        self._capacity = self._left = float(max(LEAST, most))
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def spend(self) -> None:
        """Take what a retry costs, or wait until it is there."""
        if self._left >= 1 and not self._waiting:
            self._left -= 1
            return
        self._waiting.append(self._loop.create_future())
        if self._timer is None:
            self._timer = self._loop.call_later(TRICKLE_S, self._trickle)
        await self._waiting[-1]

    def earn(self) -> None:
        """A reply came."""
        self._left = min(max(self._capacity, self._left), self._left + EARNED)
        while self._waiting and self._left >= 1:
            self._left -= self._release()

    def stop(self) -> None:
        """Let all go on: the run ends, and what asks the gate again is told so."""
        self._left = math.inf
        while self._waiting:
            self._release()

    def _trickle(self) -> None:
        self._timer = None
        if self._waiting:
            self._release()
            self._timer = self._loop.call_later(TRICKLE_S, self._trickle)

    def _release(self) -> bool:
        """Let the first go on; false when it is no longer there."""
        first = self._waiting.popleft()
        if first.done():
            return False
        first.set_result(None)
        return True
