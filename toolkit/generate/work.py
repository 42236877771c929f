"""Work for a model: a planned item, and what exactly is asked for it (its assignment), fixed by seed and index.

An item knows only its place in the plan, so that a million of them cost nothing. The assignment is made when its turn
comes: the part of the profile to ask about, the way of asking, the occasion, and for CM the outline of the dialogue.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from toolkit.attributes import label_of, labelled, question_word_of
from toolkit.errors import InputError, did_you_mean
from toolkit.generate.dialogue import Outline, outline
from toolkit.generate.plan import WorkItem, plan
from toolkit.generate.prompt_files import Prompts
from toolkit.profiles import Profile

MODEL_KINDS = ("SBK", "CM", "SCK", "RCB")
TOGETHER = 20                                   # items of a profile in a row: 95 % of them find it in the server's cache
SENTENCE = (8, 160)                             # characters of a sentence worth asking about
_SENTENCES = re.compile(r"(?<=[。！？])|(?<!Mr)(?<!Mrs)(?<!Ms)(?<!Dr)(?<!St)[.!?]\s+(?=[A-Z\"“‘'가-힣0-9])|\n+")
_FORMS = {
    ("SBK", "easy"): ("direct",), ("SBK", "medium"): ("paraphrase",), ("SBK", "hard"): ("two_facts", "false_premise"),
    ("SCK", "easy"): ("false_premise",), ("SCK", "medium"): ("false_premise",), ("SCK", "hard"): ("false_premise",),
    ("RCB", "easy"): ("beyond",), ("RCB", "medium"): ("boundary", "beyond"), ("RCB", "hard"): ("identity",),
    ("CM", "easy"): ("recall",), ("CM", "medium"): ("recall", "recall_obliquely"), ("CM", "hard"): ("recall_latest",),
}


@dataclass(frozen=True, slots=True)
class Work:
    """One planned sample; `number` counts the items of its profile, `ordinal` those of its kind among them.

    The id has the number, not the place in the whole plan: a plan with more samples a profile goes on with the same ids.
    """

    item: WorkItem
    number: int
    ordinal: int
    seed: int

    @property
    def id(self) -> str:
        return f"{self.item.profile.id}-{self.number:06d}"

    @property
    def affinity(self) -> str:
        return self.item.profile.id


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a model is asked to write for a piece of work."""

    form: str
    question_type: str                          # "any" when the model chooses
    scene: str
    focus: tuple[str, ...] = ()                 # lines or sentences of the profile
    outline: Outline | None = None              # CM


def works(profiles: Sequence[Profile], kinds: Sequence[str], seed: int, samples_per_profile: int | None,
          samples: int | None, endless: bool = False) -> Iterator[Work]:
    """The plan's items in order, `TOGETHER` of a profile at a time; endless goes on in the same proportions."""
    counts: dict[tuple[str, str], int] = {}     # by profile and kind; "" counts all kinds

    def following(profile: str, kind: str) -> int:
        counts[profile, kind] = counts.get((profile, kind), -1) + 1
        return counts[profile, kind]

    for item in plan(profiles, samples_per_profile, samples, kinds, TOGETHER, endless):
        yield Work(item, following(item.profile.id, ""), following(item.profile.id, item.kind), seed)


def proportions(text: str) -> tuple[str, ...]:
    """`SBK=4,CM=4,RCB=1` as a sequence to repeat, spread evenly; without numbers every kind counts the same.

    Raises:
        InputError: for an unknown kind or a share that is no number.
    """
    shares: dict[str, int] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        kind, equals, share = part.partition("=")
        kind = kind.strip().upper()
        if kind not in MODEL_KINDS:
            raise InputError(f'--kinds "{kind}" is unknown.{did_you_mean(kind, MODEL_KINDS)} Known: SBK (profile), '
                             "CM (dialogue), SCK (false premise), RCB (out of role).")
        if equals and not (share.strip().isdecimal() and 0 < int(share) <= 100):
            raise InputError(f'--kinds "{part}" has no share from 1 to 100. Write, for example, SBK=4,CM=4,RCB=1.')
        shares[kind] = int(share) if equals else 1
    if not shares:
        raise InputError("--kinds names no kind. Write, for example, SBK,CM.")
    total, owed = sum(shares.values()), dict.fromkeys(shares, 0)
    order = []
    for _ in range(total):                      # smooth weighted round robin
        for kind, share in shares.items():
            owed[kind] += share
        chosen = max(owed, key=owed.__getitem__)
        owed[chosen] -= total
        order.append(chosen)
    return tuple(order)


