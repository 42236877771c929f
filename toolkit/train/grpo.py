"""GRPO: TRL's GRPOTrainer with the task's verified reward parts, each a reward function of its own.

DeepSeekMath (arXiv 2402.03300): completions of one prompt form a group, and a completion's advantage is its reward against
the group's.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from toolkit.evaluate.generation import Completion
from toolkit.evaluate.records import ROLLOUT, record_of
from toolkit.jsonl import dumps
from toolkit.rewards.compose import Reward, Scorer, right_or_wrong
from toolkit.run import Run
from toolkit.tasks.base import Task
from toolkit.terminal import say
from toolkit.train.arguments import TrainSettings, as_installed
from toolkit.train.callbacks import Recorder, SampleWriter
from toolkit.train.disk import outlive
from toolkit.train.dynamic_sampling import dynamic_sampling
from toolkit.train.guard import Guard
from toolkit.train.held_out import HeldOut
from toolkit.train.loaders import UNSLOTH, new_adapter, save_whole
from toolkit.train.models import prefills_think
from toolkit.train.order import keep_order
from toolkit.train.prompts import end_tokens
from toolkit.train.speed import decoder, obstacle, prompt_sharing, score_completions_only
from toolkit.train.trackers import survive
from toolkit.train.watchdog import Watchdog
from toolkit.verify import Verdict

logger = logging.getLogger(__name__)
FAILED = "reward_failed"        # code of a verdict that could not be reached
ROWS = 1024                     # samples that are kept beside their JSON


def dataset_of(task: Task, rows: Sequence[Any], system_prompt: str) -> Any:
    """TRL's columns: `prompt` (messages) and `sample` (the row as one JSON string: `datasets` would bend its types)."""
    from datasets import Dataset

    return Dataset.from_dict({"prompt": [task.prompt(row, system_prompt) for row in rows],
                              "sample": [dumps(row.to_row()) for row in rows]})


class Scoring:
    """A batch of completions scored by every part at once, so that a failure leaves a completion out of all of them.

    TRL calls one function a part with the same completions, and leaves a completion out of its group's statistics only when
    every function returns None for it.

    Args:
        prefilled: whether the chat template ends the prompt in `<think>`.
        writer: gets the scored completions.
        ends: tokens that end a completion; without them it is not known which were cut.
    """

    def __init__(self, task: Task, scorers: Mapping[str, Scorer], prefilled: bool, writer: SampleWriter, ends: Collection[int] = ()):
        self.task, self.scorers, self.prefilled, self.writer, self.ends = task, dict(scorers), prefilled, writer, ends
        self.known: Mapping[str, Any] = {}      # rows that need not be parsed
        self.parsed = lru_cache(maxsize=ROWS)(lambda sample: task.row(orjson.loads(sample)))
        self.scores: dict[str, list[float | None]] = {}
        self.scored = self.failed = 0
        self.first = next(iter(self.scorers))

    def row(self, sample: str) -> Any:
        return self.known[sample] if sample in self.known else self.parsed(sample)

    def functions(self) -> list[Callable[..., list[float | None]]]:
        """TRL's reward functions, one a part, in the order of the parts."""
        return [self._function(part) for part in self.scorers]

    def _function(self, part: str) -> Callable[..., list[float | None]]:
        def reward(prompts: list[Any], completions: list[Any], sample: list[str], **more: Any) -> list[float | None]:
            if part == self.first:
                self._score(prompts, [completion[0]["content"] for completion in completions], sample, more.get("completion_ids"))
            return self.scores[part]

        reward.__name__ = part
        return reward

    def _score(self, prompts: list[Any], texts: list[str], samples: list[str], ids: Sequence[Any] | None) -> None:
        pairs = list(zip(samples, texts, strict=True))
        # completions of a group often share their text, too
        verdicts = {pair: self._verdicts(*pair) for pair in dict.fromkeys(pairs)}
        found = [verdicts[pair] for pair in pairs]
        self.scores = {part: [_finite(one[part].score) for one in found] for part in self.scorers}
        self.scored += len(found)
        self.failed += sum(one[self.first].code == FAILED for one in found)
        tokens = ids or [()] * len(texts)
        self.writer.record(texts, lambda: [
            {**self._record(place, *pairs[place], found[place], tokens[place]), "id": orjson.loads(samples[place]).get("id"),
             "question": prompt[-1]["content"], "completion": texts[place],
             **{part: verdict.score for part, verdict in found[place].items()}, "reason": found[place][self.first].reason}
            for place, prompt in enumerate(prompts)])

    def _record(self, place: int, sample: str, text: str, verdicts: Mapping[str, Verdict], tokens: Sequence[int]) -> dict[str, Any]:
        """The fields of an evaluation's records."""
        verdict = verdicts.get("accuracy", verdicts[self.first])
        form = verdicts["format"].score if "format" in verdicts else None
        try:
            row = self.row(sample)
        except Exception:               # it has no verdict either, and is kept without what it would say of the sample
            row = None
        finish = "" if not (tokens and self.ends) else "stop" if tokens[-1] in self.ends else "length"
        return record_of(self.task, row, place, ROLLOUT, Completion(text, finish, len(tokens)), verdict, form, self.prefilled).to_row()

    def _verdicts(self, sample: str, text: str) -> dict[str, Verdict]:
        try:
            row = self.row(sample)
            return {part: score(row, text, self.prefilled) for part, score in self.scorers.items()}
        except Exception as error:      # the boundary of this stage: one unscored completion, not a dead run
            logger.warning("no score for sample %s: %s: %s; completion %r", orjson.loads(sample).get("id"), type(error).__name__, error, text[:200])
            return dict.fromkeys(self.scorers, Verdict(None, FAILED, f"the reward failed: {type(error).__name__}: {error}"))

    def failures(self) -> tuple[int, int]:
        """Completions scored since the last call, and on how many of them the reward failed."""
        found, self.scored, self.failed = (self.scored, self.failed), 0, 0
        return found


