"""`evaluate`: a checkpoint, and the model it came from, on the same samples; how much better, and how sure that is.

    evaluate("outputs/run/final_model", "outputs/run/base_model", "data/training/validation.json", out=Path("eval"))

writes `records.jsonl` (every reply with its verdict) and `report.json`; `toolkit.evaluate.report` turns them into HTML.
"""

from __future__ import annotations

import hashlib
import heapq
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate import compare
from toolkit.evaluate.generation import Completion, complete
from toolkit.evaluate.records import BASE, TRAINED, VERIFIER_FAILED, Record, make_record
from toolkit.evaluate.stats import CANNOT_TELL
from toolkit.jsonl import atomic_write, dumps, write_json
from toolkit.run import command, fingerprint, now, versions
from toolkit.sources import data_files, is_hub_name
from toolkit.tasks.base import Task, load_task
from toolkit.terminal import console

__all__ = ["Completion", "complete", "evaluate", "subset"]

# A result from which more than this share of verdicts is missing is not a result
FAILED_SHARE = 0.01
# Below so many parameters a second thread wins nothing, and on shared cores costs tenfold: 256 prompts of a model of
# 0.4 M parameters took 2 s with one thread and 4 to 25 s with two, beside other work
SMALL_MODEL = 10_000_000


def evaluate(model_path: str | Path, against: str | Path | None, data: str | Path, task: Task | str = "roleplay", *,
             out: Path, system_prompt: str = "", limit: int | None = None, max_new_tokens: int = 256,
             temperature: float = 0.0, batch_size: int = 32, seed: int = 42, sbk_weight: float = 0.5,
             cm_weight: float = 0.5, dtype: str = "", torch_threads: int = 0,
             trust_remote_code: bool = False, overwrite: bool = False) -> dict[str, Any]:
    """Evaluate `model_path` (and `against`, on the same samples) and write `out/records.jsonl` and `out/report.json`.

    Args:
        model_path, against: a model folder or hub name; `against` None evaluates one model alone.
        data: a file, a folder or a hub name; of several parts `test`, or validation, is taken.
        limit: how many samples; a larger limit contains every smaller one.
        max_new_tokens: a reply that is longer is cut, and counts as wrong.
        dtype: of the weights; empty takes the checkpoint's own on an accelerator and float32 on a CPU.
        torch_threads: CPU threads; 0 takes one for a small model and torch's own number for others.

    Returns:
        the report, as written.

    Raises:
        InputError: before any model is loaded where possible.
    """
    begun = time.monotonic()
    task = load_task(task) if isinstance(task, str) else task
    files, out = data_files(data, "test"), Path(out)
    models = {BASE: str(against), TRAINED: str(model_path)} if against is not None else {TRAINED: str(model_path)}
    _check(models, out, overwrite, limit, max_new_tokens, temperature, batch_size)
    rows = subset([row for file in files for _, row in task.read(file)], limit)
    if not rows:
        raise InputError(f"{data} holds no samples: there is nothing to evaluate.")
    records: dict[str, list[Record]] = {}
    seconds: dict[str, float] = {}
    for side, name in models.items():
        started = time.monotonic()
        records[side] = _side(side, name, rows, task, system_prompt, dtype, torch_threads, trust_remote_code,
                              max_new_tokens=max_new_tokens, temperature=temperature, batch_size=batch_size, seed=seed)
        seconds[side] = round(time.monotonic() - started, 2)
    sides = {side: {**compare.summary(found), "seconds": seconds[side]} for side, found in records.items()}
    paired = BASE in records
    found = compare.difference(records[BASE], records[TRAINED], seed) if paired else None
    notes = _notes(records, found)
    report = {
        "model": str(model_path), "against": None if against is None else str(against),
        "data": {**fingerprint(files[0]), "samples": len(rows)}, "task": task.name,
        "n": len(rows), "verdict": _verdict(records, found), "difference": found,
        "base": sides.get(BASE), "trained": sides[TRAINED],
        "weighted": {"sbk_weight": sbk_weight, "cm_weight": cm_weight,
                     **{side: compare.weighted(sides.get(side), sbk_weight, cm_weight) for side in (BASE, TRAINED)}},
        "differences": compare.differences(records[BASE], records[TRAINED], seed) if paired else None,
        "notes": notes,
        "sampling": {"max_new_tokens": max_new_tokens, "temperature": temperature, "batch_size": batch_size,
                     "seed": seed, "limit": limit, "system_prompt": system_prompt, "dtype": dtype},
        "seconds": round(time.monotonic() - begun, 2), "versions": versions(), "command": command(), "written": now(),
    }
    with atomic_write(out / "records.jsonl", overwrite) as lines:
        for pair in zip(*records.values(), strict=True):
            lines.writelines(dumps(record.to_row()) + "\n" for record in pair)
    write_json(out / "report.json", report, overwrite)
    return report


