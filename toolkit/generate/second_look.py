"""What a model can tell about a finished draft: whether it is known without reading, whether it is good, how hard it is.

All three are optional and cost requests: one for the closed book, one for the judge, K for the difficulty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.attributes import label_of, labelled
from toolkit.generate.drafting import SCHEMAS, Drafting
from toolkit.generate.engines.base import Complete, Reply, Request
from toolkit.generate.parse import NotJson, parse_object
from toolkit.generate.problems import Problem
from toolkit.samples import Sample
from toolkit.tasks.roleplay import RolePlay

# a sample that most attempts pass is easy, one that few pass is hard
EASY_FROM, HARD_BELOW = 0.8, 0.35
LOWEST_SCORE = 3                                # of 5, for naturalness and voice
JUDGE_ATTEMPTS = 2
_TASK = RolePlay()


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Which questions are asked about a draft.

    Args:
        attempts: of answering the sample as the role, to measure its difficulty; 0 keeps the planned one.
        judge: whether a model judges the draft.
        constrained: send the judge's JSON schema.
        extra, judge_extra: fields of the engine's wire; the judge's name another model of the same server.
    """

    drafting: Drafting
    closed_book: bool = False
    attempts: int = 0
    judge: bool = False
    max_tokens: int = 4096
    constrained: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    judge_extra: Mapping[str, Any] = field(default_factory=dict)

    async def problems(self, sample: Sample, ask: Complete) -> list[Problem]:
        if self.closed_book and sample.kind != "RCB" and await self._known_anyway(sample, ask):
            return [Problem("closed_book")]
        return await self._judged(sample, ask) if self.judge else []

    async def measured(self, sample: Sample, ask: Complete) -> tuple[str, float] | None:
        """Difficulty and pass rate of several attempts, when that is asked for."""
        if not self.attempts:
            return None
        messages = _TASK.prompt(sample)
        passed = sum([self._right(sample, await ask(self._attempt(sample, messages, f"try/{n}", 1.0)))
                      for n in range(self.attempts)]) / self.attempts
        return ("easy" if passed >= EASY_FROM else "hard" if passed < HARD_BELOW else "medium"), round(passed, 3)

    async def _known_anyway(self, sample: Sample, ask: Complete) -> bool:
        """The same question with the name alone, and for a memory without the dialogue."""
        bare = labelled(label_of("name", sample.language), sample.character_name, sample.language)
        closed = replace(sample, conversation_history=(),
                         character_profile=sample.character_profile if sample.kind == "CM" else bare)
        reply = await ask(self._attempt(sample, _TASK.prompt(closed), "closed_book", 0.0))
        return self._right(sample, reply)

    def _attempt(self, sample: Sample, messages: list[dict[str, str]], step: str, temperature: float) -> Request:
        return Request(f"{sample.id}/{step}", messages, self.max_tokens, temperature, None, sample.role_id, self.extra)

    def _right(self, sample: Sample, reply: Reply) -> bool:
        return reply.finish_reason != "length" and _TASK.score("accuracy", sample, reply.content).score == 1.0

    async def _judged(self, sample: Sample, ask: Complete) -> list[Problem]:
        request = Request(f"{sample.id}/judge", self.drafting.judge(sample), self.max_tokens, 0.0,
                          SCHEMAS["judge"] if self.constrained else None, sample.role_id, self.judge_extra)
        verdict = None
        for _ in range(JUDGE_ATTEMPTS):         # no verdict is not the draft's fault
            reply = await ask(request)
            if (verdict := _verdict(reply)) is not None:
                break
        if verdict is None:
            return [Problem("judge_unreadable", reply.content[:80])]
        if (min(verdict["natural"], verdict["in_character"]) < LOWEST_SCORE or verdict.get("grounded") is not True
                or verdict.get("clear") is not True):
            return [Problem("judged", str(verdict.get("remark") or "")[:200])]
        return []


def _verdict(reply: Reply) -> dict[str, Any] | None:
    """A judge's object with its two scores, or None."""
    try:
        verdict = parse_object(reply.content)
    except NotJson:
        return None
    scores = [verdict.get(name) for name in ("natural", "in_character")]
    return verdict if all(isinstance(s, int) and not isinstance(s, bool) and 1 <= s <= 5 for s in scores) else None