class Assigner:
    """Makes assignments; remembers the passages and topics of the profiles in work."""

    def __init__(self, prompts: Prompts, max_distance: int | None = None, remembered: int = 512):
        self.prompts, self.max_distance, self.remembered = prompts, max_distance, remembered
        self._passages: OrderedDict[str, tuple[tuple[str, str], ...]] = OrderedDict()
        self._topics: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def assign(self, work: Work) -> Assignment:
        item, profile = work.item, work.item.profile
        wishes = self.prompts.table("wishes", profile.language)
        rng = Random(f"{work.seed}:{work.id}")
        forms = _FORMS[item.kind, item.difficulty]
        if not profile.boundary:
            forms = tuple(f for f in forms if f != "boundary")
        # ordinals of one difficulty are not consecutive: a draw alternates better than a remainder
        form = forms[rng.randrange(len(forms))]
        scene = rng.choice(wishes["scenes"])
        if item.kind == "CM":
            order = self._order(work, len(wishes["topics"]))
            topic, second = (wishes["topics"][order[(work.ordinal + n) % len(order)]] for n in (0, 1))
            return Assignment(form, topic["word"], scene, (),
                              outline(item.difficulty, topic, second, self.max_distance, rng))
        if item.kind == "RCB":
            return Assignment(form, "any", scene)
        passages = self.passages(profile, work.seed)
        if len(passages) < 2 and form == "two_facts":
            form = "false_premise"
        at = work.ordinal % len(passages)
        chosen = [passages[at], passages[(at + 1 + len(passages) // 2) % len(passages)]][:1 + (form == "two_facts")]
        word = chosen[0][0] if len(chosen) == 1 else "any"
        return Assignment(form, word, scene, tuple(text for _, text in chosen))

    def _order(self, work: Work, length: int) -> tuple[int, ...]:
        """Topics of dialogues, in the role's own order."""
        role = work.item.profile.id
        if role not in self._topics:
            order = list(range(length))
            Random(f"{work.seed}:topics:{role}").shuffle(order)
            self._topics[role] = tuple(order)
            _forget(self._topics, self.remembered)
        return self._topics[role]

    def passages(self, profile: Profile, seed: int) -> tuple[tuple[str, str], ...]:
        """`(question word or any, text)` of each part of a profile that can be asked about, in the role's own order."""
        known = self._passages.get(profile.id)
        if known is None:
            found = list(dict.fromkeys(passages(profile)))
            Random(f"{seed}:passages:{profile.id}").shuffle(found)
            known = self._passages[profile.id] = tuple(found)
            _forget(self._passages, self.remembered)
        return known


def _forget(oldest_first: OrderedDict[str, Any], remembered: int) -> None:
    while len(oldest_first) > remembered:
        oldest_first.popitem(last=False)


def passages(profile: Profile) -> Iterator[tuple[str, str]]:
    """Fact lines, then sentences of the free text; the whole text when it has neither."""
    found = False
    for fact in profile.facts:
        if fact.value not in profile.name:
            found = True
            yield question_word_of(fact.key), labelled(label_of(fact.key, profile.language), fact.value, profile.language)
    shortest, longest = SENTENCE
    for sentence in map(str.strip, _SENTENCES.split(profile.persona)):
        if shortest <= len(sentence) <= longest:
            found = True
            yield "any", sentence
    if not found:
        yield "any", (profile.persona or profile.text())[:600]


def wording(assignment: Assignment, wishes: Mapping[str, Any], boundary: str = "") -> dict[str, str]:
    """The slots that say how to ask: `form`, `question_type`, `scene`."""
    return {"form": wishes["forms"][assignment.form].replace("{boundary}", boundary), "scene": assignment.scene,
            "question_type": wishes["question_types"].get(assignment.question_type, assignment.question_type)}
