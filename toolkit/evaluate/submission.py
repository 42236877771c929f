"""`toolkit eval --submission submission.csv`: the model's answers as `id,answer`, with the replies beside them.

`submission_detailed.csv` (`id,answer,response`) stands next to it. What an answer is, the task says (`extract`): the letters, the
number, the expression. A reply without one has an empty answer, and is counted.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.records import TRAINED, Record, read_records
from toolkit.jsonl import atomic_write
from toolkit.sources import data_files
from toolkit.tasks.base import Task
from toolkit.terminal import console, say

TO_READ = 10                                    # replies shown
SHOWN_ANSWERS = 12
LONGEST = 300                                   # characters shown of a reply


def write_submission(path: Path, records: Path, task: Task, data: str | Path, overwrite: bool = False) -> dict[str, int]:
    """Write both files from the records of an evaluation, show the answers' distribution and a random ten to read.

    Returns:
        how often each answer was given.

    Raises:
        InputError: when the task cannot tell an answer from a reply, or a file is there already.
    """
    extract = getattr(task, "extract", None)
    if extract is None:
        raise InputError(f"task {task.name} has no short answers to submit (method extract of the task).")
    rows: dict[str, Any] = {str(row.id): row for file in data_files(data, "test") for _, row in task.read(file)}
    first: dict[str, Record] = {}               # of repeated replies to a row the first is submitted
    for record in read_records(records):
        if record.side == TRAINED:
            first.setdefault(record.id, record)
    replies = list(first.values())
    answers = [extract(rows[record.id], record.completion) for record in replies]
    detailed = path.with_name(f"{path.stem}_detailed{path.suffix or '.csv'}")
    for file, header, cells in ((path, ("id", "answer"), [(r.id, a) for r, a in zip(replies, answers, strict=True)]),
                                (detailed, ("id", "answer", "response"),
                                 [(r.id, a, r.completion) for r, a in zip(replies, answers, strict=True)])):
        with atomic_write(file, overwrite) as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(cells)
    counts = Counter(answers)
    _show(counts, replies, answers)
    say(f"wrote {path} and {detailed}")
    return dict(counts)


def _show(counts: Counter[str], replies: list[Record], answers: list[str]) -> None:
    shown = ", ".join(f"{answer or '(none)'} {count}" for answer, count in counts.most_common(SHOWN_ANSWERS))
    rest = len(counts) - SHOWN_ANSWERS
    say(f"answers: {shown}" + (f", and {rest} others" if rest > 0 else ""))
    if counts[""]:
        say(f"{counts['']} of {len(answers)} replies give no answer.")
    for place in sorted(Random(0).sample(range(len(replies)), min(TO_READ, len(replies)))):
        record, reply = replies[place], " ".join(replies[place].completion.split())
        console.print(f"\n{record.id}  {' '.join(record.question.split())[:LONGEST]}", style="bold", markup=False, highlight=False)
        console.print(f"  answer {answers[place] or '(none)'}  reply {reply[:LONGEST]}{'…' if len(reply) > LONGEST else ''}", markup=False,
                      highlight=False)
