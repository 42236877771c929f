"""The order of the samples in each epoch, whether or not a run was continued in it.

TRL draws the order of an epoch from a generator that goes on from the epoch before. A process that continues a run begins with a new
one, and so gives the second epoch the order of the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def keep_order(trainer: Any) -> None:
    """Let a GRPOTrainer draw an epoch's order by its number: in an unbroken run what TRL draws, and the same in a continued one."""
    stock = trainer._get_train_sampler

    def sampler(*args: Any, **kwargs: Any) -> Any:
        found = stock(*args, **kwargs)
        return ByEpoch(found, trainer) if found.shuffle else found

    trainer._get_train_sampler = sampler


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
