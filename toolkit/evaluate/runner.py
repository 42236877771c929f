"""`evaluate`: a checkpoint, and the model it came from, on the same samples; how much better, and how sure that is.

    evaluate("outputs/run/final_model", "outputs/run/base_model", "data/training/validation.json", out=Path("eval"))

writes `replies.jsonl` (what was generated, so that nothing is generated twice), `records.jsonl` (every reply with its
verdict) and `report.json`; `toolkit.evaluate.report` turns them into HTML.
"""

from __future__ import annotations

import hashlib
import heapq
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.assemble import Weights, write_results
from toolkit.evaluate.generation import Completion, complete
from toolkit.evaluate.named import served
from toolkit.evaluate.plan import plan
from toolkit.evaluate.records import BASE, TRAINED, Record, make_record
from toolkit.evaluate.replies import Loading, Sampling, ask, is_adapter, replies
from toolkit.evaluate.style import role_marks
from toolkit.evaluate.tally import write_records
from toolkit.run import command, fingerprint, now, versions
from toolkit.sources import data_files, is_hub_name
from toolkit.tasks.base import Task, load_task
from toolkit.terminal import counter, say

__all__ = ["Completion", "complete", "evaluate", "subset"]


def evaluate(model_path: str | Path, against: str | Path | None, data: str | Path, task: Task | str = "roleplay", *,
             out: Path, system_prompt: str = "", limit: int | None = None, max_new_tokens: int = 256,
             temperature: float = 0.0, batch_size: int = 32, seed: int = 42, sbk_weight: float = 0.5,
             cm_weight: float = 0.5, repeats: int = 1, dtype: str = "", torch_threads: int = 0,
             trust_remote_code: bool = False, overwrite: bool = False, notes: Sequence[str] = (),
             template: Mapping[str, Any] = MappingProxyType({}), dry_run: bool = False) -> dict[str, Any]:
    """Evaluate `model_path` (and `against`, on the same samples) and write `out/records.jsonl` and `out/report.json`.

    Args:
        model_path, against: a model folder (or adapter), hub name, server or Bedrock model (see `toolkit.evaluate.named`); `against` None
            evaluates one model alone.
        data: a file, a folder or a hub name; of several parts `test`, or validation, is taken.
        limit: how many samples; a larger limit contains every smaller one.
        max_new_tokens: a reply that is longer is cut, and counts as wrong.
        repeats: replies to each prompt; more than one needs a temperature.
        dtype: of the weights; empty takes the checkpoint's own on an accelerator and float32 on a CPU.
        torch_threads: CPU threads; 0 takes one for a small model and torch's own number for others.
        template: what the chat template is told, as in training (`chat_template_kwargs`).
        notes: said first, and in the report.
        dry_run: say what it takes and what it can tell, and neither generate nor write.

    Returns:
        the report, as written; of a dry run `{"plan": …}`.

    Raises:
        InputError: before any model is loaded where possible.
    """
    begun = time.monotonic()
    task = load_task(task) if isinstance(task, str) else task
    files, out = data_files(data, "test"), Path(out)
    models = {BASE: str(against), TRAINED: str(model_path)} if against is not None else {TRAINED: str(model_path)}
    _check(models, out, overwrite or dry_run, limit, max_new_tokens, temperature, batch_size, repeats)
    rows = subset([row for file in files for _, row in task.read(file)], limit)
    if not rows:
        raise InputError(f"{data} holds no samples: there is nothing to evaluate.")
    if limit is not None and len(rows) < limit:
        notes = [*notes, f"{data} holds {len(rows)} samples, {limit} were asked for."]
    prompts = [task.prompt(row, system_prompt) for row in rows]
    roles = [str(getattr(row, "role_id", "")) for row in rows]
    sampling = Sampling(max_new_tokens, temperature, seed, dtype, template)
    loading = Loading(batch_size, torch_threads, trust_remote_code)
    asked = {side: ask(name, prompts, repeats, sampling) for side, name in models.items()}
    ahead = plan(task.name, roles, list(asked.values()), out, max_new_tokens, batch_size)
    for line in (*notes, *ahead.lines()):
        say(line)
    if dry_run:
        return {"plan": ahead.to_json()}
    names = role_marks(rows)
    said: dict[str, Iterator[tuple[int, int, Completion, bool]]] = {}
    seconds: dict[str, float] = {}
    for side in models:
        started = time.monotonic()
        said[side] = replies(side, asked[side], prompts, roles, sampling, loading, out)
        seconds[side] = round(time.monotonic() - started, 2)
    del prompts                                 # a copy of every profile

    def records() -> Iterator[Record]:
        with counter("verified", ahead.replies) as show:
            for done, of_prompt in enumerate(zip(*said.values(), strict=True)):
                for side, (place, repeat, reply, prefilled) in zip(said, of_prompt, strict=True):
                    yield make_record(task, rows[place], place, side, reply, prefilled, repeat, names)
                show((done + 1) * len(said))

    tallies = write_records(out / "records.jsonl", records(), overwrite)
    return write_results(out, tallies, Weights(sbk_weight, cm_weight), seed, overwrite, seconds, notes, {
        "model": str(model_path), "against": None if against is None else str(against),
        "plan": ahead.to_json(), "data": {**fingerprint(files[0]), "samples": len(rows), "given": str(data)}, "task": task.name,
        "sampling": {"max_new_tokens": max_new_tokens, "temperature": temperature, "batch_size": batch_size,
                     "seed": seed, "limit": limit, "repeats": repeats, "system_prompt": system_prompt, "dtype": dtype,
                     "chat_template_kwargs": dict(template) or None},
        "seconds": round(time.monotonic() - begun, 2), "versions": versions(), "command": command(), "written": now(),
    })


