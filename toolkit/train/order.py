"""What a continued run needs to see the same samples and completions as an unbroken one, beside what a checkpoint holds.

TRL draws the order of an epoch from a generator that goes on from the epoch before, and reuses the completions of a round of generation
for several steps (`num_iterations`, `steps_per_generation`). A checkpoint holds neither: after it, TRL gives a later epoch the order of
the first, and samples in the middle of a round anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transformers import TrainerCallback


def keep_order(trainer: Any) -> None:
    """Let a GRPOTrainer draw an epoch's order by its number (what TRL draws in an unbroken run), and save between rounds."""
    stock = trainer._get_train_sampler

    def sampler(*args: Any, **kwargs: Any) -> Any:
        found = stock(*args, **kwargs)
        return ByEpoch(found, trainer) if found.shuffle else found

    trainer._get_train_sampler = sampler
    trainer.add_callback(Rounds(trainer))


class ByEpoch:
    """A RepeatSampler of TRL that begins each epoch where its generator would be in an unbroken run."""

    def __init__(self, sampler: Any, trainer: Any):
        self.sampler, self.trainer = sampler, trainer

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[int]:
        import torch

        self.sampler.generator.manual_seed(self.sampler.seed)
        for _ in range(int(self.trainer.state.epoch or 0)):
            torch.randperm(self.sampler.num_samples, generator=self.sampler.generator)
        return iter(self.sampler)


class Rounds(TrainerCallback):
    """Checkpoints wait for the end of a round of generation; only what ends the run before is saved within one."""

    def __init__(self, trainer: Any):
        self.trainer, self.waits = trainer, False
        args = trainer.args
        self.per_step, self.per_round = args.gradient_accumulation_steps, args.steps_per_generation * args.num_iterations

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.per_round % self.per_step == 0:     # else an epoch may end in a step of fewer batches
            self.trainer._step = state.global_step * self.per_step

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.waits |= control.should_save
        ends = control.should_training_stop or state.global_step >= state.max_steps
        control.should_save = self.waits and (ends or state.global_step * self.per_step % self.per_round == 0)
        self.waits &= not control.should_save
