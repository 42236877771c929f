"""Evaluation records as cards: the replies of both models to a sample side by side, what was lost and gained first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from toolkit.evaluate.records import BASE, TRAINED, Record
from toolkit.show.cards import OUTCOMES, Card, Side, length_name, pieces
from toolkit.show.html import SHOWN

OPEN = {"lost": 3, "gained": 3}                 # so many of each are unfolded


def cards(records: Iterable[Record], most: int = SHOWN) -> tuple[list[Card], int]:
    """Records paired by sample, at most so many, and how many there are.

    Lost come first, then gained, unscored, wrong on both sides, right on both sides.

    Args:
        records: those of a sample follow one another, as they are written.
    """
    total = 0

    def counted() -> Iterator[Mapping[str, Record]]:
        nonlocal total
        for _, found in groupby((record for record in records if record.repeat == 0), lambda record: record.index):
            pair = {record.side: record for record in found}    # of repeated replies the first is shown
            if TRAINED in pair:
                total += 1
                yield pair

    rank = list(OUTCOMES)
    seen: Counter[str] = Counter()
    found = []
    for pair in heapq.nsmallest(most, counted(), key=lambda pair: rank.index(_outcome(pair))):
        one = card(pair)
        seen[one.outcome] += 1
        found.append(replace(one, open=seen[one.outcome] <= OPEN.get(one.outcome, 0)))
    return found, total


def card(pair: Mapping[str, Record]) -> Card:
    """The records of one sample by side; the sample's own fields are the same in both."""
    record = pair.get(TRAINED) or next(iter(pair.values()))
    role = record.role
    tags = {"kind": record.kind, "difficulty": record.difficulty, "language": record.language, "form": record.form.replace("_", " "),
            "memory": f"{record.memory_distance} back" if record.memory_distance else "", "role": role,
            "state": record.state, "length": length_name(record.n_tokens)}
    return Card(
        record.id, record.question,
        tuple(Side(name, pieces(pair[name].completion, pair[name].matched), pair[name].state, pair[name].reason)
              for name in (BASE, TRAINED) if name in pair),
        tuple(("user" if turn["role"] == "user" else role, turn["content"]) for turn in record.history), tuple(record.keys),
        tuple(record.evidence), (("expected", record.expected),) if record.expected else (),
        {name: value for name, value in tags.items() if value}, _outcome(pair))


def _outcome(pair: Mapping[str, Record]) -> str:
    trained = pair.get(TRAINED) or next(iter(pair.values()))
    base = pair.get(BASE, trained)
    if not trained.scored or not base.scored:
        return "unscored"
    if trained.right == base.right:
        return "right" if trained.right else "wrong"
    return "gained" if trained.right else "lost"
