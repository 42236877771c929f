"""Dynamic sampling: groups whose completions all earn the same teach nothing, and are sampled anew from other prompts.

DAPO (Yu et al. 2025, arXiv 2503.14476). TRL keeps such groups: their advantage is 0, but they count in the mean of the loss, so that
the step shrinks as more of them come, and with beta > 0 they still pull toward the reference. Here what no sampling could replace
is left out, and the loss is the mean over the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

SAME = 1e-6                                     # rewards that differ by less are equal
ROW_MEANS = ("grpo", "sapo", "dr_grpo", "luspo")    # losses that divide by the number of rows; the others count tokens


def dynamic_sampling(trainer_class: type, rounds: int) -> type:
    """A GRPOTrainer that replaces groups of equal reward, sampling up to `rounds` times more for a batch.

    Metrics tell of the first sampling, as ever, and what became of it: `groups/replaced` and `groups/left_out`, shares of a batch.
    """

    class DynamicSamplingTrainer(trainer_class):
        def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
            found = super()._calculate_rewards(*args, **kwargs)     # (N, parts), of all processes
            self._varied = varied(found, self.reward_weights.to(found.device), self.num_generations)
            return found

        def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
            batch = super()._generate_and_score_completions(inputs)
            if not self.model.training:
                return batch
            size, rank, world = self.num_generations, self.accelerator.process_index, self.accelerator.num_processes
            wanted = len(inputs) // size                            # groups of each process
            local = self._varied.view(world, -1)
            batches, kept, held = [batch], [rows_of(local[rank], size)], local.sum(1)
            replaced = 0
            for attempt in range(rounds):
                missing = wanted - int(held.min())      # the same on every process: they generate and score together
                if not missing:
                    break
                recorded, self._metrics = self._metrics, {"train": defaultdict(list), "eval": defaultdict(list)}
                batches.append(super()._generate_and_score_completions(self._others(missing, attempt)))
                self._metrics = recorded
                local = self._varied.view(world, -1)
                kept.append(rows_of(local[rank], size))
                after = (held + local.sum(1)).clamp(max=wanted)
                replaced, held = replaced + int((after - held).sum()), after
            share = wanted * world
            self._metrics["train"]["groups/replaced"].append(replaced / share)
            self._metrics["train"]["groups/left_out"].append(1 - int(held.sum()) / share)
            chosen = chosen_rows(batches, kept, len(inputs))
            chosen["num_items_in_batch"] = self.accelerator.gather(chosen["completion_mask"].sum()).sum()
            chosen["rows_per_kept_row"] = chosen["advantages"].new_tensor(share / max(int(held.sum()), 1))
            return chosen

        def _others(self, groups: int, attempt: int) -> list[dict[str, Any]]:
            """Other prompts, each `num_generations` times; the same after a run was continued."""
            micro_step = self._step % self.args.gradient_accumulation_steps
            rng = Random(f"{self.args.seed} {self.state.global_step} {micro_step} {attempt} {self.accelerator.process_index}")
            rows = rng.choices(range(len(self.train_dataset)), k=groups)
            return [self.train_dataset[row] for row in rows for _ in range(self.num_generations)]

        def _compute_loss(self, model: Any, inputs: Mapping[str, Any]) -> Any:
            loss = super()._compute_loss(model, inputs)
            return loss * inputs["rows_per_kept_row"] if self.loss_type in ROW_MEANS and "rows_per_kept_row" in inputs else loss

    return DynamicSamplingTrainer


def varied(rewards: Any, weights: Any, size: int) -> Any:
    """Whether the completions of each group differ in reward: (N, parts) and (parts,) → (N / size,) bool.

    A completion that no part scored (NaN in each) has no say.
    """
    unscored = rewards.isnan().all(1)
    total = (rewards * weights).nansum(1)
    high = total.masked_fill(unscored, -float("inf")).view(-1, size).amax(1)
    low = total.masked_fill(unscored, float("inf")).view(-1, size).amin(1)
    return high - low > SAME


def rows_of(groups: Any, size: int) -> list[int]:
    """The rows of the groups that are marked, (groups,) bool."""
    return [group * size + n for group in groups.nonzero()[:, 0].tolist() for n in range(size)]


def chosen_rows(batches: Sequence[Mapping[str, Any]], kept: Sequence[Sequence[int]], count: int) -> dict[str, Any]:
    """`count` rows of several batches: those kept, the first batch's first; what is missing is filled with its other rows, masked.

    A masked row has no completion token that counts, so the loss and the KL of it are 0.
    """
    import torch

    starts = [sum(len(batch["advantages"]) for batch in batches[:n]) for n in range(len(batches))]
    rows = [start + row for start, found in zip(starts, kept, strict=True) for row in found][:count]
    others = [row for row in range(count) if row not in set(kept[0])]
    order = rows + others[:count - len(rows)]
    chosen = {}
    for name, first in batches[0].items():
        if first.dim() == 0:
            chosen[name] = first
            continue
        parts = [batch[name] for batch in batches]
        if first.dim() == 2:
            width = max(part.size(1) for part in parts)
            left = name.startswith("prompt")
            parts = [torch.nn.functional.pad(part, (width - part.size(1), 0) if left else (0, width - part.size(1))) for part in parts]
        chosen[name] = torch.cat(parts)[order]
    chosen["completion_mask"][len(rows):] = 0
    return chosen
