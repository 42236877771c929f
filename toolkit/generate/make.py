"""One sample from a model: draft → parse → checks → asked again with the reasons → accepted, or rejected with its reason.

    SBK, SCK, RCB    one request a draft
    CM               the dialogue first, then the question about it; each has its own attempts

An outcome is JSON: `{"status": "accepted", "sample": {…}, …}` or `{"status": "rejected", "code": …, "reason": …, "draft": …}`,
with the refused attempts and the tokens of either. Nothing is dropped without a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.generate import drafts
from toolkit.generate.dialogue import Dialogue, read_dialogue
from toolkit.generate.drafting import SCHEMAS, Drafting
from toolkit.generate.engines.base import Complete, Reply, Request
from toolkit.generate.parse import NotJson, only_thought, parse_object
from toolkit.generate.problems import Problem
from toolkit.generate.screen import Screen
from toolkit.generate.second_look import SecondLook
from toolkit.generate.work import Assigner, Assignment, Work
from toolkit.jsonl import dumps
from toolkit.samples import Sample
from toolkit.tasks.base import Message

KEPT_DRAFT = 4_000                              # characters of the last draft in a rejected row
ACCEPTED, REJECTED = "accepted", "rejected"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the writing model is asked; a temperature of None is left to the server.

    `constrained` sends the JSON schema of the draft; without it the prompt alone asks for JSON.
    """

    temperature: float | None = 0.8
    max_tokens: int = 4096
    max_attempts: int = 3
    constrained: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Record:
    """What one piece of work has cost and gone through so far."""

    work: Work
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    model: str = ""                             # that wrote; a judge is another
    refused: list[dict[str, str]] = field(default_factory=list)
    last: str = ""

    def add(self, reply: Reply) -> None:
        self.requests += 1
        self.prompt_tokens += reply.usage.prompt_tokens
        self.completion_tokens += reply.usage.completion_tokens
        self.cached_tokens += reply.usage.cached_tokens

    def refuse(self, step: str, problems: Sequence[Problem], written: str) -> None:
        self.last = written
        self.refused.append({"step": step, "code": problems[0].code, "reason": "; ".join(map(str, problems))[:400]})

    def usage(self) -> dict[str, int]:
        return {"requests": self.requests, "prompt_tokens": self.prompt_tokens,
                "completion_tokens": self.completion_tokens, "cached_tokens": self.cached_tokens}


Read = Callable[[Mapping[str, Any], list[Problem]], Any]
Look = Callable[[Any], Awaitable[list[Problem]]]


@dataclass(frozen=True, slots=True)
class Made:
    """An outcome, and the sample when it was accepted."""

    outcome: dict[str, Any]
    sample: Sample | None = None


