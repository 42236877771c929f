"""GRPO: TRL's GRPOTrainer with the task's verified reward parts, each a reward function of its own.

DeepSeekMath (arXiv 2402.03300): completions of one prompt form a group, and a completion's advantage is its reward against
the group's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from toolkit.jsonl import dumps
from toolkit.rewards.compose import Reward, Scorer
from toolkit.run import Run
from toolkit.tasks.base import Task
from toolkit.train.arguments import TrainSettings
from toolkit.train.callbacks import Recorder, SampleWriter
from toolkit.train.models import prefills_think, save
from toolkit.train.speed import prompt_sharing, score_completions_only


def dataset_of(task: Task, rows: Sequence[Any], system_prompt: str) -> Any:
    """TRL's columns: `prompt` (messages) and `sample` (the row as one JSON string: `datasets` would bend its types)."""
    from datasets import Dataset

    return Dataset.from_dict({"prompt": [task.prompt(row, system_prompt) for row in rows],
                              "sample": [dumps(row.to_row()) for row in rows]})


def reward_function(task: Task, part: str, score: Scorer, prefilled: bool,
                    writer: SampleWriter | None) -> Callable[..., list[Any]]:
    """One reward part in TRL's shape: completions → scores; None where a verdict could not be reached.

    Args:
        score: the part of the task, or a function of the user.
        writer: gets the scored completions (one part's function has it, the others None).
    """

    def reward(prompts: list[Any], completions: list[Any], sample: list[str], **_: Any) -> list[float | None]:
        verdicts = []
        for completion, row in zip(completions, sample, strict=True):
            verdicts.append(score(task.row(orjson.loads(row)), completion[0]["content"], prefilled))
        if writer is not None:
            writer.record([
                {"id": orjson.loads(row).get("id"), "question": prompt[-1]["content"],
                 "completion": completion[0]["content"], part: verdict.score, "reason": verdict.reason}
                for prompt, completion, row, verdict in zip(prompts, completions, sample, verdicts, strict=True)])
        return [verdict.score for verdict in verdicts]

    reward.__name__ = part
    return reward


def grpo(settings: TrainSettings, run: Run, task: Task, reward: Reward, model: Any, tokenizer: Any,
         train_rows: Sequence[Any], eval_rows: Sequence[Any], out: Path, common: dict[str, Any], resume: Path | None) -> None:
    """Train `model` with GRPO and save it with its tokenizer to `out`."""
    from transformers import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    score_completions_only()
    writer = SampleWriter(run, settings.sample_every)
    prefilled = prefills_think(tokenizer)
    functions = [reward_function(task, part, score, prefilled, writer if n == 0 else None)
                 for n, (part, score) in enumerate(reward.scorers.items())]
    arguments = GRPOConfig(**{**common, **settings.grpo, "reward_weights": [float(w) for w in reward.weights.values()]})
    trainer = prompt_sharing(GRPOTrainer)(
        model=model, reward_funcs=functions, args=arguments, processing_class=tokenizer,
        train_dataset=dataset_of(task, train_rows, settings.system_prompt),
        eval_dataset=dataset_of(task, eval_rows, settings.system_prompt) if eval_rows else None,
        callbacks=[Recorder(run, "grpo", "reward"), writer])
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    save(trainer, tokenizer, out)
