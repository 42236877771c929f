"""From a request to its reply: the one place where requests are asked again.

A retry waits without a slot, for a random time below a bound that doubles (full jitter), or as long as the server says.
What never reached a server costs no attempt; a server that refuses is asked for as long as the user's patience lasts. All
retries of what a server failed at come out of one budget.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from toolkit.generate.engines.base import Complete, Ending, Engine, EngineError, Reply, Request
from toolkit.generate.gate import Gate, Pace

FIRST_RETRY_S, LAST_RETRY_S = 0.25, 4.0
AWAY = ("HTTP 502", "HTTP 504", "connection cut", "timeout")   # of a server that is down these say nothing of the request
LAST_BUSY_S = 30.0              # of a server that refuses by its load
CHARACTERS_A_TOKEN = 3          # before anything was counted: between English (4) and Chinese (1.5)


@dataclass(slots=True)
class Sent:
    """What went over the wire so far."""

    requests: int = 0
    replies: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cut: int = 0                                     # replies that ended at max_tokens
    retries: Counter[str] = field(default_factory=Counter)   # by reason


class Completer:
    """Args:
    wake: told of a fatal error, once.
    """

    def __init__(self, engine: Engine, gate: Gate, pace: Pace, wake: Callable[[EngineError], None]):
        self.engine, self.gate, self.pace, self.wake = engine, gate, pace, wake
        self.sent = Sent()
        self._random = random.Random()
        self._characters, self._tokens = 0, 0

    def for_item(self) -> Complete:
        """`complete` for one item: its first request queues behind, its others before those of items not begun."""
        begun = False

        async def complete(request: Request) -> Reply:
            nonlocal begun
            first, begun = not begun, True
            return await self.ask(request, first)

        return complete

    async def ask(self, request: Request, first: bool = True) -> Reply:
        """One reply.

        Raises:
            EngineError: when asking again did not help, or must not be tried.
            Ending: the run ends before there is a reply.
        """
        gate, loop = self.gate, self.gate.loop
        estimate = self._estimate(request)
        began, attempts, retry = loop.time(), 0, 0
        while True:
            ticket = await gate.enter(request.affinity, estimate, not first)
            was_down = ticket.lane.down_since is not None
            first = False
            self.sent.requests += 1
            try:
                async with asyncio.timeout(None) as ticket.timeout:    # the gate sets its end
                    reply = await self.engine.send(ticket.lane.number, request, self.pace.timeout_s)
            except TimeoutError:
                error = EngineError(f"{request.id}: no reply from {ticket.lane.name} in "
                                    f"{loop.time() - ticket.began:.0f} s.", "broken", "timeout")
                gate.failed(ticket, error)
            except EngineError as raised:
                error = raised
                gate.failed(ticket, error)
            except BaseException:
                gate.cancelled(ticket)
                raise
            else:
                self._count(request, reply)
                gate.replied(ticket, reply.usage.prompt_tokens + reply.usage.completion_tokens)
                return reply
            if error.kind == "fatal":
                self.wake(error)
                raise Ending from error
            if error.kind == "refused":
                raise error
            failed = error.kind == "broken" and not (was_down and error.reason in AWAY)
            attempts += failed
            if error.kind == "unreachable":
                self.sent.requests -= 1
            if attempts >= self.pace.attempts or loop.time() - began > self.pace.patience_s:
                raise error
            self.sent.retries[error.reason] += 1
            if error.kind != "unreachable" or len(gate.lanes) == 1:
                limited = error.kind == "busy" and math.isfinite(ticket.lane.rate.per_s)
                await asyncio.sleep(self._pause_s(error, retry, LAST_BUSY_S if limited else LAST_RETRY_S))
            if failed:
                await gate.retries.spend()
            retry += error.kind != "unreachable"

    def _pause_s(self, error: EngineError, retry: int, most_s: float) -> float:
        bound_s = min(most_s, FIRST_RETRY_S * 2**min(retry, 16))
        if error.retry_after_s is None:
            return self._random.uniform(0, bound_s)
        # never before the server's time; spread, or all come back at once
        return error.retry_after_s + self._random.uniform(0, max(0.1, 0.25 * error.retry_after_s))

    def _estimate(self, request: Request) -> float:
        """Tokens that a request will cost, with its reply: by what others cost for each character."""
        if self.pace.tpm is None:
            return 0.0
        characters = sum(len(str(message.get("content", ""))) for message in request.messages)
        if self._characters:
            return characters * self._tokens / self._characters
        return characters / CHARACTERS_A_TOKEN + (request.max_tokens or 0) / 2

    def _count(self, request: Request, reply: Reply) -> None:
        sent, usage = self.sent, reply.usage
        sent.replies += 1
        sent.prompt_tokens += usage.prompt_tokens
        sent.completion_tokens += usage.completion_tokens
        sent.cached_tokens += usage.cached_tokens
        sent.cut += reply.finish_reason == "length"
        if self.pace.tpm is not None:
            self._characters += sum(len(str(message.get("content", ""))) for message in request.messages)
            self._tokens += usage.prompt_tokens + usage.completion_tokens
