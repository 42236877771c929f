"""How long to wait for a reply: a multiple of what nearly all replies take, as observed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

KEPT = 512          # latencies remembered
FACTOR = 6.0        # of the 95th percentile; the slowest of 16,384 lognormal(0.5) replies takes 3.2 times it
LEAST_S = 5.0
FEW = 8             # replies before anything can be said


class Deadline:
    """Args:
    most_s: never wait longer, and as long as that while little is known.
    """

    def __init__(self, most_s: float):
        self.most_s = most_s
        self.seen = 0
        self._took: deque[float] = deque(maxlen=KEPT)

    def add(self, took_s: float) -> None:
        """A reply's latency, or how long one was waited for in vain (when many are, the deadline grows)."""
        self.seen += 1
        self._took.append(took_s)

    def seconds(self, ages_s: Sequence[float] = ()) -> float:
        """The deadline now.

        Args:
            ages_s: of the requests under way. The first replies are the shortest: until twice as many have come as are
                under way, those that have not come yet count as well.
        """
        if self.seen < FEW:
            return self.most_s
        if self.seen < 2 * len(ages_s) or self.seen < 64:
            ordered = sorted([*self._took, *ages_s])
            typical_s = ordered[int(0.90 * (len(ordered) - 1))]
        else:
            ordered = sorted(self._took)
            typical_s = ordered[int(0.95 * (len(ordered) - 1))]
        return min(self.most_s, max(LEAST_S, FACTOR * typical_s))
