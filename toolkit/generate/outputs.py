"""The files of a data set that a model writes: usable at any moment while it grows, in plan order at the end.

The journal is the truth. `train.json`, `validation.json` and `rejected.jsonl` grow with it, are made again from it when a run
begins, and sorted when it ends. At any moment each of them is a complete file.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from toolkit.dataset.stats import Stats
from toolkit.errors import InputError
from toolkit.generate.make import ACCEPTED, Tally
from toolkit.generate.pipeline import TRAIN, VALIDATION
from toolkit.jsonl import ListWriter, atomic_write, dumps
from toolkit.samples import Sample, sample_from_row

JOURNAL, REJECTED_ROWS = "journal.jsonl", "rejected.jsonl"
_END = b"\n]\n"
SHARE = 0.02                                    # of the time that goes into making lists complete


class GrowingList:
    """A JSON list in a file, one row a line, that is complete at any moment.

    Rows are appended to a file beside it. A copy of that with the closing bracket takes the list's place: after every row while
    this is quick, later so seldom that it takes a fiftieth of the time. Written in place, the list could be seen half done: a kill
    ends a write between two pages.
    """

    def __init__(self, path: Path):
        self.path, self._growing = path, path.with_name(f".{path.name}.growing")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._growing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        os.write(self._file, b"[\n")
        # bytes of whole rows; when the list is made complete again: what an earlier run left stays until it is all here
        self._size, self.count, self._due = 2, 0, math.inf
        if not path.exists():
            self.publish()

    def add(self, row: bytes) -> None:
        """Args: row: JSON. Raises: InputError when the disk is full; the list then ends with a whole row."""
        try:
            rest = (b",\n" if self.count else b"") + row
            size = self._size + len(rest)
            written = os.write(self._file, rest)
            if written < len(rest):             # the second try says why: no space, a quota, a limit
                os.write(self._file, rest[written:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise self._full(error) from error
        self._size, self.count = size, self.count + 1
        if time.monotonic() >= self._due:
            self.publish()

    def publish(self) -> None:
        """Make the list complete with every row that was added."""
        began = time.monotonic()
        part = self.path.with_name(f".{self.path.name}.part")
        try:
            shutil.copyfile(self._growing, part)
            with part.open("ab") as out:
                out.write(_END if self.count else b"]\n")
            part.replace(self.path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise self._full(error) from error
        now = time.monotonic()
        self._due = now + (now - began) / SHARE

    def _full(self, error: OSError) -> InputError:
        return InputError(f"{self.path} cannot be written: {error.strerror}. Make room; the same command continues.")

    def close(self) -> None:
        os.close(self._file)
        self.publish()
        self._growing.unlink()


class Outputs:
    """Everything in the output folder but the journal.

    Args:
        held: ids of validation roles.
    """

    def __init__(self, folder: Path, held: frozenset[str]):
        self.folder, self.held = folder, held
        self.lists = {name: GrowingList(folder / name) for name in (TRAIN, VALIDATION)}
        self.stats = {name: Stats() for name in (TRAIN, VALIDATION)}
        self.tally = Tally()
        self._rejected = (folder / REJECTED_ROWS).open("wb")

    def read_journal(self) -> Iterator[Sample]:
        """Samples accepted by an earlier run, each written and counted as it is yielded."""
        for _, outcome in journal_rows(self.folder / JOURNAL):
            sample = sample_from_row(outcome["sample"], "journal", []) if outcome["status"] == ACCEPTED else None
            self.add(outcome["id"], outcome, sample)
            if sample is not None:
                yield sample
        for growing in self.lists.values():
            growing.publish()

    def add(self, id: str, outcome: Mapping[str, Any], sample: Sample | None) -> None:
        """Count the outcome of an item and write it to its file."""
        self.tally.add(outcome)
        if sample is None:
            self._rejected.write(orjson.dumps(rejected_row(id, outcome), option=orjson.OPT_APPEND_NEWLINE))
            return
        name = VALIDATION if sample.role_id in self.held else TRAIN
        self.lists[name].add(orjson.dumps(outcome["sample"]))
        self.stats[name].add(sample)

    def flush(self) -> None:
        self._rejected.flush()

    def close(self) -> None:
        self._rejected.close()
        for growing in self.lists.values():
            growing.close()


def journal_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a journal with the byte at which each begins; a torn last line is left out."""
    if not path.is_file():
        return
    with path.open("rb") as lines:
        at = 0
        for line in lines:
            if line.endswith(b"\n") and line.strip():
                yield at, orjson.loads(line)
            at += len(line)


def rejected_row(id: str, outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": id, **{name: value for name, value in outcome.items() if name not in ("id", "status")}}


def write_in_plan_order(folder: Path, held: frozenset[str], cold_start: int, prompt: Any) -> None:
    """Write train and validation anew, sorted by their place in the plan, and cold-start conversations of the first
    `cold_start` training samples. Memory: 16 bytes a sample.

    Args:
        prompt: makes the messages of a sample, as the trained model will see them.
    """
    places, offsets = array("q"), array("q")
    for at, outcome in journal_rows(folder / JOURNAL):
        if outcome["status"] == ACCEPTED:
            places.append(outcome["sample"]["provenance"]["index"])
            offsets.append(at)
    with ((folder / JOURNAL).open("rb") as journal, atomic_write(folder / TRAIN, True) as train,
          atomic_write(folder / VALIDATION, True) as validation):
        writers = {False: ListWriter(train), True: ListWriter(validation)}
        cold = []
        for n in sorted(range(len(places)), key=places.__getitem__):
            journal.seek(offsets[n])
            row = orjson.loads(journal.readline())["sample"]
            writers[row["role_id"] in held].add(row)
            if len(cold) < cold_start and row["role_id"] not in held:
                cold.append(dumps(prompt(row)) + "\n")
        for writer in writers.values():
            writer.close()
    if cold_start:
        with atomic_write(folder / "cold_start.jsonl", True) as out:
            out.writelines(cold)
