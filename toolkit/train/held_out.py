"""Verified accuracy on held-out samples during training, and `best/`: the model that had the highest, never the lowest loss."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from toolkit.errors import InputError
from toolkit.evaluate.generation import complete
from toolkit.jsonl import write_json
from toolkit.rewards.compose import Reward, highest, right_or_wrong
from toolkit.run import Run
from toolkit.terminal import say
from toolkit.train.disk import broken_folder, room_for_model
from toolkit.train.models import save
from toolkit.train.stop import anywhere

BEST, VERIFIED = "best", "verified.json"


class HeldOut(TrainerCallback):
    """Every `every` steps: greedy replies to the held-out rows, the parts that tell right from wrong, and `best/`."""

    def __init__(self, run: Run, reward: Reward, rows: Sequence[Any], system_prompt: str, every: int, prefilled: bool):
        self.run, self.reward, self.rows, self.every, self.prefilled = run, reward, rows, every, prefilled
        self.parts = right_or_wrong(reward.weights) or dict(reward.weights)
        self.full = sum(weight * highest(reward.task, part) for part, weight in self.parts.items() if weight > 0)
        self.prompts = [reward.task.prompt(row, system_prompt) for row in rows]
        self.best, _ = read_best(run.folder)
        self.trainer: Any = None

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.trainer is None or not (state.global_step % self.every == 0 or state.global_step == state.max_steps):
            return
        began = time.monotonic()
        try:
            scores = self._scores()
        except InputError as error:         # a prompt that does not fit: training itself is not affected
            say(f"  no held-out accuracy: {error}")
            self.trainer = None
            return
        scored = [score for score in scores if score is not None]
        if not scored:
            return
        accuracy = sum(scored) / len(scored)
        self.run.metric("grpo", state.global_step, {
            "eval/verified_accuracy": accuracy, "eval/samples": len(scored), "eval/seconds": round(time.monotonic() - began, 2)})
        if self.best >= 0 and anywhere(self.run.write and not (self.run.folder / BEST).is_dir(), args):
            self.best = -1.0                    # others removed it
        if accuracy > self.best and anywhere(self.run.write and not room_for_model(self.run, self.trainer.model), args):
            if self.run.write:
                say(f"  {BEST}/ is not renewed at step {state.global_step}: the disk has no room for the model. Free some")
        elif accuracy > self.best:
            kept = self._keep(state.global_step, accuracy, len(scored))
            if not anywhere(not kept, args):
                self.best = accuracy
        if self.run.write:
            say(f"  step {state.global_step}: held-out verified accuracy {accuracy:.3f} of {len(scored)} (best {self.best:.3f})")

    def _scores(self) -> list[float | None]:
        """One score a held-out row, between 0 and 1, on every process; None where no verdict was reached."""
        from accelerate.utils import gather_object
        from trl.models import unwrap_model_for_generation

        trainer = self.trainer
        accelerator, args = trainer.accelerator, trainer.args
        gathers = getattr(args, "ds3_gather_for_generation", True)
        # forwards over shards must be the same on every process; whole copies share the rows
        sharded = getattr(trainer, "is_fsdp_enabled", False) or (getattr(trainer, "is_deepspeed_enabled", False) and not gathers)
        world, rank = (1, 0) if sharded else (accelerator.num_processes, accelerator.process_index)
        mine = list(range(rank, len(self.rows), world))
        with unwrap_model_for_generation(trainer.model_wrapped, accelerator, gather_deepspeed3_params=gathers) as model:
            training = model.training
            try:
                replies = complete(model, trainer.processing_class, [self.prompts[i] for i in mine],
                                   max_new_tokens=args.max_completion_length, temperature=0.0,
                                   batch_size=args.per_device_train_batch_size * args.steps_per_generation)
            finally:
                model.train(training)
        scores = [(i, self._score(self.rows[i], reply.text)) for i, reply in zip(mine, replies, strict=True)]
        if world > 1:
            scores = gather_object(scores)
        return [score for _, score in sorted(scores, key=lambda pair: pair[0])]

    def _score(self, row: Any, text: str) -> float | None:
        try:
            verdicts = {part: self.reward.scorers[part](row, text, self.prefilled) for part in self.parts}
        except Exception:       # as in training: a reward that fails on a reply leaves it unscored
            return None
        if any(verdict.score is None for verdict in verdicts.values()) or not self.full:
            return None
        return sum(self.parts[part] * verdict.score for part, verdict in verdicts.items()) / self.full

    def _keep(self, step: int, accuracy: float, samples: int) -> bool:
        """Write best/ beside the old one, then take its place: there is always a whole one. False where it cannot."""
        new, best = self.run.folder / f"{BEST}.new", self.run.folder / BEST
        try:
            save(self.trainer, self.trainer.processing_class, new)
        except Exception as error:
            if not (told := broken_folder(error, self.run)):
                raise
            shutil.rmtree(new, ignore_errors=True)
            say(f"  {BEST}/ is not renewed at step {step}: {told}")
            return False
        if self.run.write:
            write_json(new / VERIFIED, {"step": step, "accuracy": accuracy, "samples": samples}, overwrite=True)
            shutil.rmtree(best, ignore_errors=True)
            new.rename(best)
        return True


def read_best(folder: Path) -> tuple[float, int]:
    """The accuracy of best/ and the step it is from; -1 when there is none."""
    try:
        found = json.loads((folder / BEST / VERIFIED).read_text(encoding="utf-8"))
        return float(found["accuracy"]), int(found["step"])
    except (OSError, ValueError, KeyError, TypeError):
        return -1.0, -1
