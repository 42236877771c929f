"""What happens beside the optimisation: metrics into the run folder, a progress bar, samples of completions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import TrainerCallback

from toolkit.jsonl import write_list
from toolkit.run import Run
from toolkit.terminal import console


def _progress() -> Progress:
    return Progress(TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                    TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[headline]}"), console=console,
                    disable=not console.is_terminal)   # a log file is no place for a bar that is redrawn


@contextmanager
def bar(name: str, total: int, headline: str) -> Iterator[Callable[[int, float], None]]:
    """A progress bar for a loop of ours: call what it yields with the step and the headline's value."""
    with _progress() as progress:
        task = progress.add_task(f"{name:5}", total=total, headline="")
        yield lambda step, value: progress.update(task, completed=step, headline=f"{headline} {value:.3f}")
        progress.update(task, total=progress.tasks[0].completed)


class Recorder(TrainerCallback):
    """Writes every logged step to metrics.jsonl and shows the one number that matters in the progress bar.

    Args:
        stage: `sft` or `grpo`.
        headline: the metric shown beside the bar.
    """

    def __init__(self, run: Run, stage: str, headline: str):
        self.run, self.stage, self.headline = run, stage, headline
        self.progress: Progress | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not self.run.write:
            return
        self.progress = _progress()
        self.progress.start()
        self.bar = self.progress.add_task(f"{self.stage:5}", total=state.max_steps, completed=state.global_step,
                                          headline="")

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.progress:
            self.progress.update(self.bar, completed=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        values = {k: v for k, v in (logs or {}).items() if isinstance(v, int | float) and math.isfinite(v)}
        self.run.metric(self.stage, state.global_step, values)
        if self.progress and self.headline in values:
            self.progress.update(self.bar, headline=f"{self.headline.split('/')[-1]} {values[self.headline]:.3f}")

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.progress:
            self.progress.stop()


class SampleWriter(TrainerCallback):
    """Keeps the last scored completions and writes them to `samples/` every few steps."""

    def __init__(self, run: Run, every: int):
        self.run, self.every = run, every
        self.rows: list[dict[str, Any]] = []

    def record(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = [dict(row) for row in rows]

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        due = self.every and (state.global_step % self.every == 0 or state.global_step == 1)
        if due and self.run.write and self.rows:
            write_list(self.run.folder / "samples" / f"step-{state.global_step:06d}.json",
                       [{"step": state.global_step, **row} for row in self.rows], overwrite=True)
