"""What must hold between samples: no duplicates, no role in two splits, the balance of kinds and difficulties.

Memory is a few 64-bit hashes a sample: texts are never kept.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.dataset.checks import Finding
from toolkit.dataset.stats import BALANCE, Stats
from toolkit.dataset.wording import short
from toolkit.samples import Sample

Place = tuple[str, int]
JUDGED_FROM = 20                                # samples: the plan is balanced over every 20 items


class Across:
    """Compares each sample with those before it; `files` are the splits, in the order in which they are read."""

    def __init__(self) -> None:
        self.ids: dict[int, Place] = {}
        self.same: set[int] = set()
        self.near: dict[int, Place] = {}
        self.asked: dict[int, str] = {}         # question and answer → the first file that has them
        self.roles: dict[str, Place] = {}
        self.leaked: set[tuple[str, str]] = set()

    def check(self, sample: Sample, row: Mapping[str, Any], place: Place) -> Iterator[Finding]:
        """Args: row: the sample's JSON object, which tells what the file states and what was filled in."""
        if row.get("id"):
            first = self.ids.setdefault(hash(sample.id), place)
            if first != place:
                yield Finding("error", "duplicate_id", "id",
                              f"is {short(sample.id)}, the id of {_at(first)}. Give each sample its own id.")
        yield from self._duplicates(sample, place)
        yield from self._leaks(sample, bool(row.get("role_id")), place)

    def _duplicates(self, sample: Sample, place: Place) -> Iterator[Finding]:
        dialogue = tuple(turn["content"] for turn in sample.conversation_history)
        exact = hash((sample.role_id, sample.character_profile, dialogue, sample.question))
        near = hash((sample.role_id, letters(sample.character_profile), letters(" ".join(dialogue)),
                     "".join(sorted(_words(sample.question)))))
        first = self.near.setdefault(near, place)
        if exact in self.same:
            yield Finding("error", "duplicate", "question",
                          f"is asked of the same role with the same profile and dialogue as before ({_at(first)}). "
                          "Remove one of the two.")
        elif first != place:
            yield Finding("warning", "near_duplicate", "question",
                          f"differs from {_at(first)} only in punctuation, case or the order of its words. "
                          "Remove one of the two, or ask for something else.")
        self.same.add(exact)

    def _leaks(self, sample: Sample, stated: bool, place: Place) -> Iterator[Finding]:
        file, role = place[0], sample.role_id
        first = self.roles.setdefault(role, place)
        if first[0] != file and (role, file) not in self.leaked:
            self.leaked.add((role, file))
            if stated:
                yield Finding("error", "role_leakage", "role_id",
                              f"is {short(role)}, a role of {_at(first)} too: a validation role must be unseen in "
                              "training. Split by role (toolkit gen-data does).")
            else:
                yield Finding("warning", "role_leakage_by_name", "character_name",
                              f"is {short(role)}, a name in {_at(first)} too, and no role_id tells the two apart: "
                              "if it is one role, split by role.")
        pair = hash((letters(sample.question), letters(sample.answer)))
        if self.asked.setdefault(pair, file) != file:
            yield Finding("warning", "question_leakage", "question", f"and answer stand in {self.asked[pair]} too. "
                          "Reword it, or remove it from one of the splits.")


def balance(stats: Stats) -> Iterator[Finding]:
    """Shares that are further from the good ones than chance and 5 points explain."""
    for name, wanted in BALANCE.items():
        shares = stats.shares(name)
        n = sum(stats.by[name][value] for value in wanted)
        if n < JUDGED_FROM:
            continue
        off = [value for value, share in shares.items() if abs(share - wanted[value]) > tolerance(wanted[value], n)]
        if off:
            have = " : ".join(str(stats.by[name][value]) for value in wanted)
            good = " : ".join(f"{share * 10:g}" for share in wanted.values())
            yield Finding("warning", f"balance_{name}", name, f"is {have} ({' : '.join(wanted)}), good data has "
                          f"{good}. Generate more of what is missing.")


def tolerance(share: float, n: int) -> float:
    """5 points, and two standard errors of a share among n draws: a small set is not blamed for chance."""
    return 0.05 + 2 * math.sqrt(share * (1 - share) / n)


def missing_data(counts: Counter[str], samples: int) -> list[str]:
    """One sentence for each kind of data that samples lack, and the checks that were skipped for it."""
    skipped = {
        "evidence": "whether quotes are real was not checked for them; keys were looked for in profile and dialogue",
        "role_id": "leakage between splits was judged by character_name for them",
        "distractors": "whether wrong values are refused was not checked for them",
        "difficulty": "they count as medium, and their balance was not judged",
        "kind": "it was taken from the dialogue: CM with one, SBK without",
        "language": "it was taken from the script of the question",
    }
    return [f'{counts[name]:,} of {samples:,} samples have no "{name}": {effect}.'
            for name, effect in skipped.items() if counts[name]]


def letters(text: str) -> str:
    """Letters and digits alone, in one width and case."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(filter(str.isalnum, text.casefold()))


def _words(text: str) -> list[str]:
    """Latin words whole, other scripts character by character."""
    words: list[str] = []
    for part in "".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFKC", text).casefold()).split():
        words += [f"{part} "] if part.isascii() else part
    return words


def _at(place: Place) -> str:
    return f"{place[0]}:{place[1]}"
