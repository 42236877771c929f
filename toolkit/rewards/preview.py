"""`toolkit reward preview`: what a reward pays, part by part, for given texts, recorded rollouts or samples of a model.

Completions of one row form a group, as in GRPO. A group whose completions all earn the same gives no gradient; its pass rate
says why: 0 is too hard, 1 too easy.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.jsonl import existing, read_rows
from toolkit.rewards.compose import Paid, Reward, highest, right_or_wrong
from toolkit.tasks.base import Task

PASSED = 0.5                                    # of what the parts that tell right from wrong can pay
EDGES = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A completion of a row; `source` says where it comes from: a side of an evaluation, a step, a kind of probe."""

    row: Any
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    rollout: Rollout
    paid: Paid
    passed: bool

    def to_json(self) -> dict[str, Any]:
        return {"id": row_id(self.rollout.row), "source": self.rollout.source, "text": self.rollout.text,
                "total": self.paid.total, "passed": self.passed,
                "parts": {part: {"score": v.score, "code": v.code, "reason": v.reason,
                                 "matched": [[s.start, s.end, s.key] for s in v.matched]}
                          for part, v in self.paid.parts.items()}}


@dataclass(frozen=True)
class Groups:
    """Pass rates of the groups, by row id in the order of the rows."""

    pass_rates: Mapping[str, float]
    sizes: Mapping[str, int]
    equal: int                                  # groups of two or more whose completions all earn the same

    @property
    def compared(self) -> int:
        """Groups of two or more: a single completion has nothing to be compared with."""
        return sum(size > 1 for size in self.sizes.values())

    def histogram(self) -> dict[str, int]:
        """Groups by pass rate: none right, five bins between, all right."""
        bounds = (0.0, *EDGES, 1.0)
        names = [f"{low:g}–{high:g}" for low, high in itertools.pairwise(bounds)]
        counts = dict.fromkeys(("0", *names, "1"), 0)
        for rate in self.pass_rates.values():
            inner = names[sum(rate > edge for edge in EDGES)]
            counts["0" if rate == 0 else "1" if rate == 1 else inner] += 1
        return counts

    def to_json(self) -> dict[str, Any]:
        share = self.equal / self.compared if self.compared else None
        return {"groups": len(self.pass_rates), "compared": self.compared, "zero_variance": self.equal,
                "zero_variance_share": share, "histogram": self.histogram(), "pass_rates": dict(self.pass_rates)}


def preview(reward: Reward, rollouts: Iterable[Rollout], prefilled: bool = False,
            progress: Callable[[int], None] = lambda done: None) -> list[Preview]:
    """Score rollouts; a completion passes when the parts that tell right from wrong pay at least half."""
    judging = right_or_wrong(reward.weights)
    full = sum(abs(weight) * highest(reward.task, part) for part, weight in judging.items())
    found = []
    for number, rollout in enumerate(rollouts, start=1):
        paid = reward(rollout.row, rollout.text, prefilled)
        earned = sum(weight * (paid.parts[part].score or 0.0) for part, weight in judging.items())
        found.append(Preview(rollout, paid, bool(full) and earned >= PASSED * full))
        progress(number)
    return found


def groups(found: Sequence[Preview]) -> Groups:
    """Pass rate and variance of the completions of each row."""
    by_row: dict[str, list[Preview]] = {}
    for item in found:
        by_row.setdefault(row_id(item.rollout.row), []).append(item)
    rates = {name: sum(p.passed for p in items) / len(items) for name, items in by_row.items()}
    equal = sum(len(items) > 1 and len({p.paid.total for p in items}) == 1 for items in by_row.values())
    return Groups(rates, {name: len(items) for name, items in by_row.items()}, equal)


def row_id(row: Any) -> str:
    return str(getattr(row, "id", ""))


# where rollouts come from

def own_replies(task: Task, rows: Iterable[Any]) -> Iterator[Rollout]:
    """The honest answers and baits that a task has for its rows."""
    for row in rows:
        for hook in ("honest", "baits"):
            for kind, text in getattr(task, hook, lambda row: ())(row) or ():
                yield Rollout(row, text, f"{'bait' if hook == 'baits' else hook}: {kind}")


