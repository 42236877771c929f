"""What `toolkit eval MODEL` leaves unsaid, read from the manifest of the run that the model belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate import contamination, guard, judged, raiden
from toolkit.evaluate.anonymise import Anonymised, task_of
from toolkit.evaluate.compare import difference
from toolkit.evaluate.judge import Judge
from toolkit.evaluate.named import served
from toolkit.evaluate.records import Record, read_records
from toolkit.evaluate.report import write_report
from toolkit.evaluate.runner import evaluate, no_model, subset
from toolkit.evaluate.submission import write_submission
from toolkit.evaluate.tally import Mark, mark
from toolkit.jsonl import write_json
from toolkit.run import read_manifest, run_of
from toolkit.samples import Sample
from toolkit.sources import data_files, is_hub_name, on_hub
from toolkit.tasks.base import Task, load_task
from toolkit.tasks.roleplay import RolePlay
from toolkit.terminal import say

# what an evaluation samples with, beside the temperature; training may have cut the distribution
PLAIN_SAMPLING = {"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
LENGTH = 256                                    # tokens of a reply, where neither user nor run says


@dataclass(frozen=True, slots=True)
class Beside:
    """What is asked for beside the main task."""

    also: Sequence[str] = ()
    fail_if_worse: Sequence[str] = ()
    train_data: str | None = None
    allow_contaminated: bool = False
    anonymised: bool = False


@dataclass(frozen=True, slots=True)
class Judging:
    """A model that judges the replies, by name; its rubric and the human labels it is held against."""

    name: str
    rubric: Path | None = None
    labels: Path | None = None

    def judge(self, out: Path) -> Judge:
        """The judge, once it is reached: before anything else is spent."""
        judge = Judge(self.name, out / judged.FOLDER, self.rubric)
        judge.reach()
        return judge


def run_evaluation(model: str, *, against: str | None = None, data: str | Path | None = None,
                   output_dir: Path | None = None, beside: Beside = Beside(), judging: Judging | None = None,
                   **options: Any) -> tuple[dict[str, Any], Path | None]:
    """Evaluate and write the report; returns it and the path of the HTML page.

    What is None is taken from the run's manifest: the model that GRPO began with, the evaluation data, the system prompt, the
    length limit. `against="none"` evaluates one model alone. What a guarded task lost is in the report's `refused`. With
    `dry_run` nothing is generated, and there are plans in place of a report, and no page.

    Raises:
        InputError: when something is missing that no manifest tells.
        Refused: the split is broken.
    """
    run = run_of(Path(model)) if Path(model).exists() else None
    manifest: Mapping[str, Any] = read_manifest(run) if run else {"config": {}, "stages": {}}
    config = manifest["config"]
    against = against or manifest["stages"].get("grpo", {}).get("base") or "none"
    source = str(data) if data else config.get("eval_data")
    if not source:
        if not (Path(model).exists() or served(model) or is_hub_name(model)):
            raise InputError(no_model(model))
        raise InputError(f"{model} belongs to no run that names its eval_data. Give --data validation.json.")
    out = output_dir or (run / "eval" if run else Path("outputs/eval"))
    hub = options.get("hub") or ""
    dialogues = raiden.benchmark(source)
    source = dialogues or on_hub(source, hub)
    own = config.get("task") or RolePlay.name
    task = task_of(options.get("task") or (raiden.Benchmark.name if dialogues else own))
    # what a run was trained on is in the form of its own task
    trains = task_of(own) if dialogues or (options.get("task") and not beside.train_data) else task
    if config.get("columns"):
        task.columns = trains.columns = config["columns"]
    sisters = guard.sisters(beside.also)
    allowed = guard.limits(beside.fail_if_worse, [task.name, *(sister.task for sister in sisters)])
    model_name, base = on_hub(model, hub), None if against == "none" else on_hub(against, hub)
    shared = {
        "temperature": options["temperature"], "batch_size": options["batch_size"], "seed": options["seed"],
        "repeats": options.get("repeats") or 1, "torch_threads": config.get("torch_threads") or 0,
        "max_new_tokens": options.get("max_new_tokens") or config.get("max_completion_length") or LENGTH,
        "template": config.get("chat_template_kwargs") or {}, "overwrite": options["overwrite"],
        "dry_run": options.get("dry_run", False)}
    prompt = options.get("system_prompt") or config.get("system_prompt") or ""
    mine = {"system_prompt": prompt, "limit": options["limit"], "sbk_weight": config.get("sbk_weight", 0.5),
            "cm_weight": config.get("cm_weight", 0.5), **shared}
    stages = manifest["stages"]
    trained_with = stages.get("grpo", stages.get("sft", {})).get("chat_template", "")
    notes = differs(config, shared, prompt, model, base, trained_with)
    found = _overlap(task, source, options["limit"], trains, beside.train_data or config.get("train_data"))
    if found:
        if not beside.allow_contaminated:
            contamination.check(found)
        notes.append(found.note())
    judge = judging.judge(out) if judging else None
    if judging and judge:
        judged.labels_of(judging.labels, samples_of(task, source), judge)
    report = evaluate(model_name, base, source, task, out=out, notes=notes, **mine)
    report["contamination"] = found.to_json() if found else None
    if beside.anonymised:
        report["anonymised"] = _anonymised(task, model_name, base, source, out, mine)
    # a run of short replies has a limit that would cut another task's
    longer = {**shared, "max_new_tokens": options.get("max_new_tokens") or max(shared["max_new_tokens"], LENGTH)}
    report["also"] = [_sister(sister, model_name, base, out, longer) for sister in sisters]
    if shared["dry_run"]:
        if judge:
            replies = report["plan"]["samples"] * report["plan"]["models"]
            say(f"judge {judge.name}: at most {replies:,} replies"
                + (f" and {report['plan']['samples']:,} pairs in both orders" if base else ""))
        return report, None
    guard.adjust([report, *report["also"]])
    report["refused"] = guard.losses([report, *report["also"]], allowed)
    if judging and judge:
        report["judge"] = judged.judge_evaluation(out, samples_of(task, source), judge, judging.labels, options["seed"])
    write_json(out / "report.json", report, overwrite=True)
    if options.get("submission"):
        write_submission(options["submission"], out / "records.jsonl", task, source, options["overwrite"])
    return report, write_report(out, run)


def judge_again(folder: Path, report: dict[str, Any], judging: Judging, source: str | None = None) -> None:
    """Judge the replies of an evaluation that is there, and put it into its report."""
    samples = samples_of(task_of(report["task"]), source or report["data"].get("given") or report["data"]["path"])
    report["judge"] = judged.judge_evaluation(folder, samples, judging.judge(folder), judging.labels, report["sampling"]["seed"])
    write_json(folder / "report.json", report, overwrite=True)


def samples_of(task: Task, source: str) -> list[Sample]:
    """The samples of a task about roles.

    Raises:
        InputError: for a task without roles.
    """
    rows = [row for file in data_files(source, "test") for _, row in task.read(file)]
    if any(not isinstance(row, Sample) for row in rows):
        raise InputError(f"--judge is for tasks about roles, and {task.name} has none: its answers are verified.")
    return rows


def differs(config: Mapping[str, Any], used: Mapping[str, Any], system_prompt: str, model: str,
            base: str | None, trained_with: str = "") -> list[str]:
    """Lines on what is not as it was in training: a score under other conditions is another score."""
    lines = []
    for name, was, is_ in (("longest reply", config.get("max_completion_length"), used["max_new_tokens"]),
                           ("temperature", config.get("temperature"), used["temperature"]),
                           ("system prompt", config.get("system_prompt"), system_prompt or None)):
        if was is not None and was != is_:
            lines.append(f"Differs from training: {name} was {was}, is {is_}.")
    lines += [f"Differs from training: {name} was {config[name]}, is {plain}." for name, plain in PLAIN_SAMPLING.items()
              if config.get(name) not in (None, plain, 0)]
    mine, theirs = (_template(name) for name in (model, base))
    if trained_with and mine and mine != trained_with:
        lines.append(f"Differs from training: the chat template had sha256 {trained_with[:12]}…, has {mine[:12]}….")
    if mine and theirs and mine != theirs:
        lines.append(f"The chat templates of the two models differ (sha256 {mine[:12]}… and {theirs[:12]}…): each is asked with its own.")
    return lines


def _template(name: str | None) -> str:
    """sha256 of a model folder's chat template; empty where there is none."""
    path = Path(name or ".") / "chat_template.jinja"
    return hashlib.sha256(path.read_bytes()).hexdigest() if name and path.is_file() else ""