class Maker:
    """Makes samples of work.

    Args:
        second_look: the options that ask a model about a finished draft.
        provenance: written into every sample beside model, seed and index.
    """

    def __init__(self, assigner: Assigner, drafting: Drafting, screen: Screen, sampling: Sampling,
                 second_look: SecondLook, provenance: Mapping[str, Any]):
        self.assigner, self.drafting, self.screen = assigner, drafting, screen
        self.sampling, self.second_look, self.provenance = sampling, second_look, dict(provenance)

    async def __call__(self, work: Work, complete: Complete) -> Made:
        record = _Record(work)

        async def ask(request: Request) -> Reply:
            reply = await complete(request)
            record.add(reply)
            return reply

        sample = await self._sample(work, record, ask)
        if sample is not None:
            difficulty = await self.second_look.measured(sample, ask)
            if difficulty:
                sample = replace(sample, difficulty=difficulty[0],
                                 metadata={**sample.metadata, "planned_difficulty": sample.difficulty,
                                           "pass_rate": difficulty[1]})
            if (repeated := self.screen.accept(sample)) is None:
                sample = replace(sample, provenance=self._provenance(record))
                return Made({"status": ACCEPTED, "sample": sample.to_row(), "refused": record.refused,
                             "usage": record.usage()}, sample)
            record.refuse("accept", [repeated], sample.question)
        return Made(self._rejected(record))

    async def _sample(self, work: Work, record: _Record, ask: Complete) -> Sample | None:
        profile, assignment = work.item.profile, self.assigner.assign(work)
        text = profile.text()
        if work.item.kind == "CM":
            return await self._memory(work, assignment, text, record, ask)
        rcb = work.item.kind == "RCB"
        build = drafts.out_of_role if rcb else drafts.about_profile

        def read(draft: Mapping[str, Any], problems: list[Problem]) -> Sample | None:
            sample = build(draft, work, assignment, text, problems)
            return self._screened(sample, None, problems)

        async def look(sample: Sample) -> list[Problem]:
            return await self.second_look.problems(sample, ask)

        messages = self.drafting.about_profile(profile, assignment, rcb)
        return await self._written("rcb" if rcb else "sbk", messages, read, look, record, ask)

    async def _memory(self, work: Work, assignment: Assignment, text: str, record: _Record,
                      ask: Complete) -> Sample | None:
        profile, plan = work.item.profile, assignment.outline
        assert plan is not None
        written = ""

        def read(draft: Mapping[str, Any], problems: list[Problem]) -> Dialogue | None:
            nonlocal written
            dialogue = read_dialogue(draft, plan, text, problems)
            if dialogue is not None and not problems:
                problems += self.screen.dialogue(dialogue, profile.language, text)
            written = dumps(draft)
            return dialogue

        opening = self.drafting.dialogue(profile, assignment)
        dialogue = await self._written("dialogue", opening, read, None, record, ask)
        if dialogue is None:
            return None

        def read_question(draft: Mapping[str, Any], problems: list[Problem]) -> Sample | None:
            sample = drafts.about_dialogue(draft, work, assignment, text, dialogue, problems)
            return self._screened(sample, dialogue, problems)

        async def look(sample: Sample) -> list[Problem]:
            return await self.second_look.problems(sample, ask)

        messages = self.drafting.about_dialogue(profile, assignment, opening, written, dialogue)
        return await self._written("cm", messages, read_question, look, record, ask)

    def _screened(self, sample: Sample | None, dialogue: Dialogue | None, problems: list[Problem]) -> Sample | None:
        if sample is None or problems:
            return None
        sample, found = self.screen.sample(sample, dialogue)
        problems += found
        return sample

    async def _written(self, step: str, messages: list[Message], read: Read, look: Look | None, record: _Record,
                       ask: Complete) -> Any:
        """What a step brought, after as many attempts as are allowed; None when none was good.

        Args:
            read: makes something of a parsed draft, or says what is wrong with it.
            look: what a model thinks of it, once nothing else is wrong.
        """
        sampling, work = self.sampling, record.work
        asked = messages
        for _ in range(sampling.max_attempts):
            reply = await ask(Request(f"{work.id}/{step}/{record.requests}", asked, sampling.max_tokens,
                                      sampling.temperature, SCHEMAS[step] if sampling.constrained else None,
                                      work.affinity, sampling.extra))
            record.model = reply.model or record.model
            problems: list[Problem] = []
            value, draft = None, None
            if reply.finish_reason == "length":
                problems.append(Problem("thinking" if only_thought(reply.content) else "length", f"cut at {sampling.max_tokens} tokens"))
            elif reply.finish_reason in ("refusal", "content_filter"):
                problems.append(Problem("refusal", reply.finish_reason))
            else:
                try:
                    draft = parse_object(reply.content)
                    value = read(draft, problems)
                except NotJson as error:
                    problems.append(Problem(error.code, str(error)))
            if not problems and look is not None:
                problems += await look(value)
            if not problems:
                return value
            record.refuse(step, problems, reply.content)
            asked = self.drafting.again(messages, dumps(draft) if draft else "", problems,
                                        work.item.profile.language)
        return None

    def _provenance(self, record: _Record) -> dict[str, Any]:
        return {**self.provenance, "model": record.model, "seed": record.work.seed, "index": record.work.item.index,
                "requests": record.requests}

    def _rejected(self, record: _Record) -> dict[str, Any]:
        item, last = record.work.item, record.refused[-1]
        return {"status": REJECTED, **last, "role_id": item.profile.id, "kind": item.kind,
                "difficulty": item.difficulty, "language": item.profile.language, "refused": record.refused,
                "draft": record.last[:KEPT_DRAFT], "usage": record.usage()}


@dataclass(slots=True)
class Tally:
    """Outcomes counted as they come, those of an earlier run included."""

    accepted: int = 0
    rejected: int = 0
    first_try: int = 0
    codes: Counter[str] = field(default_factory=Counter)        # of rejected samples
    refused: Counter[str] = field(default_factory=Counter)      # of refused drafts
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    requests: int = 0

    def add(self, outcome: Mapping[str, Any]) -> None:
        if outcome["status"] == ACCEPTED:
            self.accepted += 1
            self.first_try += not outcome["refused"]
        else:
            self.rejected += 1
            self.codes[outcome["code"]] += 1
        self.refused.update(entry["code"] for entry in outcome["refused"])
        for name in ("prompt_tokens", "completion_tokens", "cached_tokens", "requests"):
            setattr(self, name, getattr(self, name) + outcome["usage"][name])
