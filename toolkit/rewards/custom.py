"""Rewards of the user: a file or a module, with one of two signatures.

    def reward(sample: dict, completion: str) -> float | Verdict
    def reward_function(samples, prompts, outputs, **kwargs) -> list[float]     # as the RAIDEN-R1 reproduction has it

`sample` is a row of the data file as a dict, `prompts` holds the prompt as text, `outputs` the completions.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson

from toolkit.errors import InputError, did_you_mean
from toolkit.jsonl import dumps
from toolkit.tasks.base import Task
from toolkit.user_code import load_file
from toolkit.verify import Verdict

# the names under which a file's reward is found when none is given
USUAL = ("reward", "reward_function")
EXAMPLE = "my_reward.py:function"


@dataclass(frozen=True)
class CustomReward:
    """A function of the user behind the one signature that everything here calls."""

    spec: str
    function: Callable[..., Any]
    many: bool                                  # the reference's signature: lists in, a list out
    source: Path | None

    @property
    def name(self) -> str:
        return self.function.__name__

    def score(self, task: Task, row: Any, completion: str) -> Verdict:
        """Raises whatever the function raises, and TypeError when it returns no score."""
        sample = orjson.loads(dumps(row.to_row()))      # as it stands in the file: lists, no tuples
        if self.many:
            prompt = "\n".join(f"{m['role']}: {m['content']}" for m in task.prompt(row, ""))
            found = self.function(samples=[sample], prompts=[prompt], outputs=[completion])
            if not hasattr(found, "__len__") or len(found) != 1:
                raise TypeError(f"{self.spec} returned {found!r} for one output, expected a list of one score")
            found = found[0]
        else:
            found = self.function(sample, completion)
        if found is None or isinstance(found, Verdict):
            return found or Verdict(None, "custom", f"{self.name} gave no score.")
        if isinstance(found, Real):
            return Verdict(float(found), "custom", f"{self.name} gave {float(found):g}.")
        raise TypeError(f"{self.spec} returned {found!r} ({type(found).__name__}), expected a number or a Verdict")


def is_spec(name: str) -> bool:
    """Whether a name is a file or `module:function` and not the name of a task's part."""
    return ":" in name or name.endswith(".py")


def split_spec(spec: str) -> tuple[str, str]:
    """`my.py:fn` → file and function; the function is empty when only a file is named."""
    head, colon, name = spec.rpartition(":")
    return (head, name) if colon and not spec.endswith(".py") else (spec, "")


def load_reward(spec: str) -> CustomReward:
    """A reward from `my.py`, `my.py:function` or `module:function`.

    Raises:
        InputError: when it is not there, cannot be imported, or takes other arguments.
    """
    where, name = split_spec(spec)
    module = load_file(Path(where), EXAMPLE) if where.endswith(".py") else _imported(where, spec)
    functions = {n: f for n, f in vars(module).items()
                 if inspect.isfunction(f) and f.__module__ == module.__name__ and not n.startswith("_")}
    if name:
        function = getattr(module, name, None)
        if not callable(function):
            raise InputError(f'{where} has no function "{name}".{did_you_mean(name, list(functions))} '
                             f"It has: {', '.join(functions) or 'none'}.")
    else:
        usual = [functions[n] for n in USUAL if n in functions] or list(functions.values())
        if len(usual) != 1:
            raise InputError(f"{where} has {len(functions)} functions ({', '.join(functions) or 'none'}). "
                             f"Name one: {where}:function.")
        function = usual[0]
    source = Path(module.__file__) if getattr(module, "__file__", None) else None
    return CustomReward(spec, function, _takes_many(function, spec), source)


def _takes_many(function: Callable[..., Any], spec: str) -> bool:
    parameters = inspect.signature(function).parameters.values()
    names = {p.name for p in parameters}
    if {"samples", "prompts", "outputs"} <= names:
        return True
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in positional if p.default is p.empty]
    if len(positional) >= 2 >= len(required):
        return False
    raise InputError(f"{spec} takes ({', '.join(map(str, parameters))}), expected (sample, completion) or "
                     "(samples, prompts, outputs, **kwargs).")


def _imported(name: str, spec: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:                    # a console script does not look into the working directory
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(f"{spec}: there is no module {error.name}. Name a file (my_reward.py:function) or an "
                         "installed module.") from error
    except Exception as error:
        raise InputError(f"{spec} cannot be imported: {type(error).__name__}: {error}.") from error


