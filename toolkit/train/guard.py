"""What watches over a GRPO run: the watchdog's alarms, an orderly stop on Ctrl-C or SIGTERM, and where the time of a step goes."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from transformers import TrainerCallback

from toolkit.errors import Refused
from toolkit.run import Run, now
from toolkit.terminal import say
from toolkit.train.callbacks import SampleWriter
from toolkit.train.watchdog import PARTS, Alarm, Watchdog

logger = logging.getLogger(__name__)
ONE_REQUEST_S = 2.0
TEXTS = 64                  # completions of a step that are looked at for repetition
METHODS = {"data": "get_batch_samples", "generation": "_generate", "reward": "_calculate_rewards", "batches": "training_step"}  # of GRPOTrainer


class Guard(TrainerCallback):
    """Stops a run in order: at the end of a step, with a checkpoint, on every process at the same step.

    Args:
        failures: returns how many completions were scored since the last call, and on how many of them the reward failed.
    """

    def __init__(self, run: Run, watchdog: Watchdog, writer: SampleWriter, failures: Callable[[], tuple[int, int]]):
        self.run, self.watchdog, self.writer, self.failures = run, watchdog, writer, failures
        self.alarm: Alarm | None = None
        self.interrupted: float | None = None   # when
        self.wanted = False                     # by this process; agreed upon at the end of a step
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
        if anywhere(self.wanted, args):
            control.should_save = control.should_training_stop = True

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

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Within it, the first Ctrl-C or SIGTERM ends the run after the step at work; the second at once.

        A terminal and a scheduler tell every process, and so do launchers: what follows within `ONE_REQUEST_S` is the same request.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def asked(number: int, frame: Any) -> None:
            if self.interrupted is not None:
                if time.monotonic() - self.interrupted > ONE_REQUEST_S:
                    raise KeyboardInterrupt
                return
            self.interrupted, self.wanted = time.monotonic(), True
            if self.run.write:
                say("  stopping after this step, with a checkpoint; once more: at once")

        before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def settle(self, state: Any) -> None:
        """After training: say why it ended before its time.

        Raises:
            Refused: when the watchdog stopped the run.
            KeyboardInterrupt: when a person or the scheduler did.
            SystemExit: either, in another process than the main one, which says so for all.
        """
        if state.global_step >= state.max_steps:
            return
        if not self.run.write:
            raise SystemExit(0)
        if self.alarm is not None:
            raise Refused(f"the watchdog stopped {self.run.folder} at step {state.global_step} of {state.max_steps} "
                          f"({self.alarm.name}): {self.alarm.sentence} A checkpoint is saved; to go on nevertheless: "
                          f"--set watchdog.{self.alarm.name}=warn")
        say(f"  checkpoint-{state.global_step} of {state.max_steps} steps is saved")
        raise KeyboardInterrupt


def anywhere(wanted: bool, args: Any) -> bool:
    """Whether any process wants to stop: all must stop at the same step, or the rest wait for them for ever."""
    if args.world_size < 2:
        return wanted
    import torch

    flag = torch.tensor(int(wanted), device=args.device)
    torch.distributed.all_reduce(flag, op=torch.distributed.ReduceOp.MAX)
    return bool(flag.item())
