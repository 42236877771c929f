"""One endpoint as the client sees it: its queue, what is under way, whether it is up, and what it has shown to take."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from toolkit.generate.deadline import Deadline
from toolkit.generate.rate import Rate, Window
from toolkit.generate.slots import Slots

FAILURES_DOWN = 20              # failures in a row, without a reply in between, that mean the server is down
FIRST_LOOK_S, LAST_LOOK_S = 0.25, 5.0   # how often one request looks whether it is back


@dataclass(slots=True, eq=False)
class Ticket:
    """A request's permission to go out. The lane's slot is taken until it is given back."""

    lane: Lane
    window: Window | None
    began: float                                  # loop time, seconds
    tokens: float                                 # estimated cost
    timeout: asyncio.Timeout | None = None


@dataclass(slots=True, eq=False)
class Waiting:
    """A request in the queue."""

    affinity: str
    tokens: float
    granted: asyncio.Future[Ticket]


@dataclass(slots=True, eq=False)
class Lane:
    """Args:
    number, name: of the endpoint.
    """

    number: int
    name: str
    slots: Slots
    rate: Rate
    deadline: Deadline
    in_flight: set[Ticket] = field(default_factory=set)
    begun: deque[Waiting] = field(default_factory=deque)         # requests of items that have begun: they go first
    fresh: deque[Waiting] = field(default_factory=deque)
    next_s: float = 0.0                           # when the next request may go, by the rate
    down_since: float | None = None
    down_why: str = ""
    look: Ticket | None = None                    # the one request that sees whether a lane that is down is back
    look_at: float = 0.0
    look_s: float = FIRST_LOOK_S
    failures: int = 0

    @property
    def waiting(self) -> int:
        return len(self.begun) + len(self.fresh)

    def due(self, now: float) -> bool:
        """Down, and it is time to see whether it is back."""
        return self.down_since is not None and self.look is None and now >= self.look_at

    @property
    def busy(self) -> float:
        """Share of its capacity that is asked for."""
        return (len(self.in_flight) + self.waiting) / self.slots.limit

    def failed(self, ticket: Ticket, now: float, why: str, unreachable: bool) -> bool:
        """Count a failure; true when the endpoint has just gone down."""
        self.failures += 1
        if self.down_since is not None:
            if ticket is self.look:
                self.look_s = min(LAST_LOOK_S, 2 * self.look_s)
                self.look_at = now + self.look_s
                self.down_why = why
            return False
        if not unreachable and self.failures < FAILURES_DOWN:
            return False
        self.go_down(now, why)
        return True

    def go_down(self, now: float, why: str) -> None:
        self.down_since, self.down_why, self.look_s = now, why, FIRST_LOOK_S
        self.look_at = now + self.look_s

    def replied(self) -> None:
        self.failures = 0
        self.down_since = None