def _finite(score: float | None) -> float | None:
    return score if score is not None and math.isfinite(score) else None


def grpo(settings: TrainSettings, run: Run, task: Task, reward: Reward, model: Any, tokenizer: Any,
         train_rows: Sequence[Any], eval_rows: Sequence[Any], out: Path, common: dict[str, Any], resume: Path | None,
         callbacks: Sequence[Any] = ()) -> None:
    """Train `model` with GRPO and save it with its tokenizer to `out`.

    Args:
        callbacks: more of transformers' TrainerCallbacks, which come last.

    Raises:
        Refused: when the watchdog stopped the run.
        KeyboardInterrupt: when a signal did; a checkpoint is saved.
    """
    trainer, guard = make_trainer(settings, run, task, reward, model, tokenizer, train_rows, eval_rows, common)
    keep_order(trainer)
    for callback in callbacks:
        trainer.add_callback(callback)
    survive(trainer, run)
    outlive(trainer, run)
    with guard.signals():
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    guard.settle(trainer.state)
    save_whole(settings, run, trainer, tokenizer, out)


def make_trainer(settings: TrainSettings, run: Run, task: Task, reward: Reward, model: Any, tokenizer: Any,
                 train_rows: Sequence[Any], eval_rows: Sequence[Any], common: dict[str, Any]) -> tuple[Any, Guard]:
    """TRL's trainer with our rewards and savings, and what watches over it."""
    from transformers import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    score_completions_only()
    writer = SampleWriter(run, settings.sample_every)
    prefilled = prefills_think(tokenizer, settings.grpo.get("chat_template_kwargs"))
    scoring = Scoring(task, reward.scorers, prefilled, writer, end_tokens(model, tokenizer))
    watchdog = Watchdog(reward.weights, reward.full, list(right_or_wrong(reward.weights)), settings.watchdog)
    guard = Guard(run, watchdog, writer, scoring.failures)
    arguments = GRPOConfig(**as_installed({**common, **settings.grpo, "reward_weights": [float(w) for w in reward.weights.values()]}))
    every = int(arguments.eval_steps) if eval_rows and settings.grpo.get("eval_steps") and arguments.eval_steps >= 1 else 0
    held_out = [HeldOut(run, reward, eval_rows, settings.system_prompt, every, prefilled)] if every else []
    unsloth = settings.loader == UNSLOTH                    # which has a forward of its own
    trainer_class = GRPOTrainer if unsloth else prompt_sharing(GRPOTrainer)
    if settings.dynamic_sampling is not None:
        trainer_class = dynamic_sampling(trainer_class, settings.dynamic_sampling)
    dataset = dataset_of(task, train_rows, settings.system_prompt)
    scoring.known = dict(zip(dataset[:ROWS]["sample"], train_rows, strict=False))
    trainer = trainer_class(
        model=model, reward_funcs=scoring.functions(), args=arguments, processing_class=tokenizer, peft_config=new_adapter(settings, model),
        train_dataset=dataset,
        eval_dataset=dataset_of(task, eval_rows, settings.system_prompt) if eval_rows else None,
        callbacks=[guard, Recorder(run, "grpo", "reward"), writer, *held_out])
    trainer.remove_callback(PrinterCallback)
    if not unsloth and run.write and (why := obstacle(decoder(trainer.model))):
        say(f"  each prompt is computed once for every completion, not once for a group: {why}")
    guard.time(trainer)
    for callback in held_out:
        callback.trainer = trainer
    return trainer, guard
