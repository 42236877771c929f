"""What every engine gives: a request goes out, a reply comes back, or an error that says what to do about it.

An engine sends one request once. Pacing, retries, deadlines and the choice of an endpoint are in `generate/complete.py` and `gate.py`;
what an item of work is made of (dialogue, draft, another draft) is the caller's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from toolkit.errors import InputError


@dataclass(frozen=True, slots=True)
class Request:
    """One chat completion to ask for.

    Args:
        id: names the request in errors.
        messages: `{role, content}`, the part that requests share (the profile) first, so that a server can cache it.
        max_tokens: longest reply in tokens; None leaves it to the server.
        temperature: None leaves it to the server.
        schema: JSON schema that the reply obeys (constrained decoding, or a forced tool).
        affinity: requests with the same word (the profile's id) go to one endpoint, one after another.
        extra: further fields of the engine's own wire, such as `seed`, `top_p`, `chat_template_kwargs`.
        measured: an empty reply is what the model said, and not an error to ask again for.
    """

    id: str
    messages: Sequence[Mapping[str, Any]]
    max_tokens: int | None = None
    temperature: float | None = None
    schema: Mapping[str, Any] | None = None
    affinity: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `cached_tokens` are those of the prompt that the server did not compute again."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said.

    `finish_reason` is `stop`, `length` (cut at max_tokens), `content_filter`, `refusal`, or the server's own word.
    A reply that was cut or refused is a reply: the caller decides. An empty one is an error and was asked again,
    but for a `measured` request.
    """

    id: str
    content: str
    reasoning: str | None
    finish_reason: str
    usage: Usage
    model: str


Kind = Literal["busy", "broken", "unreachable", "refused", "fatal"]


class EngineError(InputError):
    """A request that brought no reply.

    Args:
        message: one line: what happened, and the fix where there is one.
        kind: `busy` (429, 503: the server takes no more for now), `broken` (5xx, cut, not JSON, too late),
            `unreachable` (no connection): these are asked again before the caller sees them;
            `refused` (this request is wrong: 400, too long): only this request fails;
            `fatal` (credentials, model, address): every request would fail, so the run ends.
        reason: short and the same for the same cause, to count by: `HTTP 500`, `not JSON`.
        retry_after_s: how long the server asks to wait.
    """

    def __init__(self, message: str, kind: Kind, reason: str, retry_after_s: float | None = None):
        super().__init__(message)
        self.kind, self.reason, self.retry_after_s = kind, reason, retry_after_s

    @property
    def fatal(self) -> bool:
        return self.kind == "fatal"


class Ending(Exception):
    """The run ends: there is no reply to this request, and nothing is to be recorded of its item. Let it pass."""


Complete = Callable[[Request], Awaitable[Reply]]
"""Asks for one reply: waits for its turn, asks again when the server failed. Raises EngineError when that did not help.
A fatal error ends the run and is not seen here."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a server says of itself: requests it computes at once at most, computes now, and keeps waiting."""

    slots: int | None
    running: int
    waiting: int


class Engine(Protocol):
    """Sends requests to one or several endpoints (numbered from 0) that serve the same model."""

    name: str
    model: str
    endpoints: Sequence[str]

    async def open(self, in_flight: int) -> Sequence[EngineError | None]:
        """Connect, with room for so many requests at once; finds out and checks the model.

        Returns:
            for each endpoint None, or why it cannot be used for now.

        Raises:
            EngineError: fatal ones; and when no endpoint can be used.
        """
        ...

    async def send(self, endpoint: int, request: Request, timeout_s: float) -> Reply:
        """Send once. Raises EngineError, never anything else of the network's."""
        ...

    async def load(self, endpoint: int) -> Load | None:
        """The endpoint's load; None when it cannot say."""
        ...

    async def close(self) -> None: ...


class Item(Protocol):
    """A piece of work: several requests in sequence, one outcome."""

    @property
    def id(self) -> str: ...

    @property
    def affinity(self) -> str: ...


Outcome = Mapping[str, Any]
"""What an item became, as JSON: written to the journal as one row beside the item's id."""

Make = Callable[[Any, Complete], Awaitable[Outcome]]
"""Makes an item's outcome with any number of requests. An EngineError that escapes makes the item a failed one: it is
written to the journal's list of failures, and tried again by the next run."""
