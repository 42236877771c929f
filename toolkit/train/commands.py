"""What `toolkit train` does before training (settings, dry run, launch), `toolkit plan` and `toolkit restore`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from toolkit.train.arguments import TrainSettings


def plan(
    config: Annotated[Path, typer.Argument(help="The configuration of a run.")],
    gpus: Annotated[int, typer.Option(min=0, help="How many GPUs; 0: num_processes of the configuration.")] = 0,
    gpu_memory: Annotated[float, typer.Option(min=0.0, help="GB of each; 0: what the preset is for, or this machine has.")] = 0.0,
    preset: Annotated[str | None, typer.Option(help="Settings for your hardware, over the file's: 1x24gb, 8x80gb, …")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override: key=value (several times).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")] = False,
) -> None:
    """Memory on each GPU, hours and disk of a run before it is paid for, and what to change when it does not fit."""
    from toolkit.jsonl import dumps
    from toolkit.train.plan import plan as run
    from toolkit.train.presets import memory_gb
    from toolkit.train.show import render_plan

    settings, _ = settings_of(config, set_ or [], preset=preset, num_processes=gpus or None)
    found = run(settings, gpus, gpu_memory or memory_gb(preset))
    if as_json:
        print(dumps(found.to_json(), indent=True))
    render_plan(found)


def restore(
    backup: Annotated[str, typer.Argument(help="s3://bucket/prefix: what the run's configuration calls backup.")],
    folder: Annotated[Path, typer.Argument(help="The run folder to be made.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")] = False,
) -> None:
    """Bring a run back from its backup in S3: the newest checkpoint that is whole, with its metrics, best and base models."""
    from toolkit.errors import InputError
    from toolkit.jsonl import dumps
    from toolkit.terminal import say
    from toolkit.train.arguments import is_place
    from toolkit.train.restore import restore as run
    from toolkit.train.s3 import Place

    if not is_place(backup):
        raise InputError(f"{backup} is no place in S3. Example: s3://bucket/prefix")
    found = run(Place(backup), folder)
    if found is None:
        raise InputError(f"{backup} holds no backup of a run.")
    if as_json:
        print(dumps({"folder": str(folder), "restored": found}))
    say(f"wrote {folder} as it was at {found}")
    say("next: the command that trained it goes on")


def settings_of(config: Path, sets: Sequence[str], *, preset: str | None = None, num_processes: int | None = None,
                hub: str | None = None, allow_unaudited: bool = False, as_json: bool = False) -> tuple[TrainSettings, list[str]]:
    """The settings, and the arguments with which other processes read the same: file, then preset, then options."""
    from toolkit.config import merged, parse_set
    from toolkit.train.arguments import load_settings
    from toolkit.train.presets import read_preset

    over: dict[str, Any] = merged(read_preset(preset) if preset else {}, parse_set(list(sets)))
    arguments = ["--config", str(config), *(word for pair in sets for word in ("--set", pair))]
    for name, value in (("preset", preset), ("num_processes", num_processes), ("hub", hub)):
        if value:
            arguments += [f"--{name.replace('_', '-')}", str(value)]
            if name != "preset":
                over[name] = value
    if allow_unaudited:
        over["allow_unaudited"] = True
        arguments.append("--allow-unaudited")
    return load_settings(config, over), [*arguments, *(["--json"] if as_json else [])]


def show_dry_run(settings: TrainSettings, arguments: Sequence[str], preset: str | None, as_json: bool) -> None:
    """Print the resolved configuration to stdout (YAML that trains the same) and the rest to the terminal."""
    from toolkit.jsonl import dumps
    from toolkit.train.presets import memory_gb
    from toolkit.train.show import as_yaml, dry_run

    found = dry_run(settings, arguments, memory_gb(preset))
    print(dumps(found, indent=True) if as_json else as_yaml(found["config"]), end="\n" if as_json else "")


def launch(settings: TrainSettings, arguments: Sequence[str]) -> None:
    """Start the processes of a run of several, and exit as they do; a run of one process, or one already started, goes on here."""
    from toolkit.terminal import say
    from toolkit.train.launch import adopt_slurm, start

    adopt_slurm()
    if settings.num_processes < 2 and not settings.accelerate_config:
        return
    from toolkit.train.show import launch_of, shown

    if command := launch_of(settings, arguments):
        say(f"  starting: {shown(command)}")
        if code := start(command):
            sys.exit(code)
        raise typer.Exit
