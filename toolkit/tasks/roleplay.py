"""Role-play: answer as the role, from its profile (SBK) or from the dialogue so far (CM).

A row is a `Sample`. The model sees the profile in the system prompt, the dialogue, then the question, and replies
`<think>…</think><answer>…</answer>`; only the answer is verified.

    role    铁匠 沈铁山, 祖籍杭州
    user    你老家在哪儿？
    reply   <think>我的籍贯：杭州</think><answer>我是杭州人。</answer>        accuracy 1, format 1

Reward parts: `accuracy` (does the answer assert the keys as the role's own present answer?) 0.7, `format` 0.3: the weights
of the public RAIDEN-R1 reproduction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.resources import text
from toolkit.samples import Sample, read_samples, sample_from_row
from toolkit.tasks.base import Message
from toolkit.verify import Verdict, format_verdict, verify


class RolePlay:
    name = "roleplay"
    parts: Mapping[str, float] = {"accuracy": 0.7, "format": 0.3}
    system_prompt = "prompts/roleplay/system.{language}.md"

    def read(self, path: str | Path) -> Iterator[tuple[int, Sample]]:
        return read_samples(path)

    def row(self, value: Mapping[str, Any]) -> Sample:
        problems: list[str] = []
        sample = sample_from_row(value, f"sample {value.get('id', '?')}", problems)
        if sample is None:
            raise InputError(problems)
        return sample

    def prompt(self, row: Sample, system_prompt: str = "") -> list[Message]:
        """System prompt with name and profile, the dialogue, the question.

        Args:
            system_prompt: a prompt file with `{language}` in its name, `{name}` and `{profile}` in its text.
        """
        language = row.language if row.language in ("zh", "en", "ja", "ko") else "en"
        template = text((system_prompt or self.system_prompt).replace("{language}", language)).rstrip("\n")
        system = template.replace("{name}", row.character_name).replace("{profile}", row.character_profile)
        return [{"role": "system", "content": system}, *map(dict, row.conversation_history),
                {"role": "user", "content": row.question}]

    def score(self, part: str, row: Sample, completion: str, prefilled: bool = False) -> Verdict:
        if part == "format":
            return format_verdict(completion, prefilled=prefilled)
        if part == "accuracy":
            return verify(completion, question=row.question, keys=row.keys, match=row.match, language=row.language,
                          profile=row.character_profile, history=row.conversation_history,
                          aliases=row.metadata.get("aliases", ()), distractors=row.distractors, prefilled=prefilled)
        raise InputError(f'role-play has no reward part "{part}". It has: {", ".join(self.parts)}.')

    def honest(self, row: Sample) -> Iterable[tuple[str, str]]:
        from toolkit.rewards.stress import stress

        return [(probe.kind, probe.text) for probe in stress(row) if probe.expected]

    def baits(self, row: Sample) -> Iterable[tuple[str, str]]:
        from toolkit.rewards.stress import stress

        return [(probe.kind, probe.text) for probe in stress(row) if not probe.expected]


def gold_reply(row: Sample) -> str:
    """The reply that the data calls right, in the form that the task asks for."""
    return f"<think>{row.reasoning or row.question}</think><answer>{row.answer}</answer>"
