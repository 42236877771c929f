"""What a chat begins with, as in the training of the model: the system prompt of its role or task, and its longest reply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, did_you_mean

NAMED = 12                                      # roles that a message lists
LENGTH = 512                                    # tokens of a reply, where no run says


@dataclass(frozen=True, slots=True)
class Opening:
    system: str = ""
    max_new_tokens: int = LENGTH
    roles: tuple[str, ...] = ()                 # that the run's data has, where one could be named and none was
    example: str = ""                           # how the run's data asks


def opening(model: str, profile: Path | None, role: str | None, system_prompt: str | None) -> Opening:
    """The opening of a chat with a model; a checkpoint's run knows task, prompt file and roles.

    Args:
        profile: role profiles; without them a role is looked for in the run's data.
        system_prompt: a prompt file; default: the run's.

    Raises:
        InputError: no such role; several, and none named.
    """
    from toolkit.run import read_manifest, run_of
    from toolkit.tasks.base import load_task

    run = run_of(Path(model)) if Path(model).exists() else None
    config: Mapping[str, Any] = read_manifest(run)["config"] if run else {}
    length = int(config.get("max_completion_length") or LENGTH)
    prompt = system_prompt or config.get("system_prompt") or ""
    if profile:
        return Opening(role_prompt(profile, role, prompt), length)
    if not run:
        if role:
            raise InputError("--role needs --profile with the file that describes the role.")
        return Opening(_text(prompt) if prompt else "", length)
    task = load_task(config.get("task") or "roleplay")
    task.columns = config.get("columns") or {}
    names: dict[str, None] = {}
    for row in _rows(task, config):
        name = getattr(row, "character_name", "")
        if name == (role or ""):                # the role; or, of a task without roles, the first row
            messages = task.prompt(row, prompt)
            return Opening(_system(messages), length, example=messages[-1]["content"])
        names[name] = None
    if role:
        raise InputError(f'--role "{role}" is not in the data of {run}.{did_you_mean(role, list(names))} {_there_is(list(names))}')
    return Opening("", length, tuple(names))


def role_prompt(profile: Path, role: str | None, system_prompt: str = "") -> str:
    """The system prompt of a role in a file of profiles.

    Raises:
        InputError: no such role; several, and none named.
    """
    from toolkit.profiles import read_profiles
    from toolkit.samples import Sample
    from toolkit.tasks.roleplay import RolePlay

    found = read_profiles(profile)
    named = [p for p in found if role is None or role in (p.name, p.id, *p.aliases)]
    names = [p.name for p in found]
    if not named or (role is None and len(named) > 1):
        missing = f'--role "{role}" is not in {profile}.{did_you_mean(role, names)}' if role else f"{profile} holds {len(found)} roles: name one with --role."
        raise InputError(f"{missing} {_there_is(names)}")
    one = named[0]
    sample = Sample(one.id, one.id, "SBK", one.language, one.name, one.text(), (), "", "", ())
    return _system(RolePlay().prompt(sample, system_prompt))


def _rows(task: Any, config: Mapping[str, Any]) -> Iterator[Any]:
    """The run's data that is still there, held-out rows first."""
    from toolkit.sources import data_files

    for name, split in (("eval_data", "test"), ("train_data", "train")):
        if config.get(name) and Path(config[name]).exists():
            for file in data_files(config[name], split):
                yield from (row for _, row in task.read(file))


def _system(messages: list[dict[str, str]]) -> str:
    return messages[0]["content"] if messages[0]["role"] == "system" else ""


def _text(file: str) -> str:
    from toolkit.resources import text

    return text(file).rstrip("\n")


def _there_is(names: list[str]) -> str:
    return f"There is: {', '.join(islice(names, NAMED))}{', …' if len(names) > NAMED else ''}."