def subset(rows: Sequence[Any], limit: int | None) -> list[Any]:
    """`limit` rows chosen by the hash of their ids, in the given order: a larger limit contains every smaller one."""
    if limit is None or limit >= len(rows):
        return list(rows)
    ids = (str(getattr(row, "id", place)) for place, row in enumerate(rows))
    ranks = ((hashlib.sha256(name.encode()).digest(), place) for place, name in enumerate(ids))
    return [rows[place] for place in sorted(place for _, place in heapq.nsmallest(limit, ranks))]


def no_model(name: str) -> str:
    return f"model {name} does not exist: no such folder, and no hub name (owner/name)."


def _check(models: Mapping[str, str], out: Path, overwrite: bool, limit: int | None, max_new_tokens: int,
           temperature: float, batch_size: int, repeats: int) -> None:
    """What can be known before minutes are spent: the second model is loaded only after the first has replied."""
    problems = [f"{name} is {value}, expected at least 1." for name, value in
                (("limit", limit), ("max_new_tokens", max_new_tokens), ("batch_size", batch_size), ("repeats", repeats))
                if value is not None and value < 1]
    if not 0 <= temperature < float("inf"):
        problems.append(f"temperature is {temperature}, expected 0 (greedy) or more.")
    elif repeats > 1 and temperature == 0:
        problems.append(f"repeats is {repeats} and temperature 0: greedy replies are all the same. Set a temperature.")
    here = [name for name in models.values() if served(name) is None]
    problems += [no_model(name) for name in here if not Path(name).is_dir() and not is_hub_name(name)]
    problems += [f"{name} is no model: config.json is missing. Name a folder such as final_model inside a run."
                 for name in here if Path(name).is_dir() and not (is_adapter(name) or (Path(name) / "config.json").is_file())]
    problems += [f"{out / name} already exists. Name another output, or pass --overwrite to replace it."
                 for name in ("report.json", "records.jsonl") if (out / name).exists() and not overwrite]
    if problems:
        raise InputError(problems)
