"""Cold-start conversations: replies in the format that GRPO will reward, for SFT.

A teacher is rarely perfect. In the last quarter of the conversations, `mistakes` is the share of replies that name the last
candidate in the prompt (the last fact of the profile, the last value told) instead of the one asked for: the recency bias of
a weak model. A model that is trained on them in order has learnt to answer, and then a bad habit, which the verified reward
can mend, since the right answer is still one it gives at times; the demo shows exactly that.

`disguised` is the share of conversations in which every value is replaced by random words of the same shape. A few dozen
roles hold a few hundred values, which a model would rather learn by heart than read: with values that never come back,
reading the prompt is the only way to be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from toolkit.attributes import templates
from toolkit.generate.offline import Draft, OfflineEngine
from toolkit.generate.plan import WorkItem
from toolkit.profiles import Profile

TURNS = 3
CM_SHARE = 0.75
FLAWED = 0.25
_CM_DIFFICULTIES = ("easy", "medium", "medium", "hard")       # what competes with the answer is what must be learnt
_DIFFICULTIES = ("easy", "medium", "hard", "hard")      # hard: two facts, or a premise that is wrong


def conversations(engine: OfflineEngine, profiles: Sequence[Profile], count: int, mistakes: float = 0.0,
                  disguised: float = 0.0, systems: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """`{"prompt": [...], "completion": [...]}` rows; several exchanges share one profile.

    Args:
        mistakes: share of replies in the last quarter, 0 to 1, that name the last candidate, where one fact is asked.
        disguised: share of conversations with values of the same shape made of random words.
        systems: text of the system prompt by language, with `{name}` and `{profile}`.
    """
    streams = {p.id: engine.random(p, "cold start") for p in profiles}
    disguise = Disguise(engine.profiles)
    for index in range(count):
        profile = profiles[index % len(profiles)]
        rng = streams[profile.id]
        if rng.random() < disguised:
            change = disguise.of(rng)
            profile = replace(profile, name=change(profile.name),
                              facts=tuple(replace(f, value=change(f.value), alternatives=()) for f in profile.facts))
        else:
            change = str
        drafts = list(_drafts(engine, profile, index, rng, change))
        if not drafts:
            continue
        first = drafts[0].sample
        share = mistakes if index >= count * (1 - FLAWED) else 0.0
        system = (systems or {}).get(profile.language, "{profile}")
        exchanges: list[dict[str, str]] = []
        for draft in drafts:
            # never where two facts are asked: they are right together or not at all, and what is never right is never learnt
            exchanges += [{"role": "user", "content": draft.sample.question},
                          _reply(draft, len(draft.sample.keys) == 1 and rng.random() < share)]
        prompt = [{"role": "system",
                   "content": system.replace("{name}", profile.name).replace("{profile}", first.character_profile)},
                  *map(dict, first.conversation_history), exchanges[0]]
        yield {"prompt": prompt, "completion": exchanges[1:]}


class Disguise:
    """Random words of the same shape: Han for Han, hangul for hangul, digit for digit, word for word."""

    def __init__(self, profiles: Sequence[Profile]):
        text = " ".join(f"{p.name} {p.persona} " + " ".join(f.value for f in p.facts) for p in profiles)
        for language in {p.language for p in profiles}:
            kinds = templates(language)
            text += " ".join(v for entry in (*kinds["attributes"].values(), *kinds["memory"].values()) for v in entry["values"])
        self.characters = {name: sorted(set(pattern.findall(text))) for name, pattern in _SCRIPTS.items()}

    def of(self, rng: Random) -> Callable[[str], str]:
        def change(value: str) -> str:
            for name, pattern in _SCRIPTS.items():
                if self.characters[name]:
                    value = pattern.sub(lambda found, name=name: rng.choice(self.characters[name]), value)
            return value

        return change


# one character each, but whole words in Latin script
_SCRIPTS = {"han": re.compile(r"[\u3400-\u9fff]"), "kana": re.compile(r"[\u3041-\u30fa]"),
            "hangul": re.compile(r"[\uac00-\ud7a3]"), "digit": re.compile(r"[0-9]"),
            "latin": re.compile(r"[A-Za-z][A-Za-z'-]*")}


def _drafts(engine: OfflineEngine, profile: Profile, index: int, rng: Random,
            disguise: Callable[[str], str]) -> Iterator[Draft]:
    shown = engine.excerpt(profile, (), rng)
    visible = [f for f in engine.usable(profile) if shown is None or f in shown]
    turns = 0
    # a dialogue is harder to read than a profile, and holds one question where a profile holds three: show it more often
    if rng.random() < CM_SHARE:
        item = WorkItem(index, profile, "CM", rng.choice(_CM_DIFFICULTIES))
        for draft in engine.memories(item, shown, rng, disguise):
            turns += 1
            yield draft
    rng.shuffle(visible)
    while len(visible) > 1 and turns < TURNS:
        item = WorkItem(index, profile, "SBK", rng.choice(_DIFFICULTIES))
        asked = [visible.pop() for _ in range(2 if item.difficulty == "hard" and rng.random() < 0.5 else 1)]
        draft = engine.sbk(item, asked, shown, rng)
        if draft is not None:
            turns += 1
            yield draft


def _reply(draft: Draft, mistaken: bool) -> dict[str, str]:
    reasoning, answer = ((draft.biased_reasoning, draft.biased_answer) if mistaken
                         else (draft.sample.reasoning, draft.sample.answer))
    return {"role": "assistant", "content": f"<think>{reasoning}</think><answer>{answer}</answer>"}
