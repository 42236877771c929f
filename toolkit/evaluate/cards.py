"""What the report's page shows of the records: pairs of replies as cards, cut into marked pieces, and the filters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from toolkit.evaluate.records import BASE, TRAINED, Record

_TAG = re.compile(r"<(/?)(think|answer)>")
# what the model gained and lost comes first: it is what a reviewer asks for
OUTCOMES = {"lost": "Lost", "gained": "Gained", "unscored": "Unscored", "wrong": "Both wrong", "right": "Both right"}
LENGTHS = {"up to 50 tokens": 50, "up to 200 tokens": 200, "up to 1000 tokens": 1000}
OPEN = {"lost": 3, "gained": 3}                 # so many of each are unfolded
STATE_NAMES = {"right": "right", "wrong": "wrong", "no_answer": "no answer", "several_answers": "several answers",
               "truncated": "cut off", "refused": "refused", "verifier_failed": "no verdict", "engine_failed": "no reply"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a reply: `part` is tag, think, answer or outside; `key` is the key fact asserted there, if any."""

    text: str
    part: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    name: str
    record: Record
    pieces: tuple[Piece, ...]
    more: int = 0                               # characters not shown

    @property
    def state(self) -> str:
        return STATE_NAMES.get(self.record.state, self.record.state)


@dataclass(frozen=True, slots=True)
class Card:
    """One sample with the reply of each model."""

    outcome: str
    record: Record                              # the trained model's: the sample's own fields are the same in both
    sides: tuple[Side, ...]
    open: bool = False

    @property
    def length(self) -> str:
        """Of the trained model's reply, in words a filter can hold."""
        tokens = self.record.n_tokens
        return next((name for name, most in LENGTHS.items() if tokens <= most), "over 1000 tokens")

    def clipped(self, length: int) -> Card:
        """The card with every text cut to `length` characters."""
        record = replace(
            self.record, question=_cut(self.record.question, length), expected=_cut(self.record.expected, length),
            history=[{**turn, "content": _cut(turn["content"], length)} for turn in self.record.history[-12:]])
        return replace(self, record=record, sides=tuple(_clipped(side, length) for side in self.sides))


def cards(records: Iterable[Record]) -> list[Card]:
    """Records paired by sample: lost, gained, unscored, wrong on both sides, right on both sides."""
    sides: dict[int, dict[str, Record]] = {}
    for record in records:
        if record.repeat == 0:                  # of repeated replies the first is shown
            sides.setdefault(record.index, {})[record.side] = record
    found = [_card(pair) for pair in sides.values() if TRAINED in pair]
    rank = list(OUTCOMES)
    found.sort(key=lambda card: (rank.index(card.outcome), card.record.index))
    seen: Counter[str] = Counter()
    for place, card in enumerate(found):
        seen[card.outcome] += 1
        found[place] = replace(card, open=seen[card.outcome] <= OPEN.get(card.outcome, 0))
    return found


def _card(pair: dict[str, Record]) -> Card:
    shown = tuple(Side(name, pair[name], pieces(pair[name])) for name in (BASE, TRAINED) if name in pair)
    return Card(_outcome(pair), pair[TRAINED], shown)


def _outcome(pair: dict[str, Record]) -> str:
    trained, base = pair[TRAINED], pair.get(BASE, pair[TRAINED])
    if not trained.scored or not base.scored:
        return "unscored"
    if trained.right == base.right:
        return "right" if trained.right else "wrong"
    return "gained" if trained.right else "lost"


def pieces(record: Record) -> tuple[Piece, ...]:
    """A completion cut at its tags and at the key mentions that decided the verdict."""
    text = record.completion
    # a template that prefills <think> leaves the first part without its opening tag
    first = _TAG.search(text)
    inside = first is not None and first[0] == "</think>"
    parts: list[tuple[int, int, str]] = []
    at, part = 0, "think" if inside else "outside"
    for tag in _TAG.finditer(text):
        parts += [(at, tag.start(), part), (tag.start(), tag.end(), "tag")]
        at, part = tag.end(), "outside" if tag[1] else tag[2]
    parts.append((at, len(text), part))
    spans = sorted((start, end, str(key)) for start, end, key in record.matched if 0 <= start < end <= len(text))
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


def _clipped(side: Side, length: int) -> Side:
    kept, room = [], length
    for piece in side.pieces:
        if room <= 0:
            break
        kept.append(replace(piece, text=piece.text[:room]))
        room -= len(piece.text)
    return replace(side, pieces=tuple(kept), more=max(0, len(side.record.completion) - length))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def filters(shown: Sequence[Card]) -> dict[str, dict[str, int]]:
    """Per field of the filter bar: its values with how many cards have each; fields with one value are left out."""
    fields = {
        "outcome": [card.outcome for card in shown],
        "kind": [card.record.kind for card in shown],
        "difficulty": [card.record.difficulty for card in shown],
        "language": [card.record.language for card in shown],
        "form": [card.record.form for card in shown],
        "role": [card.record.character_name or card.record.role_id for card in shown],
        "state": [card.record.state for card in shown],
        "length": [card.length for card in shown],
    }
    counted = {name: Counter(v for v in values if v) for name, values in fields.items()}
    orders = {"outcome": list(OUTCOMES), "state": list(STATE_NAMES), "length": list(LENGTHS), "kind": ["SBK", "CM"],
              "difficulty": ["easy", "medium", "hard"]}

    def place(name: str, value: str) -> int:
        known = orders.get(name, [])
        return known.index(value) if value in known else len(known)

    return {name: dict(sorted(counts.items(), key=lambda c, name=name: (place(name, c[0]), c[0])))
            for name, counts in counted.items() if len(counts) > 1 or name == "outcome"}
