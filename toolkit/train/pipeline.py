"""A training run from settings to `final_model/`: create or load the model, cold start, GRPO; each stage once.

Running the same command again continues: finished stages are skipped, GRPO goes on from its last checkpoint.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from contextlib import ExitStack, suppress
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, ToolkitError
from toolkit.rewards.compose import Reward, compose
from toolkit.rewards.gate import require_audit
from toolkit.run import MANIFEST, Run, is_main_process, locked
from toolkit.sources import data_files
from toolkit.tasks.base import Task, load_task
from toolkit.terminal import counter, say
from toolkit.train.arguments import NEW, TrainSettings
from toolkit.train.checkpoints import checkpoint_step, checkpoints_of, forget_after, last_whole
from toolkit.train.launch import Batch, batch_of, grace_s, world_size
from toolkit.train.preflight import preflight
from toolkit.train.processes import by_main, check_values, common_arguments, process_state, with_model
from toolkit.train.restore import check_place, restore
from toolkit.train.s3 import Place
from toolkit.train.show import render_head
from toolkit.train.signals import interruptible

FINAL = "final_model"


def train(settings: TrainSettings) -> Path:
    """Run every stage of `settings`; returns the folder of the final model.

    Raises:
        InputError: for data, model or settings that cannot work, before anything is trained.
    """
    with interruptible(), ExitStack() as held:
        return _train(settings, held)


def _train(settings: TrainSettings, held: ExitStack) -> Path:
    task = load_task(settings.task)
    reward = compose(task, settings.rewards, settings.path)
    if settings.columns:
        if not hasattr(task, "columns"):
            raise InputError(f'{settings.path} "columns": task {task.name} has a data format of its own, without other names for '
                             "its columns. Remove it.")
        task.columns = settings.columns
    files = {"train_data": data_files(settings.train_data),
             "eval_data": data_files(settings.eval_data, "test") if settings.eval_data else []}
    rows = _rows(task, files["train_data"])
    held_out = _rows(task, files["eval_data"])[:settings.eval_samples] if settings.eval_data else []
    data = {f"{name}[{n}]" if n else name: file for name, found in files.items() for n, file in enumerate(found)}
    if "sft" in settings.stages:
        data["cold_start_data"] = Path(settings.cold_start_data)
    for part in reward.weights:
        if part in getattr(task, "warnings", {}):
            say(f"  warning: {task.warnings[part]}")
    place: Place | None = None

    def begin() -> Run:
        nonlocal place
        if settings.backup:
            place = Place(settings.backup)
            if not (settings.output_dir / MANIFEST).is_file():
                restore(place, settings.output_dir)     # on another machine the same command goes on, too
        audited = None
        if "grpo" in settings.stages:                   # before the folder is made: nothing to clean up when refused
            preflight(settings, len(rows))
            audited = require_audit(settings.output_dir, reward, settings.task, rows, settings.allow_unaudited)
        if place:
            check_place(place, settings.output_dir)
        check_values(settings)
        run = Run(settings.output_dir, settings.to_config(), data)
        held.enter_context(locked(run.folder))
        if audited is not None and run.manifest.get("audit") != audited:
            run.manifest["audit"] = audited
            run.save()
        return run

    run = by_main(settings, begin)
    run.write = is_main_process()
    if run.write:
        for old, new, why in settings.translated:
            say(f"  {old} → {new}: {why}")
    if run.done("grpo" if "grpo" in settings.stages else "sft"):
        if run.write:
            say(f"{run.folder} is finished: {run.folder / FINAL}")
        if place:
            from toolkit.train.backup import Backup

            Backup(run, place).finish()         # what the last start could not send
        return run.folder / FINAL
    if run.continued and run.write:
        say(f"continuing {run.folder}")
    if run.write and (limit := grace_s()) is not None:
        say(f"  this launcher kills its processes {limit} s after Ctrl-C or SIGTERM: a step and its checkpoint must fit into that. More: "
            "TORCH_ELASTIC_SHUTDOWN_TIMEOUT=600 in its environment; toolkit train --num-processes waits as long as it takes")
    if "grpo" in settings.stages and run.write:
        batch = batch_of(settings.grpo, world_size(settings.num_processes))
        say(f"  {batch.sentence(_steps(settings, batch, rows))}")
        render_head(settings)
    from toolkit.train.backup import backed_up
    from toolkit.train.disk import broken_folder
    from toolkit.train.trackers import tracked

    names = held.enter_context(tracked(run, settings.grpo))
    keepers = held.enter_context(backed_up(run, place))
    try:
        return _stages(settings, run, task, reward, rows, held_out, names, keepers)
    except Exception as error:
        if not isinstance(error, ToolkitError) and (told := broken_folder(error, run)):
            raise told from error
        raise


def _steps(settings: TrainSettings, batch: Batch, rows: list[Any]) -> int:
    return batch.steps(len(rows), float(settings.grpo.get("num_train_epochs", 1.0)), int(settings.grpo.get("max_steps", -1)))


def _rows(task: Task, files: list[Path]) -> list[Any]:
    rows = [row for file in files for _, row in task.read(file)]
    if not rows:
        raise InputError(f"{', '.join(map(str, files))} holds no sample.")
    return rows


def _stages(settings: TrainSettings, run: Run, task: Task, reward: Reward, rows: list[Any], held_out: list[Any],
            names: dict[str, Any], keepers: list[Any]) -> Path:
    from toolkit.train.loaders import import_loader, load_trained
    from toolkit.train.models import quiet_libraries
    from toolkit.train.speed import keep_freed_memory

    import_loader(settings)                     # in the processes that did not check the settings
    quiet_libraries()
    keep_freed_memory()
    import torch

    from toolkit.train.callbacks import reached
    from toolkit.train.disk import DiskRoom
    from toolkit.train.trackers import MlflowId

    if settings.torch_threads:
        torch.set_num_threads(settings.torch_threads)
    _log_to(run.folder / "training.log")
    common = names | common_arguments(settings)
    state = process_state(settings)
    name = settings.model_name_or_path
    final = run.folder / FINAL
    if name == NEW:
        name = str(run.folder / "new_model")
        with state.main_process_first():
            if state.is_main_process and not run.done("new_model"):
                forget_after(run, "read", 0)
                _new_model(settings, run, Path(name))
    if "sft" in settings.stages:
        from toolkit.train.cold_start import cold_start, read_conversations
        from toolkit.train.stop import Stop
        from toolkit.train.trackers import apart

        # checkpoints of a cold start alone are the run's
        folder, out = (run.folder / "cold_start",) * 2 if "grpo" in settings.stages else (run.folder, final)
        if not run.done("sft"):
            checkpoint, stop = _checkpoint(settings, run, state, "sft", folder), Stop(run)
            conversations = read_conversations(settings.cold_start_data)
            model, tokenizer = load_trained(settings, name)
            began = time.monotonic() - reached(run, "sft")
            with apart("sft", run), stop.signals():
                cold_start(settings, run, model, tokenizer, conversations, folder, out, with_model(common, model), checkpoint, stop,
                           [DiskRoom(run), MlflowId(run, "sft"), *keepers])
                _finished(run, state, "sft", model=str(out), chat_template=_digest(tokenizer),
                          seconds=round(time.monotonic() - began, 1))
            if stop.wanted:                     # in its last step
                raise KeyboardInterrupt
        for left in checkpoints_of(folder) if run.write and folder == out else []:
            shutil.rmtree(left, ignore_errors=True)
        name = str(out)
    if "grpo" in settings.stages:
        from toolkit.train.grpo import grpo
        from toolkit.train.rehearsal import rehearse

        model, tokenizer = load_trained(settings, name)
        checkpoint = _checkpoint(settings, run, state, "grpo", run.folder)
        if checkpoint is None and settings.preflight != "off":
            seen = batch_of(settings.grpo, state.num_processes)
            by_main(settings, lambda: rehearse(settings, run, reward, model, tokenizer, rows, seen.prompts * _steps(settings, seen, rows),
                                               state))
        began = time.monotonic() - reached(run, "grpo")
        grpo(settings, run, task, reward, model, tokenizer, rows, held_out, final, with_model(common, model), checkpoint,
             [DiskRoom(run), MlflowId(run), *keepers])
        _finished(run, state, "grpo", model=str(final), base=name, chat_template=_digest(tokenizer),
                  seconds=round(time.monotonic() - began, 1))
    return final


def _checkpoint(settings: TrainSettings, run: Run, state: Any, stage: str, folder: Path) -> Path | None:
    """What a stage goes on from; what it measured later is dropped."""
    found = by_main(settings, lambda: last_whole(folder))
    if found and run.write:
        say(f"continuing from {found}")
    with state.main_process_first():
        forget_after(run, stage, checkpoint_step(found) or 0 if found else 0)
    return found


def _digest(tokenizer: Any) -> str:
    """sha256 of the chat template, so that an evaluation can say that it asks with another one."""
    return hashlib.sha256((tokenizer.chat_template or "").encode()).hexdigest()


def _finished(run: Run, state: Any, stage: str, **facts: Any) -> None:
    state.wait_for_everyone()
    run.finish(stage, **facts)


def _new_model(settings: TrainSettings, run: Run, out: Path) -> None:
    from toolkit.train.cold_start import read_conversations
    from toolkit.train.models import load
    from toolkit.train.new_model import NewModel, create, joins_of, speakers_of, texts_of
    from toolkit.train.reading import learn_to_read

    shape = NewModel.from_config(dict(settings.new_model), settings.path)
    began = time.monotonic()
    files = [Path(p) for p in (settings.train_data, settings.eval_data, settings.cold_start_data) if p]
    if shape.reading_steps or not settings.cold_start_data:
        texts, labels = texts_of(files)
    else:                                       # a task without profiles: the words of its cold start
        texts, labels = [m["content"] for row in read_conversations(settings.cold_start_data)
                         for m in (*row["prompt"], *row["completion"])], []
    create(texts, out, shape, settings.seed)
    model, tokenizer = load(str(out), {})
    with counter("read", None, keep=True) as show:
        def on_step(step: int, loss: float, right: float) -> None:
            show(step, f"copied {right:.3f}")
            if step % 10 == 0:
                run.metric("read", step, {"loss": loss, "copied": right})

        steps = learn_to_read(model, tokenizer, labels, speakers_of(texts), joins_of(texts), settings.seed,
                              shape.reading_steps, on_step)
    if steps >= shape.reading_steps > 0:
        raise ToolkitError(f"the new model did not learn to copy from its prompt within {steps} steps "
                           '(new_model.reading_steps). Try another "seed".')
    model.save_pretrained(out)
    run.finish("new_model", model=str(out), parameters=model.num_parameters(), vocabulary=len(tokenizer), steps=steps,
               seconds=round(time.monotonic() - began, 1))


class RunLog(WatchedFileHandler):
    """A run's log: made again when others removed it, and what cannot be written is no error."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            super().emit(record)


def _log_to(path: Path) -> None:
    if not is_main_process():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RunLog(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    for name in ("transformers", "trl", "accelerate", "toolkit"):
        logger = logging.getLogger(name)
        logger.handlers = [kept for kept in logger.handlers if not isinstance(kept, RunLog)]       # of an earlier run
        logger.addHandler(handler)
        logger.propagate = False
