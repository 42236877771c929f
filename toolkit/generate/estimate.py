"""What a run will take, before anything is spent: requests, tokens, money, hours.

Prompts are made exactly as they will be sent, for a spread of the plan. Their tokens are counted when there is a counter, and
estimated from their characters otherwise; replies are always estimated, from the length of drafts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.generate.dialogue import Dialogue, Told
from toolkit.generate.drafting import Drafting
from toolkit.generate.prices import Price
from toolkit.generate.second_look import SecondLook
from toolkit.generate.work import Assigner, Work
from toolkit.tasks.base import Message

SPREAD = 64                                     # works whose prompts are made
# assumed tokens of a character, by script: rules of thumb for tokenizers with a vocabulary of 100,000 or more
CJK_TOKENS, OTHER_TOKENS = 0.75, 0.28
# assumed characters of a draft, JSON included: (CJK languages, English)
DRAFT = {"sbk": (330, 700), "rcb": (220, 520), "exchange": (75, 190), "statements": (120, 180), "cm": (190, 430)}
ATTEMPTS = 1.25                                 # requests a draft needs on average, refused ones included
ANSWER_TOKENS = 150                             # of an attempt to answer as the role
TOKENS_PER_S = 40                               # of one reply, of a server that is well used


@dataclass(frozen=True, slots=True)
class Estimate:
    rows: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    counted: bool                               # whether the prompts' tokens were counted
    cost_usd: float | None                      # None: no price known
    hours: float | None                         # None: a batch, whose server takes its time
    in_flight: int | None

    def lines(self, price: Price | None) -> list[str]:
        how = "prompts counted, replies estimated" if self.counted else "estimated from characters"
        money = ("unknown: the price table has no entry for this model" if self.cost_usd is None or price is None
                 else f"${self.cost_usd:,.2f} (by \"{price.name}\", before prefix caching)")
        if self.hours is None:
            time = ("up to 24 hours a batch job; drafts asked again and questions about a dialogue wait for the next; what is too "
                    "little for a job goes out at once, at the full price")
        else:
            took = f"{self.hours:.1f} h" if self.hours >= 1 else f"{self.hours * 60:.1f} min"
            time = f"{took} at {self.in_flight} requests in flight, {TOKENS_PER_S} tokens/s each (assumed)"
        return [f"rows      {self.rows:,} ({self.requests:,} requests, {ATTEMPTS:g} attempts a draft assumed)",
                f"tokens    {self.prompt_tokens:,} in, {self.completion_tokens:,} out ({how})",
                f"money     {money}",
                f"time      {time}"]


def estimate(works: Sequence[Work], rows: int, assigner: Assigner, drafting: Drafting, look: SecondLook, in_flight: int | None,
             price: Price | None, count: Callable[[list[Message]], int] | None = None) -> Estimate:
    """
    Args:
        works: a spread of the plan.
        rows: how many there are in all.
        in_flight: None for batch jobs.
        count: tokens of messages, when known.
    """
    measure = count or guessed_tokens
    requests = prompt = completion = 0.0
    for work in works:
        for messages, characters in _steps(work, assigner, drafting):
            requests += ATTEMPTS
            prompt += ATTEMPTS * measure(messages)
            completion += ATTEMPTS * characters * (OTHER_TOKENS if work.item.profile.language == "en" else CJK_TOKENS)
            guide = measure(messages[:1])
        extra = look.attempts + look.closed_book + look.judge
        requests += extra
        prompt += extra * guide
        completion += extra * ANSWER_TOKENS
    scale = rows / max(1, len(works))
    requests, prompt, completion = (round(total * scale) for total in (requests, prompt, completion))
    hours = completion / TOKENS_PER_S / in_flight / 3600 if in_flight else None
    cost = price.of(prompt, completion, hours=hours or 0.0) if price else None
    return Estimate(rows, requests, prompt, completion, count is not None, cost, hours, in_flight)


def _steps(work: Work, assigner: Assigner, drafting: Drafting) -> list[tuple[list[Message], int]]:
    """Messages of each request, and characters of its reply."""
    profile, assignment = work.item.profile, assigner.assign(work)
    column = int(profile.language == "en")
    plan = assignment.outline
    if plan is None:
        rcb = work.item.kind == "RCB"
        return [(drafting.about_profile(profile, assignment, rcb), DRAFT["rcb" if rcb else "sbk"][column])]
    opening = drafting.dialogue(profile, assignment)
    length = DRAFT["exchange"][column] * plan.exchanges + DRAFT["statements"][column]
    told = tuple(Told(step, "…", "…") for step in plan.steps)
    asking = drafting.about_dialogue(profile, assignment, opening, "…" * length, Dialogue((), told))
    return [(opening, length), (asking, DRAFT["cm"][column])]


def guessed_tokens(messages: Sequence[Message]) -> int:
    text = "".join(message["content"] for message in messages)
    wide = sum(c > "\u2e80" for c in text)
    return round(wide * CJK_TOKENS + (len(text) - wide) * OTHER_TOKENS) + 4 * len(messages)


def spread(works: Any, total: int, wanted: int = SPREAD) -> list[Work]:
    """About so many works of a plan of `total` items, each kind, difficulty and language in its share.

    They come in periods, so that an equal step over the whole plan could meet the same ones again and again.
    """
    every = max(1, total // wanted)
    seen: Counter[tuple[str, str, str]] = Counter()
    chosen = []
    for work in works:
        sort = (work.item.kind, work.item.difficulty, work.item.profile.language)
        if seen[sort] % every == every // 2:
            chosen.append(work)
        seen[sort] += 1
    return chosen
