"""What `toolkit eval MODEL` leaves unsaid, read from the manifest of the run that the model belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.report import write_report
from toolkit.evaluate.runner import evaluate
from toolkit.evaluate.submission import write_submission
from toolkit.run import read_manifest, read_metrics, run_of
from toolkit.sources import on_hub
from toolkit.tasks.base import load_task


def run_evaluation(model: str, *, against: str | None = None, data: str | Path | None = None, output_dir: Path | None = None,
                   **options: Any) -> tuple[dict[str, Any], Path]:
    """Evaluate and write the report; returns it and the path of the HTML page.

    What is None is taken from the run's manifest: the model that GRPO began with, the evaluation data, the system prompt, the
    length limit. `against="none"` evaluates one model alone.

    Raises:
        InputError: when something is missing that no manifest tells.
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
    hub = options.get("hub") or ""
    report = evaluate(
        on_hub(model, hub), None if against == "none" else on_hub(against, hub), on_hub(source, hub), task,
        out=out, system_prompt=options.get("system_prompt") or config.get("system_prompt") or "",
        limit=options["limit"], max_new_tokens=options.get("max_new_tokens") or config.get("max_completion_length") or 256,
        temperature=options["temperature"], batch_size=options["batch_size"], seed=options["seed"],
        sbk_weight=config.get("sbk_weight", 0.5), cm_weight=config.get("cm_weight", 0.5),
        torch_threads=config.get("torch_threads") or 0, overwrite=options["overwrite"])
    if options.get("submission"):
        write_submission(options["submission"], out / "records.jsonl", task, source, options["overwrite"])
    return report, write_report(out, read_metrics(run) if run else ())