def subset(rows: Sequence[Any], limit: int | None) -> list[Any]:
    """`limit` rows chosen by the hash of their ids, in the given order: a larger limit contains every smaller one."""
    if limit is None or limit >= len(rows):
        return list(rows)
    ids = (str(getattr(row, "id", place)) for place, row in enumerate(rows))
    ranks = ((hashlib.sha256(name.encode()).digest(), place) for place, name in enumerate(ids))
    return [rows[place] for place in sorted(place for _, place in heapq.nsmallest(limit, ranks))]


def _check(models: Mapping[str, str], out: Path, overwrite: bool, limit: int | None, max_new_tokens: int,
           temperature: float, batch_size: int) -> None:
    """What can be known before minutes are spent: the second model is loaded only after the first has replied."""
    problems = [f"{name} is {value}, expected at least 1." for name, value in
                (("limit", limit), ("max_new_tokens", max_new_tokens), ("batch_size", batch_size))
                if value is not None and value < 1]
    if not 0 <= temperature < float("inf"):
        problems.append(f"temperature is {temperature}, expected 0 (greedy) or more.")
    problems += [f"model {name} does not exist: no such folder, and no hub name (owner/name)."
                 for name in models.values() if not Path(name).is_dir() and not is_hub_name(name)]
    problems += [f"{name} is no model: config.json is missing. Name a folder such as final_model inside a run."
                 for name in models.values() if Path(name).is_dir() and not (Path(name) / "config.json").is_file()]
    problems += [f"{out / name} already exists. Name another output, or pass --overwrite to replace it."
                 for name in ("report.json", "records.jsonl") if (out / name).exists() and not overwrite]
    if problems:
        raise InputError(problems)


def _side(side: str, name: str, rows: Sequence[Any], task: Task, system_prompt: str, dtype: str,
          torch_threads: int, trust_remote_code: bool, **sampling: Any) -> list[Record]:
    import torch

    from toolkit.train.models import load, prefills_think, quiet_libraries

    quiet_libraries()
    device = _device()
    model, tokenizer = load(name, {"dtype": dtype or ("float32" if device == "cpu" else "auto")}, trust_remote_code)
    model.to(device)
    prompts = [task.prompt(row, system_prompt) for row in rows]
    threads = torch.get_num_threads()
    small = device == "cpu" and model.num_parameters() < SMALL_MODEL
    torch.set_num_threads(torch_threads or (1 if small else threads))
    try:
        with _progress(side, len(rows)) as advance:
            replies = complete(model, tokenizer, prompts, progress=advance, **sampling)
    finally:
        torch.set_num_threads(threads)
    prefilled = prefills_think(tokenizer)
    return [make_record(task, row, index, side, reply, prefilled)
            for index, (row, reply) in enumerate(zip(rows, replies, strict=True))]


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@contextmanager
def _progress(side: str, total: int) -> Iterator[Any]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    # a log file is no place for a bar that is redrawn
    with Progress(TextColumn("  {task.description:7}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                  console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(side, total=total)
        yield lambda count: bar.advance(task, count)


def _failed(records: dict[str, list[Record]]) -> int:
    return max(sum(r.state == VERIFIER_FAILED for r in found) for found in records.values())


def _verdict(records: dict[str, list[Record]], found: dict[str, Any] | None) -> str | None:
    if found is None:
        return None
    return CANNOT_TELL if _failed(records) > FAILED_SHARE * len(records[TRAINED]) else found["verdict"]


def _notes(records: dict[str, list[Record]], found: dict[str, Any] | None) -> list[str]:
    notes = []
    if failed := _failed(records):
        blocked = failed > FAILED_SHARE * len(records[TRAINED])
        notes.append(f"{failed} of {len(records[TRAINED])} samples have no verdict and are left out"
                     + (f": more than {FAILED_SHARE:.0%}, so nothing is concluded." if blocked else "."))
    if found and found["resampled"] == "samples":
        notes.append(f"Only {found['roles']} role(s): the interval speaks of these roles, not of roles in general.")
    return notes