def recorded(paths: Sequence[Path], rows: Sequence[Any], side: str = "trained") -> tuple[list[Rollout], int]:
    """Rollouts of files: `samples/` of a run, `records.jsonl` of an evaluation, or rows `{id, completion}`.

    Args:
        paths: files, or folders of them.
        side: which model's replies to take from the records of an evaluation of two.
        rows: the data that was sampled from; a completion finds its row by id, or by a question that only one row asks.

    Returns:
        the rollouts and how many completions belong to no row of the data.

    Raises:
        InputError: every row that has no completion, or when none belongs to the data.
    """
    by_id = {row_id(row): row for row in rows}
    asked: dict[str, list[Any]] = {}
    for row in rows:
        asked.setdefault(str(getattr(row, "question", "")), []).append(row)
    found: list[Rollout] = []
    problems: list[str] = []
    lost = 0
    for path in _files(paths):
        for line, value in read_rows(path, "completions file", problems):
            if not isinstance(value, Mapping) or not isinstance(value.get("completion"), str):
                problems.append(f'{path}:{line} field "completion" is missing or no text. Expected rows of a run\'s '
                                "samples/, of records.jsonl, or {id, completion}.")
                continue
            if value.get("side", side) != side:
                continue
            same = asked.get(str(value.get("question", "")), [])
            row = by_id.get(str(value["id"])) if value.get("id") is not None else same[0] if len(same) == 1 else None
            if row is None:
                lost += 1
                continue
            source = value.get("side") or (f"step {value['step']}" if "step" in value else "")
            found.append(Rollout(row, value["completion"], str(source)))
    if problems:
        raise InputError(problems)
    if not found:
        raise InputError(f"{', '.join(map(str, paths))}: none of the completions belongs to a row of the data (--side "
                         f"{side}). Name the data that they were sampled from.")
    return found, lost


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.iterdir() if p.suffix in (".json", ".jsonl")) if path.is_dir() else [existing(path)]
        if not inside:
            raise InputError(f"{path} holds no .json or .jsonl file.")
        files += inside
    return files


def sampled(model: str, task: Task, rows: Sequence[Any], generations: int, *, system_prompt: str = "",
            max_new_tokens: int = 256, temperature: float = 1.0, batch_size: int = 32, seed: int = 42,
            progress: Callable[[int], None] = lambda done: None) -> tuple[list[Rollout], bool]:
    """`generations` completions of a model for each row, and whether its template prefills `<think>`."""
    import torch

    from toolkit.evaluate.generation import complete
    from toolkit.train.models import load, prefills_think, quiet_libraries

    quiet_libraries()
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    loaded, tokenizer = load(model, {"dtype": "float32" if device == "cpu" else "auto"})
    loaded.to(device)
    prompts = [task.prompt(row, system_prompt) for row in rows]
    done = itertools.count(1)
    texts = [complete(loaded, tokenizer, prompts, max_new_tokens=max_new_tokens, temperature=temperature,
                      batch_size=batch_size, seed=seed + number,
                      progress=lambda count: [progress(next(done)) for _ in range(count)])
             for number in range(generations)]
    rollouts = [Rollout(row, completion.text, f"sample {number}")
                for row, completions in zip(rows, zip(*texts, strict=True), strict=True)
                for number, completion in enumerate(completions, start=1)]
    return rollouts, prefills_think(tokenizer)


def keep(text: str) -> tuple[float, float]:
    """`0.2-0.8` → (0.2, 0.8).

    Raises:
        InputError: when it is no range of pass rates.
    """
    low, dash, high = text.partition("-")
    try:
        bounds = float(low), float(high)
    except ValueError:
        bounds = (1.0, 0.0)
    if not dash or not 0 <= bounds[0] <= bounds[1] <= 1:
        raise InputError(f'--keep "{text}" is no range of pass rates. Write it as 0.2-0.8, between 0 and 1.')
    return bounds
