"""What an evaluation will take and what it can tell, before anything is spent.

    roleplay: 200 samples of 14 roles, 2 models: 400 replies of at most 256 tokens, 120 of them kept from before
      smallest gain told at 80 % power: 7.7 points when 15 % of the verdicts change, 10.8 points when 30 % …
      time: at most 32 s (assumed 64 replies at once, 40 tokens/s each, every reply at full length)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.evaluate.replies import Asked, is_adapter, trained_on
from toolkit.evaluate.stats import MIN_CLUSTERS, POWER, detectable_gain, wilson

# Share of the samples whose verdict changes from one model to the other: few after a short training, many after a long one
CHANGED = (0.15, 0.3)
TOKENS_PER_S, AT_ONCE = 40, 64                  # of one reply, and replies together, of a server that is well used
STEP_S = 0.02                                   # of transformers' generate for one token, however small the model is
CPU_BANDWIDTH = 10e9                            # bytes/s at which a CPU reads weights


@dataclass(frozen=True, slots=True)
class Plan:
    """Of one task; `replies` are those asked for in all, `kept` of them are there from an earlier evaluation."""

    task: str
    samples: int
    roles: int
    models: int
    replies: int
    kept: int
    max_new_tokens: int
    hours: float | None                         # at most, when every reply is as long as it may be; None: not known
    assumed: str

    @property
    def gains(self) -> dict[str, float]:
        """Detectable difference by the share of verdicts that change."""
        return {f"{changed:g}": detectable_gain(self.samples, changed) for changed in CHANGED}

    @property
    def half_width(self) -> float:
        """Of the interval of one model's accuracy, at its widest."""
        found = wilson(self.samples // 2, self.samples)
        return (found.high - found.low) / 2

    def to_json(self) -> dict[str, Any]:
        return {"task": self.task, "samples": self.samples, "roles": self.roles, "models": self.models,
                "replies": self.replies, "kept": self.kept, "max_new_tokens": self.max_new_tokens, "power": POWER,
                "detectable_gain": self.gains if self.models > 1 else None, "half_width": self.half_width,
                "hours_at_most": self.hours}

    def lines(self) -> list[str]:
        kept = f", {self.kept:,} of them kept from before" if self.kept else ""
        roles = f" of {self.roles:,} roles" if self.roles > 1 else ""
        models = f"{self.models} models" if self.models > 1 else "1 model"
        found = [f"{self.task}: {self.samples:,} samples{roles}, {models}: {self.replies:,} replies of at most "
                 f"{self.max_new_tokens:,} tokens{kept}"]
        if self.models > 1:
            said = [f"{100 * gain:.1f} points when {100 * float(changed):.0f} % of the verdicts change" if gain < float(changed)
                    else f"{100 * gain:.1f} points with nothing lost beside them" for changed, gain in self.gains.items()]
            found.append(f"  smallest gain told at {100 * POWER:.0f} % power: {', '.join(dict.fromkeys(said))}{self._hang_together()}")
        else:
            found.append(f"  95 % interval of the accuracy: ± {100 * self.half_width:.1f} points at its widest")
        if self.kept < self.replies:
            found.append(f"  time: {'not known before the first batch' if self.hours is None else f'at most {_time(self.hours)}'}"
                         f"{self.assumed and f' ({self.assumed}, every reply at full length)'}")
        return found

    def _hang_together(self) -> str:
        if self.roles <= 1:
            return ""
        if self.roles < MIN_CLUSTERS:
            return f"; of these {self.roles} roles alone"
        return "; replies of one role hang together, so expect somewhat more" if self.roles < self.samples else ""


def plan(task: str, roles: Sequence[str], models: Sequence[Asked], folder: Path, max_new_tokens: int, batch_size: int) -> Plan:
    """Args:
    roles: of each sample; empty where a task has none.
    folder: where replies are kept.
    """
    hours, assumed, kept, replies = 0.0, set(), 0, 0
    known = True
    for model in {str(model.keys): model for model in models}.values():       # a model against itself is asked once
        count = model.missing(folder)
        replies += len(model.wanted)
        kept += len(model.wanted) - count
        if not count:
            continue
        if model.engine is not None:
            hours += math.ceil(count / AT_ONCE) * max_new_tokens / TOKENS_PER_S / 3600
            assumed.add(f"assumed {AT_ONCE} replies at once, {TOKENS_PER_S} tokens/s each")
        else:
            step = _step_s(model.name)
            known = known and step is not None
            hours += math.ceil(count / batch_size) * max_new_tokens * (step or 0.0) / 3600
            assumed.add(f"assumed from the size of the weights, {batch_size} replies at once")
    return Plan(task, len(roles), len(set(roles) - {""}), len(models), replies, kept, max_new_tokens,
                hours if known else None, "; ".join(sorted(assumed)) if known else "")


def _step_s(model: str) -> float | None:
    """Seconds of one token for a batch of a model on this machine: its weights are read once; None for one not on disk."""
    folder = Path(model)
    if not folder.is_dir():
        return None
    if is_adapter(folder):
        return _step_s(trained_on(model))
    import torch

    from toolkit.train.plan import BANDWIDTH_SHARE, CARDS

    size_bytes = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    bandwidth = CPU_BANDWIDTH
    if torch.cuda.is_available():
        memory_gb = torch.cuda.get_device_properties(0).total_memory / 1e9
        bandwidth = next(row[3] for row in CARDS if memory_gb <= 1.1 * row[0]) * BANDWIDTH_SHARE
    return max(STEP_S, size_bytes / bandwidth)


def _time(hours: float) -> str:
    if hours >= 1:
        return f"{hours:.1f} h"
    return f"{hours * 60:.0f} min" if hours * 60 >= 1 else f"{max(1, round(hours * 3600))} s"
