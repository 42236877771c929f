"""What `toolkit eval MODEL` leaves unsaid, read from the manifest of the run that the model belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate import contamination, guard
from toolkit.evaluate.report import write_report
from toolkit.evaluate.runner import evaluate, subset
from toolkit.evaluate.submission import write_submission
from toolkit.jsonl import write_json
from toolkit.run import read_manifest, read_metrics, run_of
from toolkit.sources import data_files, on_hub
from toolkit.tasks.base import Task, load_task

LENGTH = 256                                    # tokens of a reply, where neither user nor run says


@dataclass(frozen=True, slots=True)
class Beside:
    """What is asked for beside the main task."""

    also: Sequence[str] = ()
    fail_if_worse: Sequence[str] = ()
    train_data: str | None = None
    allow_contaminated: bool = False


def run_evaluation(model: str, *, against: str | None = None, data: str | Path | None = None,
                   output_dir: Path | None = None, beside: Beside = Beside(),
                   **options: Any) -> tuple[dict[str, Any], Path]:
    """Evaluate and write the report; returns it and the path of the HTML page.

    What is None is taken from the run's manifest: the model that GRPO began with, the evaluation data, the system prompt, the
    length limit. `against="none"` evaluates one model alone. What a guarded task lost is in the report's `refused`.

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
        raise InputError(f"{model} belongs to no run that names its eval_data. Give --data validation.json.")
    out = output_dir or (run / "eval" if run else Path("outputs/eval"))
    task = load_task(options.get("task") or config.get("task") or "roleplay")
    if config.get("columns"):
        task.columns = config["columns"]
    sisters = guard.sisters(beside.also)
    allowed = guard.limits(beside.fail_if_worse, [task.name, *(sister.task for sister in sisters)])
    hub = options.get("hub") or ""
    source = on_hub(source, hub)
    base = None if against == "none" else on_hub(against, hub)
    shared = {
        "temperature": options["temperature"], "batch_size": options["batch_size"], "seed": options["seed"],
        "repeats": options.get("repeats") or 1, "torch_threads": config.get("torch_threads") or 0,
        "max_new_tokens": options.get("max_new_tokens") or config.get("max_completion_length") or LENGTH,
        "overwrite": options["overwrite"]}
    prompt = options.get("system_prompt") or config.get("system_prompt") or ""
    notes = differs(config, shared, prompt, model, base)
    found = _overlap(task, source, options["limit"], beside.train_data or config.get("train_data"))
    if found:
        if not beside.allow_contaminated:
            contamination.check(found)
        notes.append(found.note())
    report = evaluate(
        on_hub(model, hub), base, source, task, out=out, system_prompt=prompt, limit=options["limit"],
        sbk_weight=config.get("sbk_weight", 0.5), cm_weight=config.get("cm_weight", 0.5), notes=notes, **shared)
    report["contamination"] = found.to_json() if found else None
    report["also"] = [_sister(sister, on_hub(model, hub), base, out, shared) for sister in sisters]
    guard.adjust([report, *report["also"]])
    report["refused"] = guard.losses([report, *report["also"]], allowed)
    write_json(out / "report.json", report, overwrite=True)
    if options.get("submission"):
        write_submission(options["submission"], out / "records.jsonl", task, source, options["overwrite"])
    page = write_report(out, read_metrics(run) if run else ())
    return report, page


def differs(config: Mapping[str, Any], used: Mapping[str, Any], system_prompt: str, model: str,
            base: str | None) -> list[str]:
    """Lines on what is not as it was in training: a score under other conditions is another score."""
    lines = []
    for name, was, is_ in (("longest reply", config.get("max_completion_length"), used["max_new_tokens"]),
                           ("temperature", config.get("temperature"), used["temperature"]),
                           ("system prompt", config.get("system_prompt"), system_prompt or None)):
        if was is not None and was != is_:
            lines.append(f"Differs from training: {name} was {was}, is {is_}.")
    templates = [path.read_bytes() for name in (model, base) if name and (path := Path(name) / "chat_template.jinja").is_file()]
    if len(templates) == 2 and templates[0] != templates[1]:
        lines.append("The chat templates of the two models differ: each is asked with its own.")
    return lines


def _overlap(task: Task, source: str, limit: int | None, training: str | None) -> contamination.Overlap | None:
    """None where no training data is known, or it is no longer there."""
    if not training or not Path(training).exists():
        return None
    rows = subset([row for file in data_files(source, "test") for _, row in task.read(file)], limit)
    return contamination.overlap(rows, (row for _, row in chain.from_iterable(
        task.read(file) for file in data_files(training, "train"))))


def _sister(sister: guard.Sister, model: str, base: str | None, out: Path, shared: Mapping[str, Any]) -> dict[str, Any]:
    task = load_task(sister.task)
    source = sister.data or getattr(task, "examples", None)
    if not source:
        raise InputError(f"--also {sister.task} has no examples of its own. Name data: {sister.task}:200=data/test.jsonl")
    if not sister.data:
        from toolkit.resources import find

        source = str(find(source))
    folder = out / "also" / task.name
    report = evaluate(model, base, source, task, out=folder, limit=sister.limit, **shared)
    write_report(folder)
    kept = ("task", "n", "base", "trained", "difference", "verdict", "blocked", "data", "notes")
    return {**{name: report[name] for name in kept}, "folder": str(folder)}
