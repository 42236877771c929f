"""What watches over a GRPO run: the watchdog's alarms, and where the time of a step goes."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from toolkit.errors import Refused
from toolkit.run import Run, now
from toolkit.terminal import say
from toolkit.train.callbacks import SampleWriter
from toolkit.train.stop import Stop
from toolkit.train.watchdog import PARTS, Alarm, Watchdog

logger = logging.getLogger(__name__)
TEXTS = 64                  # completions of a step that are looked at for repetition
METHODS = {"data": "get_batch_samples", "generation": "_generate", "reward": "_calculate_rewards", "batches": "training_step"}  # of GRPOTrainer


class Guard(Stop):
    """Stops a run in order when a signal or the watchdog asks for it.

    Args:
        failures: returns how many completions were scored since the last call, and on how many of them the reward failed.
    """

    def __init__(self, run: Run, watchdog: Watchdog, writer: SampleWriter, failures: Callable[[], tuple[int, int]]):
        super().__init__(run)
        self.watchdog, self.writer, self.failures = watchdog, writer, failures
        self.alarm: Alarm | None = None
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.began = 0.0                        # a step, its data at hand
        self.steps = 0
        self.measures_gpu = True

    def time(self, trainer: Any) -> None:
        """Measure the parts of a step in the trainer's own methods: what TRL measures goes to some trackers alone, and has no backward."""
        for name, method in METHODS.items():
            if hasattr(trainer, method):
                setattr(trainer, method, self._timed(name, getattr(trainer, method)))
        import torch

        backward, waits = trainer.accelerator.backward, torch.accelerator.is_available()

        def to_its_end(*args: Any, **kwargs: Any) -> None:
            backward(*args, **kwargs)
            if waits:                           # as the trainer does next, when it looks whether the loss is a number
                torch.accelerator.synchronize()

        trainer.accelerator.backward = self._timed("backward", to_its_end)

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.monotonic()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[name] += time.monotonic() - began

        return timed

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.seconds["step"] += time.monotonic() - self.began
        self.steps += 1
        super().on_step_end(args, state, control, **kwargs)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if logs is None or "reward" not in logs:
            return
        self._measure(logs)
        if not self.run.write:
            return
        for alarm in self.watchdog.look(state.global_step, logs, self.writer.texts[:TEXTS]):
            say(f"  watchdog: step {state.global_step}: {alarm.sentence}")
            logger.warning("watchdog: step %d: %s: %s", state.global_step, alarm.name, alarm.sentence)
            self.run.append("alarms.jsonl", {"step": state.global_step, "alarm": alarm.name, "stop": alarm.stop,
                                             "sentence": alarm.sentence, "at": now()})
            if alarm.stop and self.alarm is None:
                self.alarm, self.wanted = alarm, True

    def _measure(self, logs: dict[str, Any]) -> None:
        """Add to a log line: seconds of each part of a step, GPU use, the share of completions the reward failed on."""
        steps, self.steps = max(self.steps, 1), 0
        spent, self.seconds = self.seconds, defaultdict(float)
        spent["forward"] = spent["batches"] - spent["generation"] - spent["reward"] - spent["backward"]
        spent["optimizer"] = spent["step"] - spent["batches"]
        logs.update({f"time/{name}_s": round(spent[name] / steps, 4) for name in PARTS})
        scored, failed = self.failures()
        if failed:
            logs["unscored"] = failed / scored
        if self.measures_gpu:
            import torch

            try:
                if torch.cuda.is_available():
                    logs["gpu_use"] = float(torch.cuda.utilization())
                else:
                    self.measures_gpu = False
            except (ImportError, RuntimeError):     # without nvidia-ml-py
                self.measures_gpu = False

    def settle(self, state: Any) -> None:
        """As `Stop.settle`.

        Raises:
            Refused: when the watchdog stopped the run.
        """
        if self.alarm is not None and state.global_step < state.max_steps:
            raise Refused(f"the watchdog stopped {self.run.folder} at step {state.global_step} of {state.max_steps} "
                          f"({self.alarm.name}): {self.alarm.sentence} {self.saved(state).capitalize()}; to go on nevertheless: "
                          f"--set watchdog.{self.alarm.name}=warn")
        super().settle(state)
