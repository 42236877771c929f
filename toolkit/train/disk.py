"""A full disk: room for a checkpoint is looked for before it is written, and a run goes on without one rather than end in half of it."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from toolkit.errors import Refused
from toolkit.run import Run
from toolkit.terminal import say
from toolkit.train.checkpoints import checkpoints_of, drop_states, free_bytes
from toolkit.train.stop import anywhere

ROOM = 1.1                  # of the last checkpoint's size
NOTHING = 2**20             # bytes free: what was just written did not fit
USED_UP = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ADAM_BYTES = 8              # a trained parameter: two moments in float32


class DiskRoom(TrainerCallback):
    """Before each checkpoint: is there room? The oldest ones make it; without it the run goes on, and tries again at the next.

    After it, old ones are left what they are looked at for: their weights.
    """

    def __init__(self, run: Run):
        self.run = run

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        if control.should_save and anywhere(self.run.write and not self._room(Path(args.output_dir), state, model), args):
            control.should_save = False

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.run.write:
            drop_states(Path(args.output_dir))

    def _room(self, folder: Path, state: Any, model: Any) -> bool:
        step, held = state.global_step, checkpoints_of(folder)
        needed = int(ROOM * (size_of(held[-1]) if held else first_size(model)))
        for old in removable(held, state):
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
    """Let a run go on when the disk fills, or its folder vanishes, while a checkpoint is written.

    What is there of it is removed, and on a full disk the oldest checkpoints, for as long as there is a newer one: a quota is seen
    by nothing but a write that fails.
    """
    stock, folder = trainer._save_checkpoint, Path(trainer.args.output_dir)

    def save(*args: Any, **kwargs: Any) -> None:
        try:
            stock(*args, **kwargs)
        except Exception as error:
            if not (told := broken_folder(error, run)):
                raise
            half = folder / f"checkpoint-{trainer.state.global_step}"
            # shards are written by all processes together, of which the others wait
            if trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled:
                shutil.rmtree(half, ignore_errors=True)
                raise told from error
            if not run.write:
                return
            older = removable([path for path in checkpoints_of(folder) if path != half], trainer.state)
            if not older or not is_full(error, run):
                shutil.rmtree(half, ignore_errors=True)
                say(f"  no {half.name}, the next one is tried again: {told}")
                return
            for part in half.glob("*"):
                if part.is_dir():
                    shutil.rmtree(part, ignore_errors=True)
                elif not part.name.startswith("rng_state"):     # which the other processes have written
                    part.unlink()
            say(f"  the disk is full: {older[0].name} is removed to make room for {half.name}")
            shutil.rmtree(older[0], ignore_errors=True)
            save(*args, **kwargs)

    trainer._save_checkpoint = save


def removable(held: Sequence[Path], state: Any) -> list[Path]:
    """Of checkpoints, the oldest first, those that a run does not need: all but the newest, and the best where transformers ranks them."""
    return [path for path in held[:-1] if str(path) != state.best_model_checkpoint]


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


def is_full(error: BaseException, run: Run) -> bool:
    """Whether an error came from a disk or a quota that is used up, or a file that may not grow."""
    chain = _chain(error)
    if any(getattr(e, "errno", None) in USED_UP or any(f"os error {number})" in str(e) for number in USED_UP) for e in chain):
        return True                             # of Python, and of safetensors
    # torch's writer says only that a position is unexpected
    return any("No space left on device" in str(e) for e in chain) or free_bytes(run.folder) < NOTHING


def broken_folder(error: BaseException, run: Run) -> Refused | None:
    """What a user is told when an error came from a full disk or from files that others removed; None for any other."""
    if is_full(error, run):
        return Refused(f"the disk of {run.folder} is full ({free_bytes(run.folder) / 1e9:.2f} GB free): what was being written is incomplete. "
                       "Free some space; the same command continues from the last whole checkpoint.")
    gone = any(isinstance(e, FileNotFoundError) or "os error 2)" in str(e) for e in _chain(error))
    if gone and str(run.folder) in str(error):
        return Refused(f"files of {run.folder} were removed while they were written ({error}). The same command continues with what is there.")
    return None


def _chain(error: BaseException) -> list[BaseException]:
    return [error, *(e for e in (error.__cause__, error.__context__) if e)]
