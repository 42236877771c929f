"""What a command is asked to audit or preview, and on which rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, did_you_mean
from toolkit.evaluate.runner import subset
from toolkit.jsonl import atomic_write, dumps, write_list
from toolkit.resources import find
from toolkit.rewards.compose import compose, right_or_wrong
from toolkit.rewards.custom import EXAMPLE, is_spec, split_spec
from toolkit.tasks.base import Task, load_task
from toolkit.user_code import load_file

PROFILES = "data/online_profiles.jsonl"


def target_of(target: str, task_name: str, parts: Sequence[str] | None) -> tuple[Task, str, Mapping[str, float]]:
    """The task, the name by which a child process loads it, and the weights of the parts to audit.

    Raises:
        InputError: when the target is neither a task nor a reward, or has no such part.
    """
    if is_spec(target) and not _is_task_file(target):
        task = load_task(task_name)
        compose(task, {target: 1.0})
        return task, task_name, {target: 1.0}
    task = load_task(target)
    unknown = [part for part in parts or () if part not in task.parts]
    if unknown:
        raise InputError(f'--part "{unknown[0]}" is no part of task {task.name}.'
                         f"{did_you_mean(unknown[0], list(task.parts))} It has: {', '.join(task.parts)}.")
    # a part that is 0 by default weighs 1 when it is named
    weights = {part: task.parts[part] or 1.0 for part in parts} if parts else right_or_wrong(task.parts)
    if not weights:
        raise InputError(f"task {task.name} has no part that tells right from wrong; it has {', '.join(task.parts)}. "
                         "Name one with --part.")
    return task, target, weights if len(weights) > 1 else dict.fromkeys(weights, 1.0)


def _is_task_file(target: str) -> bool:
    path, name = split_spec(target)
    if not path.endswith(".py"):
        return False
    module = load_file(Path(path), EXAMPLE)
    classes = [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == module.__name__
               and hasattr(v, "score")]
    return isinstance(getattr(module, name, None), type) if name else bool(classes)


def rows_for(task: Task, data: Path | None, limit: int) -> list[Any]:
    """Rows of a data file; without one, the task's `examples`, or samples made from the shipped profiles.

    Raises:
        InputError: when the task needs data, or the file has none.
    """
    if data is not None:
        rows = subset([row for _, row in task.read(data)], limit)
        if not rows:
            raise InputError(f"{data} holds no row: there is nothing to ask about.")
        return rows
    if examples := getattr(task, "examples", ""):
        return rows_for(task, find(examples), limit)
    if task.name == "roleplay":
        return made_samples(limit)
    raise InputError(f"task {task.name} is asked about your rows. Give --data FILE.")


def weights_of(assignments: Sequence[str]) -> dict[str, float]:
    """`PART=WEIGHT` pairs; a name alone weighs 1.

    Raises:
        InputError: when a weight is no number.
    """
    weights: dict[str, float] = {}
    for assignment in assignments:
        part, _, weight = assignment.rpartition("=") if "=" in assignment else (assignment, "", "1")
        try:
            weights[part] = float(weight)
        except ValueError:
            raise InputError(f'--reward "{assignment}" has the weight "{weight}", expected a number, as '
                             "accuracy=0.7.") from None
    return weights


def write_rows(path: Path, rows: Sequence[Any], overwrite: bool) -> None:
    """Rows as JSON lines (`.jsonl`) or as a JSON list with one row a line."""
    if path.suffix != ".jsonl":
        write_list(path, (row.to_row() for row in rows), overwrite)
        return
    with atomic_write(path, overwrite) as out:
        out.writelines(dumps(row.to_row()) + "\n" for row in rows)


def made_samples(count: int) -> list[Any]:
    """Role-play samples from the shipped profiles, the same every time, spread over roles and languages."""
    from toolkit.generate.offline import OfflineEngine
    from toolkit.generate.plan import plan
    from toolkit.profiles import read_profiles

    profiles = [p for p in read_profiles(find(PROFILES)) if p.facts]
    # a stride through the file: its languages stand together
    ordered = [p for start in range(7) for p in profiles[start::7]]
    engine = OfflineEngine(profiles)
    samples, streams, seen = [], {p.id: engine.random(p) for p in ordered}, set[int]()
    for item in plan(ordered, samples=count):
        draft = engine.drafts(item, streams[item.profile.id], seen)
        if draft is not None:
            samples.append(draft.sample)
    return samples