def _overlap(task: Task, source: str, limit: int | None, trains: Task, training: str | None) -> contamination.Overlap | None:
    """None where no training data is known, or it is no longer there.

    Args:
        trains: reads the training data.
    """
    if not training or not Path(training).exists():
        return None
    rows = subset([row for file in data_files(source, "test") for _, row in task.read(file)], limit)
    return contamination.overlap(rows, (row for _, row in chain.from_iterable(
        trains.read(file) for file in data_files(training, "train"))))


KEPT = ("task", "n", "base", "trained", "difference", "verdict", "blocked", "data", "notes", "plan")


def _sister(sister: guard.Sister, model: str, base: str | None, out: Path, shared: Mapping[str, Any]) -> dict[str, Any]:
    task = load_task(sister.task)
    source = sister.data or getattr(task, "examples", None)
    if not source:
        raise InputError(f"--also {sister.task} has no examples of its own. Name data: {sister.task}:200=data/test.jsonl")
    notes = []
    if not sister.data:
        from toolkit.resources import find

        source = str(find(source))
        notes = [f"{task.name} on the shipped examples, to see that it works. Name its test set to measure: {sister.task}:200=data/test.jsonl"]
    folder = out / "also" / task.name
    report = evaluate(model, base, source, task, out=folder, limit=sister.limit, notes=notes, **shared)
    if shared["dry_run"]:
        return report
    write_report(folder)
    return {**{name: report[name] for name in KEPT}, "folder": str(folder)}


def _anonymised(task: Task, model: str, base: str | None, source: str, out: Path,
                options: Mapping[str, Any]) -> dict[str, Any]:
    """The same samples under other names; `by_name` is what each model loses by that (named − anonymised)."""
    folder = out / "anonymised"
    report = evaluate(model, base, source, Anonymised(task), out=folder, **options)
    if options["dry_run"]:
        return report
    write_report(folder)
    named, hidden = (_by_side(read_records(where / "records.jsonl")) for where in (out, folder))
    by_name = {side: difference(hidden[side], named[side], options["seed"]) for side in named}
    return {**{name: report[name] for name in KEPT}, "by_name": by_name, "folder": str(folder)}


def _by_side(records: Iterable[Record]) -> dict[str, list[Mark]]:
    sides: dict[str, list[Mark]] = {}
    for record in records:
        sides.setdefault(record.side, []).append(mark(record))
    return sides
