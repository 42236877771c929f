"""An orderly stop: after the step at work, with a checkpoint, on every process at the same step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from toolkit.run import Run
from toolkit.terminal import say
from toolkit.train.checkpoints import checkpoints_of
from toolkit.train.launch import grace_s
from toolkit.train.signals import handled

ONE_REQUEST_S = 2.0


class Stop(TrainerCallback):
    """Ends the training of a stage when a signal asks for it."""

    def __init__(self, run: Run):
        self.run = run
        self.interrupted: float | None = None   # when
        self.wanted = False                     # by this process; agreed upon at the end of a step
        self.folder = run.folder                # of checkpoints

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.folder = Path(args.output_dir)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if anywhere(self.wanted, args):
            control.should_save = control.should_training_stop = True

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Within it, the first signal ends the stage after the step at work; the second at once.

        A terminal and a scheduler tell every process, and so do launchers: what follows within `ONE_REQUEST_S` is the same request.
        """
        def asked(number: int, frame: Any) -> None:
            if self.interrupted is not None:
                if time.monotonic() - self.interrupted > ONE_REQUEST_S:
                    raise KeyboardInterrupt
                return
            self.interrupted, self.wanted = time.monotonic(), True
            if self.run.write:
                within = f" (the launcher kills in {limit} s)" if (limit := grace_s()) is not None else ""
                say(f"  stopping after this step, with a checkpoint{within}; once more: at once")

        with handled(asked):
            yield

    def settle(self, state: Any) -> None:
        """After training: end the run when it was stopped.

        Raises:
            KeyboardInterrupt: a person or the scheduler stopped it.
            SystemExit: the same, in another process than the main one, which says so for all.
        """
        if state.global_step >= state.max_steps:
            return
        if not self.run.write:
            raise SystemExit(0)
        say(f"  {self.saved(state)}")
        raise KeyboardInterrupt

    def saved(self, state: Any) -> str:
        """What there is to go on from."""
        if (self.folder / f"checkpoint-{state.global_step}").is_dir():
            return f"checkpoint-{state.global_step} of {state.max_steps} steps is saved"
        older = checkpoints_of(self.folder)
        return f"step {state.global_step} could not be saved: {f'what goes on is {older[-1].name}' if older else 'the stage begins anew'}"


def anywhere(wanted: bool, args: Any) -> bool:
    """Whether any process wants to stop: all must stop at the same step, or the rest wait for them for ever."""
    if args.world_size < 2:
        return wanted
    import torch

    flag = torch.tensor(int(wanted), device=args.device)
    torch.distributed.all_reduce(flag, op=torch.distributed.ReduceOp.MAX)
    return bool(flag.item())
