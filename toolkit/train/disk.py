"""A full disk: room for a checkpoint is looked for before it is written, and a run goes on without one rather than end in half of it."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from toolkit.errors import Refused
from toolkit.run import Run
from toolkit.terminal import say
from toolkit.train.checkpoints import checkpoints_of, drop_states, free_bytes
from toolkit.train.guard import anywhere

ROOM = 1.1                  # of the last checkpoint's size
NOTHING = 2**20             # bytes free: what was just written did not fit
ADAM_BYTES = 8              # a trained parameter: two moments in float32


class DiskRoom(TrainerCallback):
    """Before each checkpoint: is there room? The oldest ones make it; without it the run goes on, and tries again at the next.

    After it, old ones are left what they are looked at for: their weights.
    """

    def __init__(self, run: Run):
        self.run = run

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        if control.should_save and anywhere(self.run.write and not self._room(state.global_step, model), args):
            control.should_save = False

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.run.write:
            drop_states(self.run.folder)

    def _room(self, step: int, model: Any) -> bool:
        held = checkpoints_of(self.run.folder)
        needed = int(ROOM * (size_of(held[-1]) if held else first_size(model)))
        for old in held[:-1]:
            if free_bytes(self.run.folder) >= needed:
                break
            say(f"  the disk is nearly full: {old.name} is removed to make room for checkpoint-{step}")
            shutil.rmtree(old, ignore_errors=True)
        free = free_bytes(self.run.folder)
        if free < needed:
            say(f"  no checkpoint-{step}: it needs {needed / 1e9:.3g} GB and {self.run.folder} has {free / 1e9:.3g} GB free. Free some: "
                "the next one is tried again")
        return free >= needed


def outlive(trainer: Any, run: Run) -> None:
    """Let a run go on when the disk fills, or its folder vanishes, while a checkpoint is written; what is there of it is removed."""
    stock = trainer._save_checkpoint

    def save(*args: Any, **kwargs: Any) -> None:
        try:
            stock(*args, **kwargs)
        except Exception as error:
            # shards are written by all processes together, of which the others wait
            if trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled or not (told := broken_folder(error, run)):
                raise
            name = f"checkpoint-{trainer.state.global_step}"
            if run.write:
                shutil.rmtree(run.folder / name, ignore_errors=True)
                say(f"  no {name}, the next one is tried again: {told}")

    trainer._save_checkpoint = save


def room_for_model(run: Run, model: Any) -> bool:
    """Whether the weights alone fit on the disk."""
    return free_bytes(run.folder) >= ROOM * sum(getattr(p, "ds_numel", p.numel()) * p.element_size() for p in model.parameters())


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def first_size(model: Any) -> int:
    """Bytes of a checkpoint that no other tells the size of: weights, and Adam's moments of those that are trained."""
    adapter = hasattr(model, "peft_config")
    return sum(getattr(p, "ds_numel", p.numel()) * (p.element_size() + (ADAM_BYTES if p.requires_grad else 0))
               for p in model.parameters() if p.requires_grad or not adapter)


def broken_folder(error: BaseException, run: Run) -> Refused | None:
    """What a user is told when an error came from a full disk or from files that others removed; None for any other."""
    chain = [error, *(e for e in (error.__cause__, error.__context__) if e)]
    full = any(getattr(e, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in str(e) for e in chain)
    if full or free_bytes(run.folder) < NOTHING:        # torch's writer says only that a position is unexpected
        return Refused(f"the disk of {run.folder} is full ({free_bytes(run.folder) / 1e9:.2f} GB free): what was being written is incomplete. "
                       "Free some space; the same command continues from the last whole checkpoint.")
    if any(isinstance(e, FileNotFoundError) or "os error 2)" in str(e) for e in chain) and str(run.folder) in str(error):
        return Refused(f"files of {run.folder} were removed while they were written ({error}). The same command continues with what is there.")
    return None
