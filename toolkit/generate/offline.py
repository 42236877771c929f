"""The offline engine: verified samples from a profile's facts, without a model.

SBK asks about facts of the profile; CM writes a dialogue in which a fact is told, updated, or told by the other speaker too,
and asks for it a stated number of exchanges later. Everything is filled from `prompts/offline/<language>.yaml`, so question,
answer, keys, evidence and wrong values are correct by construction.

Difficulty: easy is asked directly (CM: one fact told), medium is reworded (CM: a second fact or the other speaker's value
competes), hard asks two facts or starts from a false premise (CM: the value was updated and the other speaker told theirs).
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from toolkit.attributes import MEMORY_ATTRIBUTES, label_of, labelled, question_word_of, templates
from toolkit.generate.plan import WorkItem
from toolkit.profiles import Fact, Profile
from toolkit.samples import Evidence, Sample
from toolkit.verify import Key, verify

MAX_VALUE_LENGTH = 60
DISTRACTORS = 3
TRIES = 40
# how many exchanges ago the fact was told, by difficulty
DISTANCES = {"easy": (1, 2), "medium": (2, 4), "hard": (3, 6)}
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A sample, and what a teacher who takes the last candidate in the prompt would have replied."""

    sample: Sample
    biased_reasoning: str
    biased_answer: str


@dataclass(slots=True)
class _Statement:
    """One thing said in a dialogue: `speaker` is user or assistant."""

    speaker: str
    attribute: str
    value: str
    update: bool = False
    turn: int = -1
    text: str = ""


