"""The parts of a reward and their weights, as training pays them: parts of the task and functions of the user."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, did_you_mean
from toolkit.rewards.custom import CustomReward, is_spec, load_reward
from toolkit.tasks.base import Task
from toolkit.verify import Verdict

Scorer = Callable[[Any, str, bool], Verdict]    # row, completion, whether the template prefilled <think>
# parts that judge the shape of a reply and say nothing about whether it is right
SHAPE = ("format", "xml_format")


@dataclass(frozen=True)
class Paid:
    """What a completion earns: the weighted sum and the verdict of each part."""

    total: float | None
    parts: Mapping[str, Verdict]


@dataclass(frozen=True)
class Reward:
    """A task's reward with its weights."""

    task: Task
    weights: Mapping[str, float]
    scorers: Mapping[str, Scorer]

    def __call__(self, row: Any, completion: str, prefilled: bool = False) -> Paid:
        """Each part scored; like the trainer, the total leaves out parts without a score."""
        verdicts = {part: scorer(row, completion, prefilled) for part, scorer in self.scorers.items()}
        scored = [self.weights[part] * v.score for part, v in verdicts.items() if v.score is not None]
        return Paid(sum(scored) if scored else None, verdicts)

    @property
    def full(self) -> float:
        """What a completion earns that every part with a positive weight pays in full."""
        return sum(w * highest(self.task, part) for part, w in self.weights.items() if w > 0)


def highest(task: Task, part: str) -> float:
    """The most that a part can score: 1, unless the task says otherwise (parts with the numbers of a reference guide)."""
    return getattr(task, "highest", {}).get(part, 1.0)


def compose(task: Task, weights: Mapping[str, float] | None = None, where: str = "") -> Reward:
    """The reward of a task, or the parts and functions that `weights` names.

    Raises:
        InputError: every name that is neither a part of the task nor a function, and functions that cannot be loaded.
    """
    weights = dict(weights or {part: weight for part, weight in task.parts.items() if weight})
    place = f"{where} " if where else ""
    problems = [f'{place}"rewards" names {part}; task {task.name} has {", ".join(task.parts)}.'
                f"{did_you_mean(part, list(task.parts))} A function of yours is file.py:function."
                for part in weights if part not in task.parts and not is_spec(part)]
    if problems:
        raise InputError(problems)
    return Reward(task, weights, {part: scorer(task, part) for part in weights})


def scorer(task: Task, part: str) -> Scorer:
    """One part: the task's own, or a function of the user."""
    if part in task.parts:
        return lambda row, completion, prefilled: task.score(part, row, completion, prefilled)
    custom = load_reward(part)
    return lambda row, completion, prefilled: custom.score(task, row, completion)


def right_or_wrong(weights: Mapping[str, float]) -> dict[str, float]:
    """The parts that must tell a right answer from a wrong one: all but those of the shape."""
    return {part: weight for part, weight in weights.items() if part not in SHAPE and weight}


def fingerprint(task: Task, parts: Sequence[str]) -> str:
    """A hash of the source that scores: the task, the verifier, the audit itself and the user's functions."""
    from toolkit import rewards, verify

    folders = [Path(module.__file__).parent for module in (verify, rewards) if module.__file__]
    files = sorted(p for folder in folders for p in folder.glob("*.py"))
    files += [Path(inspect.getfile(part)) for part in type(task).__mro__[:-1]]
    customs: list[CustomReward] = [load_reward(part) for part in parts if part not in task.parts]
    files += [custom.source for custom in customs if custom.source]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
