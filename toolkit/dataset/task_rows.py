"""`toolkit validate --task gsm8k|math_xml|multiple_choice|countdown`: every bad row with its reason, what the rest looks like, and a
cleaned file on demand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, Refused
from toolkit.jsonl import atomic_write, dumps
from toolkit.tables import sift
from toolkit.tasks.base import Task
from toolkit.terminal import say

SHOWN = 20                                      # problems and notes


@dataclass
class TaskReport:
    """What the rows of one or several files are worth."""

    rows: int = 0
    problems: list[str] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    about: dict[str, Any] = field(default_factory=dict)     # of the task's own `check`: answers, notes

    def to_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "dropped": len(self.dropped), "reasons": dict(self.reasons), "problems": self.problems, **self.about}


def check_rows(task: Task, sources: Sequence[str | Path], columns: Mapping[str, str] | None = None,
               clean: Path | None = None, overwrite: bool = False) -> TaskReport:
    """Read the rows of a task's data; with `clean`, write the good ones there, and the others beside it with their reasons.

    Args:
        columns: our name → the file's, where they differ.
        clean: a `.jsonl` file; the dropped rows go to `<name>_dropped.jsonl`.

    Raises:
        InputError: when the task has no reader of single rows, or nothing is left to write.
    """
    make = getattr(task, "make", None)
    if make is None:
        raise InputError(f"task {task.name} has no method make, which reads one row. toolkit validate checks its own tasks.")
    if clean and clean.suffix != ".jsonl":
        raise InputError(f"--clean {clean} is not .jsonl: cleaned rows are written as JSON lines.")
    report, rows = TaskReport(), []
    for source in sources:
        found = sift(source, make, columns)
        rows += found.rows
        report.problems += found.problems
        report.dropped += found.dropped
    report.rows = len(rows)
    report.reasons = Counter(_kind(problem) for row in report.dropped for problem in row["problems"])
    if check := getattr(task, "check", None):
        report.about = check(rows)
    if clean:
        if not rows:
            raise InputError([*report.problems[:SHOWN], f"no row is left: {clean} was not written."])
        for file, written in ((clean, [row.to_row() for _, row in rows]),
                              (clean.with_name(f"{clean.stem}_dropped.jsonl"), report.dropped)):
            with atomic_write(file, overwrite) as out:
                out.writelines(dumps(row) + "\n" for row in written)
    return report


def render(report: TaskReport, clean: Path | None) -> None:
    """The report in the terminal; raises Refused when there are bad rows that were not written out.

    Raises:
        Refused: every problem.
    """
    say(f"{report.rows} rows are good, {len(report.dropped)} are not")
    for reason, count in report.reasons.most_common():
        say(f"  {count:5}  {reason}")
    for name, value in report.about.items():
        if isinstance(value, Mapping):
            total = max(1, sum(value.values()))
            say(f"{name}: " + ", ".join(f"{key or '(none)'} {count} ({count / total:.0%})" for key, count in value.items()))
    notes = report.about.get("notes", [])
    for note in notes[:SHOWN]:
        say(f"note: {note}")
    if len(notes) > SHOWN:
        say(f"… and {len(notes) - SHOWN} more notes; --json lists them")
    if clean:
        for row in report.dropped[:SHOWN]:
            say(f"dropped line {row['line']}: {' '.join(row['problems'])}")
        say(f"wrote {report.rows} rows to {clean}, and {len(report.dropped)} with their reasons to "
            f"{clean.with_name(f'{clean.stem}_dropped.jsonl')}")
    elif report.problems:
        raise Refused(report.problems)


def _kind(problem: str) -> str:
    """A problem without the values of its row, to be counted."""
    field = re.search(r'field "[^"]*" is (?:empty|\S)', problem)
    if field:
        return field[0] if field[0].endswith("empty") else field[0].rsplit(" is ", 1)[0] + " has a value that cannot be used"
    return re.sub(r"^\d+ |[,:(].*$|\.$", "", problem)
