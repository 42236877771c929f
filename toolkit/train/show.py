"""The plan of a run on the terminal, and the dry run: what would be trained, how it would be started, what it would need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.table import Table

from toolkit.errors import InputError
from toolkit.terminal import console, say
from toolkit.train.arguments import LAUNCH, TrainSettings
from toolkit.train.launch import accelerate_file, batch_of, gpus_here, launch_command, launched, shown, world_size
from toolkit.train.plan import FULL, Plan, plan


def render_plan(found: Plan) -> None:
    setup, need = found.setup, found.memory.to_json()
    say(f"{setup.shape.name}: {setup.shape.parameters / 1e9:.2f} billion parameters, {setup.trained / 1e9:.3g} billion trained; "
        f"{setup.batch.processes} × {f'{setup.gpu_gb:.0f} GB' if setup.gpu_gb else 'a GPU of unknown size'}, {setup.spread}")
    say(setup.batch.sentence(found.steps) + f"; {setup.prompt_tokens} + {setup.completion_tokens} tokens at the longest")
    table = Table("on each GPU", "GB", box=None, pad_edge=False)
    for group, parts in (("", need["held_gb"]), ("training: ", need["training_gb"]), ("generation: ", need["generation_gb"])):
        for name, size in parts.items():
            table.add_row(group + name, f"{size:.1f}")
    table.add_row("peak (held + the larger phase)", f"{need['peak_gb']:.1f}", style="bold")
    console.print(table)
    if found.fits is not None:
        say(f"{'fits' if found.fits else 'does not fit'}: {need['peak_gb']:.1f} of {setup.gpu_gb:.0f} GB ({FULL:.0%} may be used)")
    if found.step_s is not None:
        total = f", about {found.hours:.1f} hours in all" if found.hours is not None else ""
        say(f"about {found.step_s:.0f} s a step on {found.card}{total} (within a factor of two)")
    say(f"disk: up to {found.disk_gb:.1f} GB in checkpoints and models; {found.free_gb:.0f} GB are free")
    for note in found.notes:
        say(f"  {note}")
    if found.advice:
        say("what would help, the first first:")
        for advice in found.advice:
            say(f"  {advice.peak_gb:6.1f} GB {'fits ' if advice.fits else '     '} {advice.change}: {advice.why}")


def render_head(settings: TrainSettings) -> None:
    """The plan in a line or two, before a run begins; nothing for a model that no plan is known of."""
    try:
        found = plan(settings)
    except InputError:
        return
    setup, peak = found.setup, found.memory.peak_gb
    fits = "" if found.fits is None else f" of {setup.gpu_gb:.0f} GB: {'fits' if found.fits else 'does not fit'}"
    hours = f"; about {found.hours:.1f} hours on {found.card}" if found.hours is not None else ""
    say(f"  plan: {peak:.1f} GB at the peak on each device{fits}{hours}; up to {found.disk_gb:.1f} GB on the disk, {found.free_gb:.0f} GB are free")
    if found.fits is False and found.advice:
        say(f"  plan: what would help most: {found.advice[0].change} ({found.advice[0].peak_gb:.1f} GB): {found.advice[0].why}")


def resolved(settings: TrainSettings) -> dict[str, Any]:
    """The whole configuration as flat keys: a valid configuration itself."""
    launch = {key: getattr(settings, key) for key in LAUNCH if getattr(settings, key) not in ("", 0, {})}
    return {**settings.to_config(), **launch}


def launch_of(settings: TrainSettings, arguments: Sequence[str]) -> list[str] | None:
    """The command that starts the processes of a run; None when this process trains by itself, or has been launched already.

    Args:
        arguments: of `toolkit train`.
    """
    if launched():
        return None
    file = accelerate_file(settings.accelerate_config, settings.num_processes, len(gpus_here()))
    if file is None:
        return None
    return launch_command(file, max(settings.num_processes, 1), arguments)


def dry_run(settings: TrainSettings, arguments: Sequence[str], gpu_gb: float = 0.0) -> dict[str, Any]:
    """Show all that can be known before anything is loaded; returns it, the plan among it where there is one.

    Args:
        gpu_gb: memory of each GPU; 0 takes this machine's.
    """
    for old, new, why in settings.translated:
        say(f"  {old} → {new}: {why}")
    command = launch_of(settings, arguments)
    found: dict[str, Any] = {"config": resolved(settings),
                             "launch": shown(command) if command else f"toolkit train {' '.join(arguments)}"}
    try:
        planned = plan(settings, gpu_gb=gpu_gb)
        found["plan"] = planned.to_json()
        render_plan(planned)
    except InputError as error:
        steps = settings.grpo.get("max_steps", -1)
        say(batch_of(settings.grpo, world_size(settings.num_processes)).sentence(steps if steps > 0 else None))
        say(f"no plan: {error}")
    say(f"launch: {found['launch']}")
    return found


def as_yaml(config: dict[str, Any]) -> str:
    plain = {k: dict(v) if hasattr(v, "keys") else str(v) if isinstance(v, Path) else v for k, v in config.items()}
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)