@dataclass
class OfflineEngine:
    """Makes drafts for roles; one `Random` per role, so a role's samples do not depend on the other roles.

    Args:
        profiles: all profiles, also the source of plausible wrong values.
        held_out: ids of validation roles; values told in their dialogues are never told in training dialogues.
        max_facts: show only so many facts of a profile (the asked ones among them) instead of the whole profile.
        max_distance: upper bound of `memory_distance`.
        wordings: use only the first so many wordings of each question, statement and answer (for a small model).
    """

    profiles: Sequence[Profile]
    seed: int = 0
    held_out: frozenset[str] = frozenset()
    max_facts: int | None = None
    max_distance: int | None = None
    wordings: int | None = None
    _values: Mapping[tuple[str, str], tuple[str, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        values: dict[tuple[str, str], list[str]] = defaultdict(list)
        for profile in self.profiles:
            for fact in profile.facts:
                values[profile.language, fact.key].append(fact.value)
        self._values = {spot: tuple(dict.fromkeys(found)) for spot, found in values.items()}

    def random(self, profile: Profile, purpose: str = "samples") -> Random:
        return Random(f"{self.seed}:{purpose}:{profile.id}")

    def drafts(self, item: WorkItem, rng: Random, seen: set[int]) -> Draft | None:
        """A draft for a work item that is not in `seen` (hashes of question, dialogue and excerpt), or None.

        None means that the profile does not yield another distinct sample of this kind and difficulty.
        """
        for _ in range(TRIES):
            draft = self._draft(item, rng)
            if draft is None:
                continue
            sample = draft.sample
            mark = hash((sample.question, sample.character_profile,
                         tuple(t["content"] for t in sample.conversation_history)))
            if mark not in seen and proven(sample):
                seen.add(mark)
                return draft
        return None

    def _draft(self, item: WorkItem, rng: Random) -> Draft | None:
        if item.kind == "CM":
            return self.cm(item, self.excerpt(item.profile, (), rng), rng)
        facts = self.usable(item.profile)
        if not facts:
            return None
        if item.difficulty == "hard" and len(facts) > 1 and rng.random() < 0.5:
            asked = rng.sample(facts, 2)
        else:
            asked = [rng.choice(facts)]
        return self.sbk(item, asked, self.excerpt(item.profile, asked, rng), rng)

    def usable(self, profile: Profile) -> list[Fact]:
        return [f for f in profile.facts if len(f.value) <= MAX_VALUE_LENGTH and f.value not in profile.name]

    def excerpt(self, profile: Profile, asked: Sequence[Fact], rng: Random) -> tuple[Fact, ...] | None:
        """The facts that the prompt shows, in a random order; None for the whole profile."""
        if self.max_facts is None or self.max_facts >= len(profile.facts):
            return None
        others = [f for f in self.usable(profile) if f not in asked]
        shown = [*asked, *rng.sample(others, min(len(others), max(0, self.max_facts - len(asked))))]
        rng.shuffle(shown)
        return tuple(shown)

    # SBK

    def sbk(self, item: WorkItem, asked: Sequence[Fact], shown: tuple[Fact, ...] | None, rng: Random) -> Draft | None:
        """A question about one fact, two facts, or one fact from a false premise (difficulty hard)."""
        profile, language = item.profile, item.profile.language
        last = (shown or profile.facts)[-1]
        wrong: dict[str, list[str]] = {f.key: self.wrong_values(profile, f, rng) for f in asked}
        if not all(wrong.values()):
            return None
        if len(asked) == 2:
            form = "two_facts"
            join = self._pick(templates(language)["joins"], rng)
            question = _fill(join, first=self._ask(asked[0], language, "easy", rng),
                             second=self._ask(asked[1], language, "easy", rng))

            def answer(told: Sequence[Fact]) -> str:
                return _fill(join, first=self._answer(told[0], language, rng), second=self._answer(told[1], language, rng))

            biased = (asked[0], last) if last != asked[0] else (last, asked[1])
        elif item.difficulty == "hard":
            form = "false_premise"
            fact, lie = asked[0], wrong[asked[0].key][0]
            entry = self._entry(fact, language)
            question = _fill(self._pick(entry["presume"], rng), wrong=lie, label=fact.key)
            correction = self._pick(entry["correct"], rng)

            def answer(told: Sequence[Fact]) -> str:
                if told[0] == fact:
                    return _fill(correction, value=fact.value, wrong=lie, label=fact.key)
                return self._answer(told[0], language, rng)

            biased = (last,)
        else:
            form = "direct" if item.difficulty == "easy" else "paraphrase"
            question = self._ask(asked[0], language, item.difficulty, rng)

            def answer(told: Sequence[Fact]) -> str:
                return self._answer(told[0], language, rng)

            biased = (last,)
        if any(_contains(question, f.value) for f in asked):
            return None
        distractors = [w for options in zip(*(wrong[f.key] for f in asked), strict=False) for w in options]
        sample = self._sample(
            item, form=form, profile_text=profile.text(shown), history=(), question=question,
            answer=answer(asked), reasoning=self._quote(asked, language),
            keys=tuple(Key(f.value, f.alternatives, f.type) for f in asked),
            evidence=tuple(Evidence("profile", self.line(f, language)) for f in asked),
            distractors=tuple(distractors[:DISTRACTORS * len(asked)]), question_type=question_word_of(asked[0].key))
        return Draft(sample, self._quote(biased, language), answer(biased))

    def line(self, fact: Fact, language: str) -> str:
        return labelled(label_of(fact.key, language), fact.value, language)

    def _quote(self, facts: Sequence[Fact], language: str) -> str:
        """The reasoning of a reply: the evidence, word for word (as VeriRole's hint does)."""
        return "\n".join(self.line(f, language) for f in facts)

    def wrong_values(self, profile: Profile, fact: Fact, rng: Random) -> list[str]:
        """Up to `DISTRACTORS` values of the same attribute that are not this one, in no part."""
        pool = [*self._values.get((profile.language, fact.key), ()), *self._entry(fact, profile.language)["values"]]
        right = (fact.value, *fact.alternatives)
        mine = {f.value for f in profile.facts}
        pool = [v for v in dict.fromkeys(pool)
                if v not in mine and not any(_contains(v, r) or _contains(r, v) for r in right)]
        return rng.sample(pool, min(DISTRACTORS, len(pool)))

    def _entry(self, fact: Fact, language: str) -> Mapping[str, Any]:
        filled = templates(language)
        return filled["attributes"].get(fact.key) or filled["unknown"]

    def _ask(self, fact: Fact, language: str, difficulty: str, rng: Random) -> str:
        return _fill(self._pick(self._entry(fact, language)["ask"][difficulty], rng), label=fact.key)

    def _pick(self, wordings: Sequence[str], rng: Random) -> str:
        return rng.choice(wordings[:self.wordings])

    def _answer(self, fact: Fact, language: str, rng: Random) -> str:
        return _fill(self._pick(self._entry(fact, language)["answer"], rng), value=fact.value, label=fact.key)

    # CM

    def cm(self, item: WorkItem, shown: tuple[Fact, ...] | None, rng: Random) -> Draft | None:
        """A dialogue in which facts are told, and a question about one of them."""
        return next(self.memories(item, shown, rng), None)

    def memories(self, item: WorkItem, shown: tuple[Fact, ...] | None, rng: Random,
                 disguise: Callable[[str], str] = str) -> Iterator[Draft]:
        """A dialogue in which facts are told, and a question about each of them; the first is what the item asks for.

        Args:
            disguise: changes every value told (cold starts tell invented values).
        """
        language = item.profile.language
        held = item.profile.id in self.held_out
        attribute, second = rng.sample(list(MEMORY_ATTRIBUTES), 2)
        asked, other = rng.sample(("user", "assistant"), 2)
        values = [disguise(v) for v in _some(_portion(language, attribute, held), 3 + DISTRACTORS, rng)]
        target = _Statement(asked, attribute, values[0])
        statements = [target]
        if item.difficulty == "medium" and rng.random() < 0.5:
            form = "both_speakers"
            statements.append(_Statement(other, attribute, values[1]))
            rng.shuffle(statements)
        elif item.difficulty == "medium":
            form = "two_topics"
            elsewhere = disguise(rng.choice(_portion(language, second, held)))
            statements.append(_Statement(asked, second, elsewhere))
            rng.shuffle(statements)
        elif item.difficulty == "hard":
            form = "updated"
            target.update = True
            statements = [_Statement(asked, attribute, values[1]), target]
            statements.insert(rng.randrange(3), _Statement(other, attribute, values[2]))
        else:
            form = "told"
        words = templates(language)
        history, distance = self._dialogue(statements, target, item.difficulty, words, rng)
        # what each speaker said last of each thing
        current = {(s.speaker, s.attribute): s for s in statements}
        for statement in (target, *(s for s in current.values() if s is not target)):
            if statement.attribute == attribute:
                wrong = values
            else:
                wrong = _some(_portion(language, statement.attribute, held), DISTRACTORS, rng)
            draft = self._remembered(item, form, shown, history, statements, statement, distance, wrong, words, rng)
            if draft is None and statement is target:
                return
            if draft is not None:
                yield draft

    def _remembered(self, item: WorkItem, form: str, shown: tuple[Fact, ...] | None,
                    history: tuple[Mapping[str, str], ...], statements: Sequence[_Statement], target: _Statement,
                    distance: int, values: Sequence[str], words: Mapping[str, Any], rng: Random) -> Draft | None:
        """A question about one statement of a dialogue; None when the question or another value gives it away."""
        entry, side = words["memory"][target.attribute], "user" if target.speaker == "user" else "role"
        question = self._pick(entry[f"ask_{side}"], rng)
        told = [s.value for s in statements if s.attribute == target.attribute]
        if any(_contains(question, v) for v in told) or _clash(told):
            return None
        wrong = [v for v in dict.fromkeys([*told, *values]) if v != target.value and not _contains(v, target.value)
                 and not _contains(target.value, v)]
        sample = self._sample(
            item, form=form, profile_text=item.profile.text(shown), history=history, question=question,
            answer=self._memory_answer(target, words, rng), reasoning=self._recall(target, item.profile.language),
            keys=(Key(target.value, (), MEMORY_ATTRIBUTES[target.attribute][0]),),
            evidence=(Evidence("history", target.text, target.turn),), distractors=tuple(wrong[:DISTRACTORS]),
            question_type=question_word_of(target.attribute), distance=distance)
        biased = max(statements, key=lambda statement: statement.turn)
        return Draft(sample, self._recall(biased, item.profile.language), self._memory_answer(biased, words, rng))

    def _memory_answer(self, statement: _Statement, words: Mapping[str, Any], rng: Random) -> str:
        side = "user" if statement.speaker == "user" else "role"
        wordings = words["memory"][statement.attribute][f"answer_{side}"]
        return _fill(self._pick(wordings, rng), value=statement.value)

    def _recall(self, statement: _Statement, language: str) -> str:
        """The reasoning of a memory question: who said it, and the evidence, word for word."""
        speakers = templates(language)["speakers"]
        return labelled(speakers["user" if statement.speaker == "user" else "role"], statement.text, language)

    def _dialogue(self, statements: Sequence[_Statement], target: _Statement, difficulty: str,
                  words: Mapping[str, Any], rng: Random) -> tuple[tuple[Mapping[str, str], ...], int]:
        """Exchanges that hold the statements in order, small talk between; the target is `distance` exchanges ago."""
        low, high = DISTANCES[difficulty]
        if self.max_distance is not None:
            low, high = min(low, self.max_distance), min(high, self.max_distance)
        after = len(statements) - 1 - statements.index(target)
        distance = max(rng.randint(low, high), after + 1)
        # small talk before the target is kept to one exchange: it only lengthens the prompt
        slots: list[_Statement | None] = [*statements[:statements.index(target) + 1]]
        if rng.random() < 0.5:
            slots.insert(rng.randrange(len(slots)), None)
        tail: list[_Statement | None] = [*statements[statements.index(target) + 1:]]
        tail += [None] * (distance - 1 - len(tail))
        rng.shuffle(tail)
        talk = iter(rng.sample(words["small_talk"], min(len(words["small_talk"]), len(slots) + len(tail))))
        turns: list[Mapping[str, str]] = []
        for statement in [*slots, *tail]:
            if statement is None:
                said, reply = next(talk)
            else:
                entry = words["memory"][statement.attribute]
                statement.text = _fill(self._pick(entry["updates" if statement.update else "tells"], rng),
                                       value=statement.value)
                statement.turn = len(turns) + (statement.speaker == "assistant")
                if statement.speaker == "user":
                    said, reply = statement.text, self._pick(words["role_acknowledges"], rng)
                else:
                    said, reply = self._pick(words["user_prompts"], rng), statement.text
            turns += [{"role": "user", "content": said}, {"role": "assistant", "content": reply}]
        return tuple(turns), distance

    def _sample(self, item: WorkItem, *, form: str, profile_text: str,
                history: tuple[Mapping[str, str], ...], question: str, answer: str, reasoning: str,
                keys: tuple[Key, ...], evidence: tuple[Evidence, ...], distractors: tuple[str, ...],
                question_type: str, distance: int = 0) -> Sample:
        profile = item.profile
        return Sample(
            id=f"{profile.id}-{item.index:06d}", role_id=profile.id, kind=item.kind, language=profile.language,
            character_name=profile.name, character_profile=profile_text, conversation_history=history,
            question=question, answer=answer, keys=keys, match="all", question_type=question_type,
            difficulty=item.difficulty, evidence=evidence, distractors=distractors, memory_distance=distance,
            reasoning=reasoning, metadata={"form": form},
            provenance={"engine": "offline", "seed": self.seed, "index": item.index})


@lru_cache(maxsize=512)
def _portion(language: str, attribute: str, held: bool) -> Sequence[str]:
    """A quarter of an attribute's values (by hash) for held-out roles, the rest for training roles."""
    ranked = sorted(templates(language)["memory"][attribute]["values"], key=lambda v: (zlib.crc32(v.encode()), v))
    cut = max(6, len(ranked) // 4)
    return ranked[:cut] if held else ranked[cut:]


def _some(values: Sequence[str], count: int, rng: Random) -> list[str]:
    return rng.sample(values, min(len(values), count))


def proven(sample: Sample) -> bool:
    """Whether the verifier accepts the sample's answer and takes none of its wrong values for a key in another form."""
    verdict = verify(sample.answer, question=sample.question, keys=sample.keys, match=sample.match,
                     language=sample.language, profile=sample.character_profile, history=sample.conversation_history,
                     distractors=sample.distractors)
    return verdict.score == 1.0 and not any(_same(key, wrong) for key in sample.keys for wrong in sample.distractors)


@lru_cache(maxsize=65536)
def _same(key: Key, value: str) -> bool:
    """放風箏 is 放风筝, 七岁 is 7岁: not wrong values."""
    return verify(value, question="", keys=(key,)).score == 1.0


def _contains(text: str, value: str) -> bool:
    return value.casefold() in text.casefold()


def _clash(values: Sequence[str]) -> bool:
    return any(a is not b and _contains(a, b) for a in values for b in values)


def _fill(template: str, **slots: str) -> str:
    """Fill `{slot}`s in one pass: a value that looks like a slot stays as it is."""
    return _SLOT.sub(lambda found: slots[found[1]], template)
