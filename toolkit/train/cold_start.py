"""Cold start: TRL's SFTTrainer on prompt/completion conversations, so that GRPO begins with a model that knows the format.

Rows: `{"prompt": [messages], "completion": [messages]}`; a completion may hold several exchanges. Only assistant turns of
the completion are learnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from toolkit.errors import InputError
from toolkit.jsonl import read_rows
from toolkit.run import Run
from toolkit.train.arguments import TrainSettings, as_installed
from toolkit.train.callbacks import Recorder, reached
from toolkit.train.disk import outlive
from toolkit.train.loaders import new_adapter, save_whole
from toolkit.train.models import save
from toolkit.train.speed import right_padding_unmasked, score_completions_only
from toolkit.train.stop import Stop
from toolkit.train.trackers import survive

WINDOW = 16     # batches


def read_conversations(path: str | Path) -> list[dict[str, Any]]:
    """Cold-start rows.

    Raises:
        InputError: every row of another shape, by line.
    """
    rows, problems = [], []
    for line, row in read_rows(path, "cold-start file"):
        wrong = [f"{path}:{line} field \"{name}\" must be a list of {{role, content}} messages."
                 for name in ("prompt", "completion") if not (isinstance(row, dict) and _messages(row.get(name)))]
        problems += wrong
        if not wrong:
            rows.append({"prompt": row["prompt"], "completion": row["completion"]})
    if problems:
        raise InputError(problems)
    if not rows:
        raise InputError(f"{path} holds no conversation.")
    return rows


def _messages(value: Any) -> bool:
    return (isinstance(value, list) and bool(value)
            and all(isinstance(m, dict) and isinstance(m.get("role"), str) and isinstance(m.get("content"), str)
                    for m in value))


def near_length(rows: list[dict[str, Any]], batch: int, seed: int) -> list[dict[str, Any]]:
    """The rows in their order as a whole, but those of one batch of about one length: less of it is padding.

    Within each `WINDOW` batches the rows are sorted by length, and the batches shuffled.
    """
    rng, found = Random(seed), []
    for start in range(0, len(rows), batch * WINDOW):
        window = sorted(rows[start:start + batch * WINDOW],
                        key=lambda row: sum(len(m["content"]) for m in (*row["prompt"], *row["completion"])))
        batches = [window[n:n + batch] for n in range(0, len(window), batch)]
        short = [batches.pop()] if len(batches[-1]) < batch else []     # else the batches after it would be shifted
        rng.shuffle(batches)
        found += [row for one in (*batches, *short) for row in one]
    return found


def cold_start(settings: TrainSettings, run: Run, model: Any, tokenizer: Any, rows: list[dict[str, Any]],
               folder: Path, out: Path, common: dict[str, Any], resume: Path | None, stop: Stop, callbacks: Sequence[Any]) -> None:
    """Train `model` on `rows` and save it with its tokenizer to `out`: an adapter as such, where GRPO goes on with it.

    Args:
        folder: for checkpoints.
        resume: the one to go on from.
        callbacks: more of transformers' TrainerCallbacks, which come last.

    Raises:
        KeyboardInterrupt: when a signal stopped it; a checkpoint is saved.
    """
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    score_completions_only()
    markers = "{% generation" in tokenizer.chat_template or "{%- generation" in tokenizer.chat_template
    arguments = SFTConfig(**as_installed({
        **common, "output_dir": str(folder), "save_total_limit": 2, "logging_steps": 10, "logging_first_step": True, "max_length": 1024,
        "assistant_only_loss": markers, **settings.sft}))
    if arguments.train_sampling_strategy == "sequential":
        rows = near_length(rows, arguments.per_device_train_batch_size, arguments.seed)
    trainer = right_padding_unmasked(SFTTrainer)(
        model=model, args=arguments, train_dataset=Dataset.from_list(rows), processing_class=tokenizer,
        peft_config=new_adapter(settings, model), callbacks=[stop, Recorder(run, "sft", "loss"), *callbacks])
    survive(trainer, run, "sft" if "grpo" in settings.stages else "")
    outlive(trainer, run)
    trainer._total_train_tokens = int(reached(run, "sft", "num_tokens"))      # which TRL does not keep
    trainer.remove_callback(PrinterCallback)    # the recorder shows what matters; metrics.jsonl has the rest
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    stop.settle(trainer.state)
    if "grpo" in settings.stages:
        save(trainer, tokenizer, out)
    else:
        save_whole(settings, run, trainer, tokenizer, out)
