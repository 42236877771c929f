"""What happens beside the optimisation: metrics into the run folder, the view in the terminal, samples of completions."""

from __future__ import annotations

import atexit
import math
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from transformers import TrainerCallback

from toolkit.jsonl import write_list
from toolkit.run import Run, read_metrics
from toolkit.terminal import counter, say

ELAPSED = "time/elapsed_s"


class Recorder(TrainerCallback):
    """Writes every logged step to metrics.jsonl, with speed and memory, and shows the run in the terminal.

    Args:
        stage: `sft` or `grpo`.
        headline: the metric shown first.
    """

    def __init__(self, run: Run, stage: str, headline: str):
        self.run, self.stage, self.headline = run, stage, headline
        self.screen = ExitStack()
        self.show: Callable[..., None] = lambda done, line="": None
        self.tokens: tuple[float, float] | None = None          # seen so far, and when
        self.began = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.began = time.monotonic() - reached(self.run, self.stage)
        if self.run.write:
            self.show = self.screen.enter_context(counter(self.stage, state.max_steps, keep=True))
            atexit.register(self.screen.close)      # a crash must not leave the cursor hidden
            self.show(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.show(state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        if "train_runtime" in (logs or {}):     # the summary at the end: of this process, not of a run that was continued
            return
        values = {k: v for k, v in (logs or {}).items() if isinstance(v, int | float) and math.isfinite(v)}
        if "num_tokens" in values:
            before, self.tokens = self.tokens, (values["num_tokens"], time.monotonic())
            if before and self.tokens[1] > before[1]:
                values["tokens_per_second"] = round((self.tokens[0] - before[0]) / (self.tokens[1] - before[1]), 1)
        values[ELAPSED] = round(time.monotonic() - self.began, 2)
        values["peak_memory_gb"] = round(peak_memory_bytes() / 1e9, 3)
        self.run.metric(self.stage, state.global_step, values)
        self.show(state.global_step, line_of(values, self.headline))

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.screen.close()


def reached(run: Run, stage: str, metric: str = ELAPSED) -> float:
    """What a metric that only grows has come to in earlier lives of a run, up to where it goes on; by default seconds of a stage."""
    return max((row.get(metric, 0.0) for row in read_metrics(run.folder) if row.get("stage") == stage), default=0.0)


def line_of(values: Mapping[str, float], headline: str) -> str:
    """What a person wants to see of a step: `reward 0.71 (accuracy 0.60, format 0.98) · KL 0.02 · 38 tokens long · …`."""
    told = [f"{headline} {values[headline]:.3f}"] if headline in values else []
    parts = {key.split("/")[-2]: value for key, value in values.items() if key.startswith("rewards/") and key.endswith("/mean")}
    if told and len(parts) > 1:
        told[0] += f" ({', '.join(f'{part} {value:.2f}' for part, value in parts.items())})"
    for key, form in (("kl", "KL {:.3f}"), ("mean_token_accuracy", "token accuracy {:.3f}"),
                      ("completions/mean_length", "{:.0f} tokens long"), ("tokens_per_second", "{:,.0f} tokens/s"),
                      ("peak_memory_gb", "{:.2f} GB")):
        if key in values:
            told.append(form.format(values[key]))
    return " · ".join(told)


def peak_memory_bytes() -> float:
    """The most that this process has held: of its GPU where it has one, else of the machine's memory."""
    import torch

    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)      # kilobytes elsewhere


class SampleWriter(TrainerCallback):
    """Keeps the last scored completions and writes them to `samples/` every few steps."""

    def __init__(self, run: Run, every: int):
        self.run, self.every = run, every
        self.texts: Sequence[str] = ()
        self.make: Callable[[], list[dict[str, Any]]] = list

    def record(self, texts: Sequence[str], make: Callable[[], list[dict[str, Any]]]) -> None:
        """The completions of a step, and what makes a row of each: most steps write none."""
        self.texts, self.make = texts, make

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.make()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        due = self.every and (state.global_step % self.every == 0 or state.global_step == 1)
        if not due or not self.run.write or not self.texts:
            return
        try:
            write_list(self.run.folder / "samples" / f"step-{state.global_step:06d}.json",
                       [{"step": state.global_step, **row} for row in self.rows], overwrite=True)
        except OSError as error:
            say(f"  no samples of step {state.global_step}: {error.strerror or error}")
