"""What a task is: how its rows are read, how a row becomes a prompt, and how a completion is scored.

A task is one file. Generation, validation, training and evaluation all use it, so a score means the same everywhere.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from toolkit.errors import InputError, did_you_mean
from toolkit.user_code import load_file
from toolkit.verify import Verdict

Message = dict[str, str]
GROUP = "toolkit.tasks"
# the shipped tasks: a checkout that is not installed has no entry points
SHIPPED = {"roleplay": "RolePlay", "gsm8k": "Gsm8k", "math_xml": "MathXml", "multiple_choice": "MultipleChoice",
           "countdown": "Countdown"}


class Task(Protocol):
    name: str
    parts: Mapping[str, float]                  # reward part → default weight; 0: only when a configuration names it

    def read(self, path: str | Path) -> Iterator[tuple[int, Any]]:
        """Rows of a data file as `(line, row)`; raises InputError naming the first bad line."""

    def row(self, value: Mapping[str, Any]) -> Any:
        """A row from its JSON object."""

    def prompt(self, row: Any, system_prompt: str) -> list[Message]:
        """The messages that the model sees."""

    def score(self, part: str, row: Any, completion: str, prefilled: bool = False) -> Verdict:
        """The verdict of one reward part; `prefilled` when the template ended the prompt in `<think>`."""

    # Optional attributes: `highest` (the most that a part can score, where that is not 1), `warnings` (what a user must know of a
    # part), `columns` (our name → the data file's, set from the configuration).
    # What an audit asks the reward about. Optional: a task without honest answers and baits can be trained only unaudited;
    # `examples` may name a shipped data file that an audit without --data takes its rows from.

    def honest(self, row: Any) -> Iterable[tuple[str, str]]:
        """Completions that are right for a row, each as `(kind, text)`; the reward must pay them."""

    def baits(self, row: Any) -> Iterable[tuple[str, str]]:
        """Completions that are wrong for a row but look right to a careless reward, each as `(kind, text)`."""


def load_task(name: str) -> Task:
    """A task by its entry-point name (`roleplay`) or as `path/to/file.py` or `path/to/file.py:Class`.

    Raises:
        InputError: naming the known tasks.
    """
    from importlib.metadata import entry_points

    path, _, attribute = name.partition(":")
    if path.endswith(".py"):
        return _from_file(Path(path), attribute)
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name in known:
        return known[name].load()()
    if name in SHIPPED:
        return getattr(importlib.import_module(f"toolkit.tasks.{name}"), SHIPPED[name])()
    names = sorted({*known, *SHIPPED})
    raise InputError(f'There is no task "{name}".{did_you_mean(name, names)} Known: {", ".join(names)}; or give a file: '
                     "my_task.py:MyTask.")


def _from_file(path: Path, attribute: str) -> Task:
    module = load_file(path, "my_task.py:MyTask")
    found = [v for v in vars(module).values()
             if isinstance(v, type) and v.__module__ == module.__name__ and hasattr(v, "score")]
    chosen = getattr(module, attribute, None) if attribute else (found[0] if len(found) == 1 else None)
    if chosen is None:
        raise InputError(f"{path} holds {len(found)} task classes. Name one: {path}:ClassName.")
    return chosen()
