"""Cards: a sample with what stands before it and one or more replies side by side. Evaluations, data sets and training
rollouts are read alike, on a page and in the terminal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

_TAG = re.compile(r"<(/?)(think|answer)>")
OUTCOMES = {"lost": "Lost", "gained": "Gained", "unscored": "Unscored", "wrong": "Both wrong", "right": "Both right"}
STATE_NAMES = {"right": "right", "wrong": "wrong", "no_answer": "no answer", "several_answers": "several answers",
               "truncated": "cut off", "refused": "refused", "verifier_failed": "no verdict", "engine_failed": "no reply"}
TOKENS = {"up to 50 tokens": 50, "up to 200 tokens": 200, "up to 1000 tokens": 1000}
# what cards can be filtered by, in this order; values in the order given, others after them by name
FILTERS: dict[str, Sequence[str]] = {
    "kind": ("SBK", "CM"), "difficulty": ("easy", "medium", "hard"), "language": (), "form": (), "memory": (), "role": (),
    "state": tuple(STATE_NAMES), "length": tuple(TOKENS), "step": (), "side": ()}
ABOUT = {"role": "{}", "kind": "{}", "difficulty": "{}", "memory": "told {}", "step": "step {}"}
TURNS = 12                                      # the last ones of a history that a page shows
LONGEST_TAG = 80                                # characters


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a reply: `part` is tag, think, answer or outside; `key` is the key fact asserted there, if any."""

    text: str
    part: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A reply: whose it is, its state (of `evaluate.records`; empty when it was not scored), and why."""

    name: str
    pieces: tuple[Piece, ...]
    state: str = ""
    reason: str = ""
    more: int = 0                               # characters not shown

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def state_name(self) -> str:
        return STATE_NAMES.get(self.state, self.state)

    def clipped(self, length: int) -> Side:
        kept, room = [], length
        for piece in self.pieces:
            if room <= 0:
                break
            kept.append(replace(piece, text=piece.text[:room], key=cut(piece.key, length)))
            room -= len(piece.text)
        return replace(self, pieces=tuple(kept), reason=cut(self.reason, length), more=self.more + max(0, len(self.text) - length))


@dataclass(frozen=True, slots=True)
class Card:
    """One sample: `history` are (speaker, text), `facts` (name, text), `tags` what `FILTERS` goes by."""

    id: str
    question: str
    sides: tuple[Side, ...]
    history: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    outcome: str = ""                           # of `OUTCOMES`, where two models are compared
    open: bool = False

    @property
    def about(self) -> list[str]:
        """What is said of the sample beside its question."""
        return [form.format(self.tags[name]) for name, form in ABOUT.items() if name in self.tags]

    def clipped(self, length: int) -> Card:
        """The card with every text cut to `length` characters, for a page of bounded size."""
        return replace(
            self, id=cut(self.id, LONGEST_TAG), question=cut(self.question, length), sides=tuple(side.clipped(length) for side in self.sides),
            history=tuple((cut(who, LONGEST_TAG), cut(text, length)) for who, text in self.history[-TURNS:]),
            keys=tuple(cut(key, length) for key in self.keys[:TURNS]), evidence=tuple(cut(quote, length) for quote in self.evidence[:TURNS]),
            facts=tuple((name, cut(text, length)) for name, text in self.facts),
            tags={name: cut(value, LONGEST_TAG) for name, value in self.tags.items()})


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def length_name(tokens: int) -> str:
    """The length of a reply in words a filter can hold."""
    return next((name for name, most in TOKENS.items() if tokens <= most), "over 1000 tokens")


def pieces(text: str, matched: Iterable[Sequence[Any]] = ()) -> tuple[Piece, ...]:
    """A reply cut at its tags and at the mentions that decided its verdict.

    Args:
        matched: (start, end, key) in offsets of the text.
    """
    # a template that prefills <think> leaves the first part without its opening tag
    first = _TAG.search(text)
    inside = first is not None and first[0] == "</think>"
    parts: list[tuple[int, int, str]] = []
    at, part = 0, "think" if inside else "outside"
    for tag in _TAG.finditer(text):
        parts += [(at, tag.start(), part), (tag.start(), tag.end(), "tag")]
        at, part = tag.end(), "outside" if tag[1] else tag[2]
    parts.append((at, len(text), part))
    spans = sorted((start, end, str(key)) for start, end, key in matched)
    out: list[Piece] = []
    for start, end, name in parts:
        place = start
        for left, right, key in spans:
            left, right = max(left, place), min(right, end)
            if left >= right or name == "tag":
                continue
            out += [Piece(text[place:left], name), Piece(text[left:right], name, key)]
            place = right
        out.append(Piece(text[place:end], name))
    return tuple(piece for piece in out if piece.text)


def filters(shown: Sequence[Card]) -> dict[str, dict[str, int]]:
    """By field of the filter bar: its values with how many cards have each; fields with one value are left out."""
    counted = {name: Counter(card.tags[name] for card in shown if name in card.tags) for name in FILTERS}
    return {name: dict(sorted(counts.items(), key=lambda count, known=FILTERS[name]: _place(count[0], known)))
            for name, counts in counted.items() if len(counts) > 1}


def outcomes(shown: Sequence[Card]) -> dict[str, int]:
    """How many cards have each outcome, in the order of `OUTCOMES`."""
    counts = Counter(card.outcome for card in shown)
    return {name: counts[name] for name in OUTCOMES if counts[name]}


def _place(value: str, known: Sequence[str]) -> tuple[int, int, str]:
    """By place among the known values, then by number, then by name."""
    place = known.index(value) if value in known else len(known)
    return place, int(value) if value.isdecimal() else 0, value
