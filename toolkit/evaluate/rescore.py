"""`toolkit eval --rescore DIR`: old replies, new verifier. Nothing is generated; what changed its state is counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from toolkit.errors import InputError
from toolkit.evaluate.anonymise import task_of
from toolkit.evaluate.assemble import Weights, write_results
from toolkit.evaluate.generation import ENGINE_FAILED, Completion
from toolkit.evaluate.records import STATES, Record, make_record, read_records
from toolkit.evaluate.style import role_marks
from toolkit.evaluate.tally import write_records
from toolkit.jsonl import existing
from toolkit.run import command, now, versions
from toolkit.sources import data_files
from toolkit.tasks.base import Task

SUFFIX = "-rescored"


def rescore(folder: Path, out: Path | None = None, data: str | Path | None = None, task: Task | str | None = None,
            overwrite: bool = False) -> tuple[dict[str, Any], Path]:
    """Score the replies of an evaluation again; returns the new report and its folder.

    Args:
        folder: of the evaluation; it stays as it is.
        out: default: beside it, `eval-rescored`.
        data: where the samples are now; default: where they were.

    Raises:
        InputError: no evaluation there, or samples that the data no longer has.
    """
    begun = time.monotonic()
    report = read_report(folder)
    out = out or folder.with_name(folder.name + SUFFIX)
    task = task_of(task or report["task"]) if not task or isinstance(task, str) else task
    source = str(data or report["data"].get("given") or report["data"]["path"])
    rows = {str(getattr(row, "id", "")): row for file in data_files(source, "test") for _, row in task.read(file)}
    if absent := sorted({r.id for r in read_records(folder / "records.jsonl")} - set(rows)):
        raise InputError(f"{source} lacks {len(absent)} of the evaluated samples ({', '.join(absent[:5])}). "
                         "Name the data of that evaluation with --data.")
    names = role_marks(rows.values())
    changed: Counter[tuple[str, str]] = Counter()

    def records() -> Iterator[Record]:
        for record in read_records(folder / "records.jsonl"):
            text = record.reason.removeprefix("no reply: ") if record.state == ENGINE_FAILED else record.completion
            new = make_record(task, rows[record.id], record.index, record.side,
                              Completion(text, record.finish_reason, record.n_tokens), record.prefilled, record.repeat, names)
            changed[record.state, new.state] += record.state != new.state
            yield new

    tallies = write_records(out / "records.jsonl", records(), overwrite)
    weights = report.get("weighted", {})
    moved = [f"{count} {_word(was)} → {_word(is_)}" for was in STATES for is_ in STATES if (count := changed[was, is_])]
    notes = [f"Old replies ({folder}), scored anew: {', '.join(moved) or 'no state changed'}."]
    about = {name: report.get(name) for name in ("model", "against", "data", "task", "sampling")}
    return write_results(
        out, tallies, Weights(weights.get("sbk_weight", 0.5), weights.get("cm_weight", 0.5)), report["sampling"]["seed"],
        overwrite, {side: (report.get(side) or {}).get("seconds") for side in tallies}, notes, {
            **about, "rescored": {"from": str(folder), "changed": [[*states, n] for states, n in changed.items() if n]},
            "seconds": round(time.monotonic() - begun, 2), "versions": versions(), "command": command(),
            "written": now()}), out


def read_report(folder: Path) -> dict[str, Any]:
    """An evaluation's `report.json`.

    Raises:
        InputError: when there is none.
    """
    path = existing(Path(folder) / "report.json", "report")
    try:
        report = orjson.loads(path.read_bytes())
        report["task"], report["data"]["path"], report["sampling"]["seed"], report["trained"]["n"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no evaluation report ({type(error).__name__}: {error}).") from error
    return report


def _word(state: str) -> str:
    return state.replace("_", " ")
