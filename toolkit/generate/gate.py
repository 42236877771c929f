"""Who may send now: slots and rate of each endpoint, and the user's own limits over all of them.

A request enters, goes out when its turn has come, and leaves when it has its reply or its failure; one that will be asked
again leaves, too, so that what waits for a retry holds no slot. Requests with the same affinity go to the same endpoint.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.errors import InputError
from toolkit.generate.deadline import Deadline
from toolkit.generate.engines.base import Ending, EngineError, Load
from toolkit.generate.lane import Lane, Ticket, Waiting
from toolkit.generate.rate import Rate
from toolkit.generate.retry_budget import RetryBudget
from toolkit.generate.slots import Slots

MOST = 1024             # under way, when the user names no number
START = 32              # under way at first, when nothing is known of the server
LATE_S = 0.03           # how far timers and a busy loop may be late; servers count in longer periods
REMEMBERED = 4096       # affinities whose endpoint is remembered


@dataclass(frozen=True)
class Pace:
    """The user's limits.

    Args:
        concurrency: requests under way at most, over all endpoints; None: up to 1,024, as many as the servers use.
        rpm, tpm: requests and tokens (prompt and reply) a minute at most, over all endpoints.
        timeout_s: the longest wait for one reply. The deadline follows the observed latencies below it.
        patience_s: how long to wait for a server that is down or refuses everything, before the run stops.
        attempts: how often one request is sent before it counts as failed.
        follows: whether the deadline follows the latencies.
    """

    concurrency: int | None = None
    rpm: float | None = None
    tpm: float | None = None
    timeout_s: float = 600.0
    patience_s: float = 1800.0
    attempts: int = 8
    follows: bool = True

    def __post_init__(self) -> None:
        wrong = [f"--{name.removesuffix('_s')} {value:g} must be above 0." for name, value in (
            ("concurrency", self.concurrency), ("rpm", self.rpm), ("tpm", self.tpm), ("timeout_s", self.timeout_s),
            ("patience_s", self.patience_s), ("attempts", self.attempts)) if value is not None and value <= 0]
        if wrong:
            raise InputError(wrong)

    @property
    def most(self) -> int:
        return self.concurrency or MOST


class Gate:
    """Args:
    endpoints: their addresses, for messages.
    pace: the user's limits.
    """

    def __init__(self, endpoints: Sequence[str], pace: Pace):
        self.loop = asyncio.get_running_loop()
        now = self.loop.time()
        self.pace = pace
        self.retries = RetryBudget(self.loop, pace.most)
        self.stopping = False
        start = pace.concurrency or START
        each = math.ceil(start / len(endpoints))
        self.lanes = [Lane(number, name, Slots(pace.most, each, pace.timeout_s), Rate(now), Deadline(pace.timeout_s))
                      for number, name in enumerate(endpoints)]
        self.in_flight = 0
        self._of: OrderedDict[str, Lane] = OrderedDict()
        self._per_s = pace.rpm / 60 if pace.rpm else math.inf
        self._tokens_per_s = pace.tpm / 60 if pace.tpm else math.inf
        self._next_s = 0.0                        # when the user's rpm lets the next request go
        self._token_s = 0.0                       # and the user's tpm
        self._turn = 0                            # the lane that is looked at first
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        """Requests that may be under way now."""
        return min(self.pace.most, sum(lane.slots.limit for lane in self.lanes if lane.down_since is None))

    async def enter(self, affinity: str, tokens: float, begun: bool) -> Ticket:
        """Wait for a slot.

        Args:
            tokens: what the request will cost, estimated.
            begun: the request belongs to an item that has sent others before: it goes first.

        Raises:
            Ending: nothing goes out any more.
        """
        if self.stopping:
            raise Ending
        now = self.loop.time()
        lane = self._lane(affinity, now)
        wait_s = self._wait_s(lane, now)
        if wait_s <= 0 and not lane.begun and (begun or not lane.fresh):
            return self._grant(lane, tokens, now)
        waiting = Waiting(affinity, tokens, self.loop.create_future())
        (lane.begun if begun else lane.fresh).append(waiting)
        if math.isfinite(wait_s):
            self._pump()
        try:
            return await waiting.granted
        except asyncio.CancelledError:
            if waiting.granted.done() and not waiting.granted.cancelled() and not waiting.granted.exception():
                self._free(waiting.granted.result())
            raise

    def replied(self, ticket: Ticket, tokens: int) -> None:
        """A reply came, of so many tokens with its prompt: give the slot back."""
        lane, now = ticket.lane, self.loop.time()
        full = lane.waiting > 0 or len(lane.in_flight) >= lane.slots.limit
        lane.deadline.add(now - ticket.began)
        lane.replied()
        lane.slots.replied(now, full, now - ticket.began)
        self.retries.earn()
        self._token_s += (tokens - ticket.tokens) / self._tokens_per_s
        self._free(ticket)

    def failed(self, ticket: Ticket, error: EngineError) -> None:
        """No reply came: give the slot back."""
        lane, now = ticket.lane, self.loop.time()
        took_s = now - ticket.began
        self._token_s -= ticket.tokens / self._tokens_per_s
        if error.kind == "busy":
            lane.rate.refused(ticket.window, now, took_s, error.retry_after_s)
        elif error.kind in ("broken", "unreachable"):
            if error.reason == "timeout":
                lane.deadline.add(took_s)
                lane.slots.late(ticket.began, now)
            if lane.failed(ticket, now, str(error), error.kind == "unreachable"):
                self._move(lane, now)
        else:
            lane.replied()                        # a server that finds fault with a request is up
        self._free(ticket)

    def cancelled(self, ticket: Ticket) -> None:
        self._free(ticket)

    def told(self, number: int, load: Load) -> None:
        """An endpoint's own account of its load."""
        lane = self.lanes[number]
        lane.slots.told(load, len(lane.in_flight))

    def mark_down(self, number: int, why: str) -> None:
        """An endpoint that cannot be used for now."""
        now = self.loop.time()
        self.lanes[number].go_down(now, why)
        self._move(self.lanes[number], now)

    def drop_fresh(self) -> None:
        """Send back the items that have not begun."""
        for lane in self.lanes:
            _send_back(lane.fresh)

    def stop(self) -> None:
        """Let nothing more out."""
        self.stopping = True
        self.retries.stop()
        self.drop_fresh()
        for lane in self.lanes:
            _send_back(lane.begun)

    def end_late(self) -> None:
        """End the wait of the requests that are later than their endpoint's deadline.

        One clock for all: of a timer for each request hardly any would ever ring.
        """
        now = self.loop.time()
        for lane in self.lanes:
            most_s = (lane.deadline.seconds([now - ticket.began for ticket in lane.in_flight]) if self.pace.follows
                      else self.pace.timeout_s)
            for ticket in lane.in_flight:
                if now - ticket.began > most_s and ticket.timeout and not ticket.timeout.expired():
                    ticket.timeout.reschedule(now)

    def down(self) -> tuple[float, str] | None:
        """Since when no endpoint is up, and why; None when one is."""
        since = [lane.down_since for lane in self.lanes]
        if any(s is None for s in since):
            return None
        last = max(self.lanes, key=lambda lane: lane.down_since or 0.0)
        return last.down_since or 0.0, last.down_why

    def _free(self, ticket: Ticket) -> None:
        lane = ticket.lane
        lane.in_flight.remove(ticket)
        self.in_flight -= 1
        if lane.look is ticket:
            lane.look = None
        self._pump()

    def _lane(self, affinity: str, now: float) -> Lane:
        """The endpoint of an affinity: the one it had, else the one with the most room."""
        if len(self.lanes) == 1:
            return self.lanes[0]
        lane = self._of.get(affinity) if affinity else None
        if lane is None or lane.down_since is not None:
            for lane in self.lanes:
                if not lane.waiting and lane.due(now):
                    return lane
            up = [lane for lane in self.lanes if lane.down_since is None] or self.lanes
            lane = min(up, key=lambda lane: lane.busy)
            if affinity:
                self._of[affinity] = lane
                self._of.move_to_end(affinity)
                if len(self._of) > REMEMBERED:
                    self._of.popitem(last=False)
        return lane

    def _move(self, lane: Lane, now: float) -> None:
        """What waits for an endpoint that is down goes to another one, if one is up."""
        if all(other.down_since is not None for other in self.lanes):
            return
        for begun in (True, False):
            queue = lane.begun if begun else lane.fresh
            moving = list(queue)
            queue.clear()
            for waiting in moving:
                other = self._lane(waiting.affinity, now)
                (other.begun if begun else other.fresh).append(waiting)

    def _wait_s(self, lane: Lane, now: float) -> float:
        """Seconds until the lane may send; infinite until something returns."""
        if self.in_flight >= self.pace.most:
            return math.inf
        if lane.down_since is not None:
            return math.inf if lane.look else lane.look_at - now
        if len(lane.in_flight) >= lane.slots.limit:
            return math.inf
        return max(lane.next_s, lane.rate.paused_until, self._next_s, self._token_s) - now

    def _grant(self, lane: Lane, tokens: float, now: float) -> Ticket:
        ticket = Ticket(lane, lane.rate.sent(now), now, tokens)
        lane.in_flight.add(ticket)
        self.in_flight += 1
        if lane.down_since is not None:
            lane.look = ticket
        # a pause is not made up for: servers count in short periods, too
        lane.next_s = max(lane.next_s, now - LATE_S) + 1 / lane.rate.per_s
        self._next_s = max(self._next_s, now - 0.05) + 1 / self._per_s
        self._token_s = max(self._token_s, now - 1.0) + tokens / self._tokens_per_s
        return ticket

    def _pump(self) -> None:
        now = self.loop.time()
        soonest_s = math.inf
        self._turn = (self._turn + 1) % len(self.lanes)
        for lane in self.lanes[self._turn:] + self.lanes[:self._turn]:
            while lane.begun or lane.fresh:
                wait_s = self._wait_s(lane, now)
                if wait_s > 0:
                    soonest_s = min(soonest_s, wait_s)
                    break
                waiting = (lane.begun or lane.fresh).popleft()
                if not waiting.granted.done():
                    waiting.granted.set_result(self._grant(lane, waiting.tokens, now))
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if math.isfinite(soonest_s):
            self._timer = self.loop.call_later(max(soonest_s, 0.001), self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._pump()


def _send_back(queue: deque[Waiting]) -> None:
    while queue:
        waiting = queue.popleft()
        if not waiting.granted.done():
            waiting.granted.set_exception(Ending())
