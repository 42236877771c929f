"""Whether the evaluation was seen in training: roles and prompts in both, and how many of its n-grams stand there.

Roles or whole prompts in both are a broken split, and refused; so are n-grams in more than a quarter of the samples. Fewer are
only reported: quotations share them, too. Those that many rows of the training data hold are the wording of the task, and count
for nothing.

    13 words (characters and words of Chinese and Japanese: each character is one), as in Brown et al. 2020 (arXiv 2005.14165, C)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from toolkit.errors import Refused
from toolkit.evaluate.style import units

N = 13
SHOWN = 5
WORDING = 0.01                                  # share of the training rows from which on an n-gram is the task's wording
LEAKED = 0.25                                   # share of the samples with such n-grams from which on the split is broken
FEW = 3                                         # rows in which a text may stand again, in however small a file
_BETWEEN = re.compile(r"[\s.,;:!?…。，、；：！？'\"“”‘’]+")      # not the signs of arithmetic


@dataclass(frozen=True, slots=True)
class Overlap:
    samples: int                                # of the evaluation
    roles: tuple[str, ...]                      # in both
    prompts: tuple[str, ...]                    # ids of evaluated samples whose whole prompt is in the training data
    touched: int                                # samples with an n-gram of the training data in question or answer
    training_rows: int

    def to_json(self) -> dict[str, Any]:
        return {"samples": self.samples, "roles": list(self.roles), "prompts": list(self.prompts), "n": N,
                "samples_with_ngrams": self.touched, "training_rows": self.training_rows}

    def note(self) -> str:
        return (f"Against {self.training_rows:,} rows of training data: {len(self.roles)} roles and {len(self.prompts)} prompts in "
                f"both; {self.touched} of {self.samples} samples share {N} words in a row with it that are not the task's own wording.")


def overlap(evaluated: Iterable[Any], training: Iterable[Any]) -> Overlap:
    """Compare rows of a task. Memory: the n-grams of the evaluation; the training data is read as a stream."""
    rows = list(evaluated)
    roles = {role for row in rows if (role := _role(row))}
    prompts: dict[bytes, list[str]] = {}
    grams: dict[bytes, set[int]] = {}
    for place, row in enumerate(rows):
        prompts.setdefault(_prompt(row), []).append(str(getattr(row, "id", place)))
        for gram in _grams(row):
            grams.setdefault(gram, set()).add(place)
    both: set[str] = set()
    same: list[str] = []
    seen: Counter[bytes] = Counter()            # training rows that hold a gram of the evaluation
    count = 0
    for row in training:
        count += 1
        if (role := _role(row)) in roles:
            both.add(role)
        same += prompts.pop(_prompt(row), [])
        seen.update(grams.keys() & set(_grams(row)))
    most = max(FEW, WORDING * count)
    touched = {place for gram, held in seen.items() if held <= most for place in grams[gram]}
    return Overlap(len(rows), tuple(sorted(both)), tuple(same), len(touched), count)


def check(found: Overlap) -> None:
    """Raises Refused for a broken split: what was learned by heart is not what was learned."""
    problems = [f"{len(items)} of the evaluated {name} are in the training data, too: {', '.join(items[:SHOWN])}"
                f"{', …' if len(items) > SHOWN else ''}." for name, items in (("roles", found.roles), ("prompts", found.prompts)) if items]
    if found.touched > LEAKED * found.samples:
        problems.append(f"{found.touched} of {found.samples} evaluated samples share {N} words in a row with the training data that are not "
                        "the task's own wording.")
    if problems:
        raise Refused([*problems, "Split the data anew (gen-data splits by role), or pass --allow-contaminated to see the numbers anyway."])


def _role(row: Any) -> str:
    role = str(getattr(row, "role_id", "") or "")
    return "" if role == "unknown" else role


def _prompt(row: Any) -> bytes:
    """The same for prompts that differ in punctuation, spaces, case or the name of the role alone: a renamed copy is a copy."""
    turns = [str(turn.get("content", "")) for turn in getattr(row, "conversation_history", ())]
    text = "\0".join([str(getattr(row, "character_profile", "")), *turns, str(getattr(row, "question", ""))])
    name = str(getattr(row, "character_name", "") or "")
    return blake2b(_BETWEEN.sub(" ", text.replace(name, "") if name else text).casefold().encode(), digest_size=16).digest()


def _grams(row: Any) -> Iterator[bytes]:
    for name in ("question", "answer"):
        words = units(str(getattr(row, name, "")))
        for at in range(len(words) - N + 1):
            yield blake2b(" ".join(words[at:at + N]).encode(), digest_size=8).digest()
