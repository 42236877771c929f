"""What `toolkit eval MODEL` leaves unsaid, read from the manifest of the run that the model belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.evaluate.report import write_report
from toolkit.evaluate.runner import evaluate
from toolkit.run import read_manifest, read_metrics, run_of


def run_evaluation(model: str, *, against: str | None = None, data: Path | None = None, output_dir: Path | None = None,
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
    data = data or (Path(config["eval_data"]) if config.get("eval_data") else None)
    if data is None:
        raise InputError(f"{model} belongs to no run that names its eval_data. Give --data validation.json.")
    out = output_dir or (run / "eval" if run else Path("outputs/eval"))
    report = evaluate(
        model, None if against == "none" else against, data, options.get("task") or config.get("task") or "roleplay",
        out=out, system_prompt=options.get("system_prompt") or config.get("system_prompt") or "",
        limit=options["limit"], max_new_tokens=options.get("max_new_tokens") or config.get("max_completion_length") or 256,
        temperature=options["temperature"], batch_size=options["batch_size"], seed=options["seed"],
        torch_threads=config.get("torch_threads") or 0, overwrite=options["overwrite"])
    return report, write_report(out, read_metrics(run) if run else ())
