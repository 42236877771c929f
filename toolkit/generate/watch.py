"""What the person at the terminal sees while a model writes: samples, speed, time left, refusals, tokens, money."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from toolkit.generate.batch import Totals
from toolkit.generate.make import Tally
from toolkit.generate.prices import Price
from toolkit.terminal import console, say

LINE_EVERY_S = 30.0                             # where there is no terminal to draw on
SPEED_OVER_S = 30.0


def status(tally: Tally, totals: Totals, wanted: int, per_s: float, price: Price | None) -> str:
    """One line. Args: wanted: rows in all, of which accepted and rejected count."""
    made = tally.accepted + tally.rejected
    left_s = (wanted - made) / per_s if per_s > 0 else None
    parts = [f"{tally.accepted:,} accepted", f"{tally.rejected:,} rejected" + _most(tally),
             f"{per_s:.1f} rows/s", f"{clock(left_s)} left" if left_s is not None else "…",
             f"{(tally.prompt_tokens + tally.completion_tokens) / 1e6:.2f} M tokens",
             f"{totals.in_flight}/{totals.limit} in flight"]
    if price:
        parts.insert(5, f"${spent(tally, price, totals.seconds):,.2f}")
    if failed := totals.failed.total():
        parts.append(f"{failed} failed")
    if retries := totals.sent.retries.total():
        parts.append(f"{retries} retries")
    return " · ".join(parts) + (f" · {totals.down}" if totals.down else "")


def spent(tally: Tally, price: Price, seconds: float) -> float:
    return price.of(tally.prompt_tokens, tally.completion_tokens, tally.cached_tokens, seconds / 3600)


@contextmanager
def watching(tally: Tally, wanted: int, price: Price | None) -> Iterator[Callable[[Totals], None]]:
    """The status of making samples, on the terminal."""
    speed = Speed()

    def line(totals: Totals) -> str:
        return status(tally, totals, wanted, speed(tally.accepted + tally.rejected), price)

    with drawn(line) as tell:
        yield tell


class Speed:
    """Rows a second, over the last while."""

    def __init__(self) -> None:
        self._history: list[tuple[float, int]] = []

    def __call__(self, made: int) -> float:
        now, history = time.monotonic(), self._history
        history.append((now, made))
        while len(history) > 2 and now - history[0][0] > SPEED_OVER_S:
            history.pop(0)
        passed = now - history[0][0]
        return (made - history[0][1]) / passed if passed > 0 else 0.0


@contextmanager
def drawn(line: Callable[[Totals], str]) -> Iterator[Callable[[Totals], None]]:
    """A status line that is drawn again on a terminal, and printed now and then elsewhere. What Ctrl-C did is said once."""
    from rich.live import Live
    from rich.text import Text

    live = Live(console=console, transient=True, auto_refresh=False) if console.is_terminal else None
    printed, interrupted = time.monotonic(), False

    def tell(totals: Totals) -> None:
        nonlocal printed, interrupted
        text = line(totals)
        if totals.interrupted and not interrupted:
            interrupted = True
            say(f"finishing the {totals.in_flight:,} requests under way; Ctrl-C again stops at once. The same command goes on.")
        if live:
            live.update(Text(f"  {text}"), refresh=True)
        elif time.monotonic() - printed >= LINE_EVERY_S:
            printed = time.monotonic()
            say(f"  {text}")

    with live or nullcontext():
        yield tell


def _most(tally: Tally) -> str:
    most = ", ".join(f"{code} {count}" for code, count in tally.codes.most_common(3))
    return f" ({most})" if most else ""


def clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
