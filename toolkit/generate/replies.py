"""`toolkit gen-data --requests … --out …` as a person sees it: what it will take, how far it is, what became of the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.generate.batch import Totals
from toolkit.generate.budget import Budget, spent
from toolkit.generate.complete import CHARACTERS_A_TOKEN
from toolkit.generate.engines.base import Engine
from toolkit.generate.gate import Pace
from toolkit.generate.journal import Journal
from toolkit.generate.prepared import Defaults, Rows, look_over, reply_to_all
from toolkit.generate.prices import Price
from toolkit.generate.watch import Speed, clock, drawn
from toolkit.terminal import say

LONG_REPLY = 1000                               # tokens, assumed of replies without a bound until some have come


def estimated(requests: Path, defaults: Defaults, price: Price | None) -> dict[str, Any]:
    """What sending the rows will take: nothing is sent. Replies are counted at their longest."""
    rows = look_over(requests, defaults)
    prompt = rows.characters // CHARACTERS_A_TOKEN
    longest = rows.count * defaults.max_tokens if defaults.max_tokens else None
    cost = price.of(prompt, longest) if price and longest is not None else None
    say(f"rows      {rows.count:,}")
    say(f"tokens    {prompt:,} in (estimated, {CHARACTERS_A_TOKEN} characters a token)"
        + (f", at most {longest:,} out" if longest is not None else ", replies unknown: no --max-tokens"))
    say(f"money     at most ${cost:,.2f} (by \"{price.name}\")" if cost is not None and price else "money     unknown")
    return {"rows": rows.count, "prompt_tokens": prompt, "most_completion_tokens": longest, "most_usd": cost}


def send(requests: Path, out: Path, engine: Engine, pace: Pace, defaults: Defaults, price: Price | None = None,
         max_cost_usd: float | None = None, extend: bool = False, overwrite: bool = False) -> dict[str, Any]:
    """Send what has no reply yet, and say how it went.

    Raises:
        KeyboardInterrupt: Ctrl-C, after what was under way has been written.
    """
    rows = look_over(requests, defaults)
    speed = Speed()
    each_usd = price.of(rows.characters / CHARACTERS_A_TOKEN / rows.count, defaults.max_tokens or LONG_REPLY) if price else 0.0
    budget = Budget(max_cost_usd, price, each_usd)

    def line(totals: Totals) -> str:
        return status(totals, rows, speed(totals.done), price)

    def enough(totals: Totals) -> bool:
        sent = totals.sent
        return price is not None and budget.reached(
            totals, sent.replies, price.of(sent.prompt_tokens, sent.completion_tokens, sent.cached_tokens))

    with drawn(line) as tell:
        totals = reply_to_all(requests, out, engine, pace, defaults, extend, overwrite, rows, tell, enough)
    missing = rows.count - totals.skipped - totals.done
    say(f"{totals.done:,} replies in {totals.seconds:.1f} s" + (f", {totals.skipped:,} were there" if totals.skipped else "")
        + f": {out}")
    if totals.sent.cut:
        say(f"{totals.sent.cut:,} were cut at max_tokens (finish_reason length)")
    if totals.failed:
        why = ", ".join(f"{reason} {count:,}" for reason, count in totals.failed.most_common(3))
        say(f"{totals.failed.total():,} failed ({why}): {Journal.failed_path_of(out)}")
    if missing:
        say(f"{missing:,} rows have no reply yet" + (", --max-cost is reached" if enough(totals) else "")
            + ": the same command goes on")
    if totals.interrupted:
        raise KeyboardInterrupt
    return {"rows": rows.count, "done": totals.done, "skipped": totals.skipped, "missing": missing,
            "failed": dict(totals.failed), "cut": totals.sent.cut, "seconds": round(totals.seconds, 3),
            "requests": totals.sent.requests, "retries": dict(totals.sent.retries),
            "prompt_tokens": totals.sent.prompt_tokens, "cached_tokens": totals.sent.cached_tokens,
            "completion_tokens": totals.sent.completion_tokens,
            "cost_usd": round(spent(totals, price), 4) if price else None}


def status(totals: Totals, rows: Rows, per_s: float, price: Price | None) -> str:
    """One line."""
    made, sent = totals.skipped + totals.done, totals.sent
    parts = [f"{made:,} of {rows.count:,}", f"{per_s:.1f} rows/s"]
    if per_s:
        parts.append(f"{clock((rows.count - made) / per_s)} left")
    parts += [f"{(sent.prompt_tokens + sent.completion_tokens) / 1e6:.2f} M tokens",
              f"{totals.in_flight}/{totals.limit} in flight"]
    if price:
        parts.append(f"${spent(totals, price):,.2f}")
    for name, count in (("failed", totals.failed.total()), ("retries", sent.retries.total())):
        if count:
            parts.append(f"{count:,} {name}")
    return " · ".join(parts) + (f" · {totals.down}" if totals.down else "")
