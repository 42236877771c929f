"""What the statistics take of records: a mark each, and how the replies read. The texts themselves stay in `records.jsonl`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from sys import intern

from toolkit.evaluate.records import Judged, Record
from toolkit.evaluate.style import Style
from toolkit.jsonl import atomic_write, dumps


@dataclass(frozen=True, slots=True)
class Mark(Judged):
    """A record without its texts: some 150 bytes, where a record has kilobytes."""

    index: int
    state: str
    role_id: str
    role: str                                   # as it is called
    kind: str
    language: str
    difficulty: str
    form: str
    question_type: str
    memory_distance: int
    format: float | None
    answer: str | None


def mark(record: Record) -> Mark:
    words = (record.state, record.role_id, record.role, record.kind, record.language, record.difficulty,
             record.form, record.question_type)
    return Mark(record.index, *map(intern, words), record.memory_distance, record.format,
                None if record.answer is None else intern(record.answer))


class Tally:
    """One side of an evaluation, a record at a time."""

    def __init__(self, records: Iterable[Record] = ()):
        self.marks: list[Mark] = []
        self.tokens = 0
        self.style = Style()
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        self.marks.append(mark(record))
        self.tokens += record.n_tokens
        if record.scored:
            self.style.add(record)


def write_records(path: Path, records: Iterable[Record], overwrite: bool = False) -> dict[str, Tally]:
    """Write records as they come; returns what they add up to, by side."""
    tallies: dict[str, Tally] = {}
    with atomic_write(path, overwrite) as lines:
        for record in records:
            lines.write(dumps(record.to_row()) + "\n")
            tallies.setdefault(record.side, Tally()).add(record)
    return tallies
