"""How many requests to have under way at one endpoint.

What the server says of itself counts first (SGLang's `/v1/loads`); else the number doubles while that brings more replies a
second. An eighth more than the server computes at once hides the time between a reply and the next request.
"""

from __future__ import annotations

import math

from toolkit.generate.engines.base import Load

MARGIN = 1.125
GAIN = 1.1          # doubling must bring a tenth more replies a second, or the server is full
PROBE_EVERY = 30    # rounds between looks for room that was not there before


class Slots:
    """Args:
    most: never more than this.
    start: the first number; equal to `most` when the user knows it.
    timeout_s: the longest wait for a reply. The number grows only while replies take a fraction of it: where requests
        queue in the server, twice as many take twice as long.
    """

    def __init__(self, most: int, start: int, timeout_s: float = math.inf):
        self.most = most
        self.slow_s = timeout_s / 8
        self._took_s = 0.0                       # a reply takes, lately
        self.limit = min(start, most)
        self.growing = self.limit < most
        self._told = False                       # by the server's own load
        self._before: tuple[int, float] | None = None   # limit and replies a second of the last round
        self._began = 0.0
        self._replies = 0
        self._settling = True
        self._rounds = 0
        self._late = 0.0                         # moving share of replies that came too late
        self._reduced = -math.inf                # when the number was last lowered for that

    def replied(self, now: float, full: bool, took_s: float = 0.0) -> None:
        """A reply came. A round of as many replies as are under way is measured while the endpoint is full."""
        self._late *= 0.99
        self._took_s += 0.1 * (took_s - self._took_s)
        if self._told or self.limit >= self.most or self._took_s > self.slow_s:
            return
        if not full:
            self._began = 0.0
            return
        if not self._began:
            self._began, self._replies, self._settling = now, 0, True
            return
        self._replies += 1
        if self._replies < self.limit or now - self._began < 0.5:
            return
        per_s = self._replies / (now - self._began)
        self._began, self._replies = now, 0
        if self._settling:                       # replies to what was sent under the old number
            self._settling = False
            return
        self._round(per_s)

    def _round(self, per_s: float) -> None:
        self._rounds += 1
        if self.growing:
            if self._before and per_s < GAIN * self._before[1]:
                self.limit = min(self.most, max(1, math.ceil(self._before[0] * MARGIN)))
                self.growing, self._rounds = False, 0
            else:
                self._before = (self.limit, per_s)
                self.limit = min(self.most, 2 * self.limit)
            self._settling = True
        elif self._rounds >= PROBE_EVERY:
            self._before, self.growing = (self.limit, per_s), True
            self.limit = min(self.most, math.ceil(1.5 * self.limit))
            self._settling = True

    def late(self, began: float, now: float) -> None:
        """A reply did not come in time: when that happens often, the server has too much to do.

        What was sent under a higher number says nothing of the lower one: of a server that stood still for a while, all requests
        are late at once.
        """
        if began < self._reduced:
            return
        self._late = self._late * 0.99 + 0.01
        if self._late > 0.05:
            self.limit = max(1, int(0.75 * self.limit))
            self._late, self.growing, self._began, self._rounds, self._reduced = 0.0, False, 0.0, 0, now

    def told(self, load: Load, in_flight: int) -> None:
        """The server's own account of its load."""
        if load.running > 0 and load.waiting > max(1.0, (MARGIN - 1) * load.running) * 1.5:
            self.limit = max(1, min(self.most, math.ceil(load.running * MARGIN)))
        elif load.slots and not self._told:
            self.limit = min(self.most, math.ceil(load.slots * MARGIN))
        elif not load.waiting and in_flight >= self.limit:
            most = min(self.most, math.ceil(load.slots * MARGIN)) if load.slots else self.most
            self.limit = max(1, min(most, math.ceil(1.25 * self.limit)))
        self._told = True
